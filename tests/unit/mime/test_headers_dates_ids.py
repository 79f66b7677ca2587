from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.headers import (
    UnsafeHeader,
    encode_date,
    encode_msgids,
    is_msgid,
    make_message_id,
    parse_date,
    parse_msgids,
)

NOON = datetime(2026, 3, 5, 12, 30, 15, tzinfo=UTC)


def test_dates_are_written_in_english_with_their_offset() -> None:
    assert encode_date(NOON) == b"Date: Thu, 5 Mar 2026 12:30:15 +0000\r\n"
    india = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert encode_date(india, "Resent-Date") == (b"Resent-Date: Thu, 5 Mar 2026 18:00:15 +0530\r\n")
    west = NOON.astimezone(timezone(-timedelta(hours=3, minutes=30)))
    assert encode_date(west).endswith(b"09:00:15 -0330\r\n")


def test_a_date_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        encode_date(NOON.replace(tzinfo=None))


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_every_date_comes_back(moment: datetime, minutes: int) -> None:
    written = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = parse_date(encode_date(written).decode().partition(":")[2])
    assert read == written
    assert read is not None
    assert read.utcoffset() == written.utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 5 Mar 2026 12:30:15 +0000",
        "Thu, 05 Mar 2026 12:30:15 GMT",
        "5 Mar 26 12:30:15 UT",
        "5 mar 2026 13:30:15 +0100 (CET)",
        " Thu,\r\n 5 Mar 2026 (March (still)) 07:30:15 EST",
        "Thu 5 March 2026 12:30:15 Z",
        "Thu Mar  5 12:30:15 2026",
        "Thu Mar  5 12:30:15 UTC 2026",
        "Thu, Mar 5, 2026 12:30:15 PM",
        "2026-03-05T12:30:15Z",
        "2026-03-05 14:30:15.123+02:00",
        "5-Mar-2026 12:30:15 -0000",
        "Thu, 5 Mar 2026 12:30:15 A",
        "Thu, 5 Mar 2026 12:30:15",
        "Thu, 5 Mar 126 12:30:15 +0000",
        "Thu, 5 Mar 2026 12.30.15 +0000",
    ],
)
def test_dates_of_many_senders_are_read(text: str) -> None:
    assert parse_date(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "5 Foo 2026 12:30:15", "32 Mar 2026 12:30:15", "5 Mar 2026 25:00:00", "("],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_a_leap_second_is_still_a_date() -> None:
    assert parse_date("Sat, 31 Dec 2016 23:59:60 +0000") == datetime(
        2016, 12, 31, 23, 59, 59, tzinfo=UTC
    )


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert isinstance(parse_date(text), datetime | None)


OUTLOOK = "<AM0PR04MB1234567890ABCDEF" + "0" * 90 + "@AM0PR04MB1234.eurprd04.prod.outlook.example>"


def test_long_ids_are_neither_encoded_nor_broken() -> None:
    field = encode_msgids("References", [OUTLOOK, "<a@x.example>", OUTLOOK, "b@x.example"])
    assert field == f"References: {OUTLOOK}\r\n <a@x.example> <b@x.example>\r\n".encode()


def test_no_ids_give_no_field() -> None:
    assert encode_msgids("References", []) == b""


@pytest.mark.parametrize(
    "one",
    ["", "<>", "<a b@x>", "<a@x> <b@x>", "<a@x", "<ä@x>", "<a\r\nBcc: e@x>", "<a<b@x>", "a\0@x",
     "<" + "a" * 1000 + "@x>"],
)  # fmt: skip
def test_what_is_no_id_is_refused(one: str) -> None:
    assert not is_msgid(one)
    with pytest.raises(UnsafeHeader):
        encode_msgids("In-Reply-To", [one])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<a@x>", ("<a@x>",)),
        ("<a@x> <b@y>\r\n\t<c@z>", ("<a@x>", "<b@y>", "<c@z>")),
        ("<a@x>,<b@y>;<a@x>", ("<a@x>", "<b@y>")),
        ("Your message of Monday <a@x>", ("<a@x>",)),
        ("a@x b@y", ("<a@x>", "<b@y>")),
        ("lone", ("<lone>",)),
        ("Your message of Monday", ()),
        ("", ()),
        ("<>", ()),
    ],
)
def test_ids_are_read(text: str, ids: tuple[str, ...]) -> None:
    assert parse_msgids(text) == ids


def test_message_ids_are_made_of_token_and_domain() -> None:
    assert make_message_id("Straße.example", "abc.123") == "<abc.123@xn--strae-oqa.example>"
    for domain, token in (("x.example", "a b"), ("x example", "a"), ("x.example", ""), ("", "a"),
                          ("x.example>\r\n", "a"), ("\U0001f449.example", "a")):  # fmt: skip
        with pytest.raises(UnsafeHeader):
            make_message_id(domain, token)
