"""The short way for plain addresses must say what the long way says."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import address_check
from app.domain.address import is_plain, parse_addresses
from app.domain.address_check import check_address
from app.domain.address_parse import parse

LETTERS = string.ascii_letters
WORDS = st.text(LETTERS + string.digits + "_", min_size=1, max_size=12)
LABELS = st.lists(st.text(LETTERS + string.digits, min_size=1, max_size=12), min_size=1, max_size=3)


@st.composite
def plain_addresses(draw: st.DrawFn) -> str:
    local = draw(WORDS)
    for word in draw(st.lists(WORDS, max_size=3)):
        local += draw(st.sampled_from("._+-")) + word
    labels = ["-".join(parts) for parts in draw(st.lists(LABELS, min_size=1, max_size=3))]
    ending = draw(st.text(LETTERS, min_size=2, max_size=10))
    text = f"{local}@{'.'.join([*labels, ending])}"
    assert is_plain(text)
    return text


PLAIN = plain_addresses()


@given(PLAIN)
@settings(max_examples=300)
def test_what_is_plain_reads_the_same_the_long_way(text: str) -> None:
    assert parse_addresses(text) == parse(text)


@given(PLAIN)
@settings(max_examples=300)
def test_what_is_plain_may_be_written_to_the_long_way_too(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(address_check, "is_plain", lambda _: False)
        assert check_address(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "jane",
        "jane@",
        "@x.example",
        "jane@nowhere",
        "jane@x..example",
        ".jane@x.example",
        "jane.@x.example",
        "ja..ne@x.example",
        "jane@-x.example",
        "jane@x-.example",
        "jane@xn--mller-kva.example",
        "jane@x.example.",
        "jane@x.example\n",
        " jane@x.example",
        "jane@x.e",
        "jane@192.0.2.1",
        "jörg@x.example",
        "jane@straße.example",
        "a@b@x.example",
        "mailto:jane@x.example",
        f"{'a' * 65}@x.example",
        f"jane@{'a' * 64}.example",
        f"jane@{'a.' * 130}example",
    ],
)
def test_anything_else_goes_the_long_way(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    "text", ["jane@x.example", "jane.doe+tag@sub.x-y.example", "j_d-1@x.co.uk", "1@2.example"]
)
def test_ordinary_addresses_are_plain(text: str) -> None:
    assert is_plain(text)
