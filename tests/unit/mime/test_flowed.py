from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.flowed import deflow, flow

LONG = (
    "The harbour lay still that morning while the ferries waited for the fog to lift off the pier"
)


@pytest.mark.parametrize(
    ("wire", "delsp", "text"),
    [
        ("one \r\ntwo\r\nthree", False, "one two\r\nthree"),
        ("one \ntwo", True, "onetwo"),
        ("one  \ntwo", True, "one two"),
        (" >no quote\n From here", False, ">no quote\nFrom here"),
        (">> deep \n> less \n> less", False, ">> deep \n> less less"),
        ("text \n-- \nName", False, "text \n-- \nName"),
        ("> -- \n> Name \n> Co", False, "> -- \n> Name Co"),
        (">\n> a", False, ">\n> a"),
        ("ends flowed ", False, "ends flowed "),
        ("", False, ""),
    ],
)
def test_flowed_lines_join_into_paragraphs(wire: str, delsp: bool, text: str) -> None:
    assert deflow(wire, delsp) == text


def test_long_paragraphs_break_between_words_and_say_so() -> None:
    lines = flow(LONG).split("\n")
    assert all(len(line) <= 78 for line in lines)
    assert all(line.endswith(" ") for line in lines[:-1])
    assert not lines[-1].endswith(" ")


def test_what_could_be_misread_is_stuffed() -> None:
    assert flow("From me\n quote\nplain") == " From me\n  quote\nplain"


def test_quotes_repeat_their_marks() -> None:
    lines = flow(f">> {LONG}").split("\n")
    assert len(lines) > 1
    assert all(line.startswith(">> ") for line in lines)


def test_the_signature_separator_stays_as_it_is() -> None:
    assert flow("text  \n-- \nName") == "text\n-- \nName"


def test_words_longer_than_the_line_stay_whole() -> None:
    url = "https://example.com/" + "x" * 200
    assert url in flow(f"see {url} there").replace(" \n", " ")


_PARAGRAPH = st.text(
    st.sampled_from([*"abcdefgh", " ", " ", " ", "-", "é", "漢", "\U0001f600", "\xa0", ".", ">"]),
    max_size=200,
)


def _canonical(line: str) -> str:
    """One quote mark form, no spaces at the end: what no reader can tell apart."""
    body = line.lstrip(">")
    depth = len(line) - len(body)
    if not depth:
        return body if body == "-- " else body.rstrip(" ")
    body = body.removeprefix(" ")
    body = body if body == "-- " else body.rstrip(" ")
    return ">" * depth + (f" {body}" if body else "")


@given(
    st.lists(_PARAGRAPH | st.sampled_from(["-- ", "> -- ", "From a", " x", ">", ">>> a b"])),
    st.booleans(),
    st.integers(20, 76),
)
def test_deflowing_what_was_flowed_gives_the_text_back(
    paragraphs: list[str], delsp: bool, width: int
) -> None:
    text = "\n".join(_canonical(line) for line in paragraphs)
    assert deflow(flow(text, width=width, delsp=delsp), delsp) == text
