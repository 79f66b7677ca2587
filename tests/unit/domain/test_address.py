from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address import (
    Address,
    domain_to_ascii,
    format_addresses,
    parse_addresses,
    quote_local,
    quote_name,
)


def test_local_part_and_domain_are_cut_at_the_last_at() -> None:
    address = Address('"a@b"@x.example')
    assert (address.local, address.domain) == ('"a@b"', "x.example")


def test_an_address_without_at_has_no_domain() -> None:
    assert (Address("sales-team").local, Address("sales-team").domain) == ("sales-team", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane@X.Example", "jane@x.example"),
        ("jane@straße.example", "jane@xn--strae-oqa.example"),
        ("jane@MÜNCHEN.example", "jane@xn--mnchen-3ya.example"),
        ('"jane"@x.example', "jane@x.example"),
        ("jane@x.example.", "jane@x.example"),
        ("ju\u0308rgen@x.example", "j\u00fcrgen@x.example"),
    ],
)
def test_key_is_the_same_for_the_same_mailbox(one: str, other: str) -> None:
    assert Address(one, "A").key == Address(other, "B").key


def test_key_keeps_domains_apart_that_only_look_related() -> None:
    assert Address("a@straße.example").key != Address("a@strasse.example").key


def test_key_of_a_domain_outside_idna_is_still_defined() -> None:
    assert Address("a@\U0001f449.example").key == "a@\U0001f449.example"


def test_label_is_the_name_or_else_the_address() -> None:
    assert Address("a@x.example", "Ann").label == "Ann"
    assert Address("a@x.example").label == "a@x.example"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "j@x.example"),
        ("Jane Doe", "Jane Doe <j@x.example>"),
        ("Doe, Jane", '"Doe, Jane" <j@x.example>'),
        ("Jane Q. Doe", '"Jane Q. Doe" <j@x.example>'),
        ('Jane "JD" Doe', '"Jane \\"JD\\" Doe" <j@x.example>'),
        ("back\\slash", '"back\\\\slash" <j@x.example>'),
        ("Käthe Müller", "Käthe Müller <j@x.example>"),
        ("山田 太郎", "山田 太郎 <j@x.example>"),
        ("Jane (Sales)", '"Jane (Sales)" <j@x.example>'),
        ("two  spaces", '"two  spaces" <j@x.example>'),
        ("=?utf-8?q?x?=", '"=?utf-8?q?x?=" <j@x.example>'),
        ("line\r\nbreak", "line break <j@x.example>"),
    ],
)
def test_format_quotes_a_name_only_where_needed(name: str, text: str) -> None:
    assert Address("j@x.example", name).format() == text
    assert str(Address("j@x.example", name)) == text


def test_quote_local_adds_and_removes_quotes_as_the_grammar_wants() -> None:
    assert quote_local("jane.doe") == "jane.doe"
    assert quote_local('"jane.doe"') == "jane.doe"
    assert quote_local("jane doe") == '"jane doe"'
    assert quote_local("jane..doe") == '"jane..doe"'
    assert quote_local('a"b') == '"a\\"b"'


def test_domains_go_to_a_labels_without_changing_the_domain() -> None:
    assert domain_to_ascii("straße.example") == "xn--strae-oqa.example"
    assert domain_to_ascii("BÜCHER.example") == "xn--bcher-kva.example"
    assert domain_to_ascii("x.example") == "x.example"
    with pytest.raises(ValueError, match=r"\w"):
        domain_to_ascii("\U0001f449.example")


def test_quote_name_of_plain_words_is_the_words() -> None:
    assert quote_name("Jane Doe") == "Jane Doe"


_NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Zs")) | st.just(" "),
    max_size=40,
).map(str.strip)
_LOCALS = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True)
_ADDRESSES = st.builds(
    lambda local, name: Address(f"{local}@x.example", name),
    _LOCALS.filter(lambda local: not local.startswith("=?")),
    _NAMES.filter(lambda name: "=?" not in name and "\uff20" not in name),
)


@given(st.lists(_ADDRESSES, max_size=8))
def test_a_formatted_list_is_read_back_as_it_was(addresses: list[Address]) -> None:
    found = parse_addresses(format_addresses(addresses))
    assert [a.addr_spec for a in found.addresses] == [a.addr_spec for a in addresses]
    assert not found.unreadable
    for read, written in zip(found.addresses, addresses, strict=True):
        assert read.name in (written.name, _without_pair(written.name), "")
        assert read.name or not written.name or written.name == written.addr_spec


def _without_pair(name: str) -> str:
    return name[1:-1].strip()
