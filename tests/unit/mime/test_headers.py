from __future__ import annotations

import email.header
import email.utils
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address import Address, parse_addresses
from app.mime.headers import (
    UnsafeHeader,
    decode_header,
    encode_addresses,
    encode_unstructured,
)

WORD = re.compile(rb"=\?[^?]+\?[bq]\?[^?]*\?=")
LINE_BREAKS = ["\r", "\n", "\r\n", "\r\n ", "\0", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85",
               "\u2028", "\u2029", "\ud800"]  # fmt: skip


def body(field: bytes) -> str:
    assert field.endswith(b"\r\n")
    return field.decode().replace("\r\n", "").partition(":")[2].strip(" ")


def by_stdlib(text: str) -> str:
    return str(email.header.make_header(email.header.decode_header(text)))


def assert_well_formed(field: bytes) -> None:
    lines = field.split(b"\r\n")
    assert lines.pop() == b""
    assert all(line.strip() for line in lines)
    assert all(line[:1] in b" \t" for line in lines[1:])
    assert not re.search(rb"[^ -~]", b"".join(lines))
    assert max(map(len, lines)) <= 78
    words = WORD.findall(b"".join(lines))
    assert max(map(len, words), default=0) <= 75


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Offer",
        "Offer for the spring, as discussed on Tuesday: everything you need to decide, in one file",
        "Grüße aus Köln",
        "Grüße, " * 30,
        "  leading and trailing  ",
        "double  spaces   inside",
        "double  spaces   inside " * 8 + ".",
        "tab\there",
        "=?utf-8?q?not_a_word?=",
        "x" * 300,
        "word " + "x" * 900 + " word",
        "日本語の件名" * 20,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 12,
        "\U0001f1e9\U0001f1ea" * 20,
        "e\u0301" * 90,
        "z" + "\u0335" * 200,
        "שלום עולם " * 9 + ".",
        "control \x01 \x1f \x7f",
        "nbsp\u00a0and zwsp\u200b",
    ],
)
def test_subjects_come_back_exactly(value: str) -> None:
    field = encode_unstructured("Subject", value)
    assert_well_formed(field)
    assert by_stdlib(body(field)) == value
    assert decode_header(body(field)) == value


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=300),
       st.sampled_from(["Subject", "X-A-Rather-Long-Name-Of-A-Field-That-Nobody-Uses", "X"]))  # fmt: skip
def test_any_safe_text_comes_back_exactly(value: str, name: str) -> None:
    field = encode_unstructured(name, value)
    assert_well_formed(field)
    assert by_stdlib(body(field)) == value


def test_ascii_is_left_readable() -> None:
    assert encode_unstructured("Subject", "Re: Offer 4711 (final)") == (
        b"Subject: Re: Offer 4711 (final)\r\n"
    )


def test_words_are_cut_between_what_people_see_as_characters() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    field = encode_unstructured("Subject", family * 10)
    for word in WORD.findall(field):
        assert len(by_stdlib(word.decode())) % len(family) == 0


@pytest.mark.parametrize("mark", LINE_BREAKS)
def test_line_breaks_of_every_kind_are_refused_in_every_field(mark: str) -> None:
    hostile = f"a{mark}Bcc: eve@z.example"
    good = Address("ann@x.example", "Ann")
    attempts = [
        lambda: encode_unstructured("Subject", hostile),
        lambda: encode_unstructured(f"X{mark}", "a"),
        lambda: encode_addresses("To", [good, Address("bob@y.example", hostile)]),
        lambda: encode_addresses("To", [Address(f"bob{mark}@y.example")]),
        lambda: encode_addresses("To", [Address(f'"bob{mark}"@y.example')]),
        lambda: encode_addresses("To", [Address(f"bob@y{mark}.example")]),
        lambda: encode_addresses(f"To{mark}", [good]),
    ]
    for attempt in attempts:
        with pytest.raises(UnsafeHeader) as caught:
            attempt()
        assert caught.value.reason in ("unsafe_character", "field_name")


@pytest.mark.parametrize("name", ["", " ", "To:", "To To", "Tö", "X" * 80, "a\tb"])
def test_odd_field_names_are_refused(name: str) -> None:
    with pytest.raises(UnsafeHeader) as caught:
        encode_unstructured(name, "x")
    assert caught.value.reason == "field_name"


def test_an_encoded_line_break_in_the_text_stays_text() -> None:
    field = encode_unstructured("Subject", "a =?utf-8?q?=0D=0ABcc:_x?=")
    assert b"\r\nBcc" not in field
    assert by_stdlib(body(field)) == "a =?utf-8?q?=0D=0ABcc:_x?="


NAMES = [
    "",
    "Ann",
    "Lee, Ann",
    "Lee, , Ann,",
    'Ann "AL" Lee',
    "Ann \\ Lee",
    "Ann Q. Lee",
    "Ann (Sales) <not@this.example>",
    "Müller, Jürgen",
    "Ärzte; Verband: e.V.",
    "山田, 太郎",
    "محمد, علي",
    "\U0001f600, smile",
    "  spaced  ",
    "=?utf-8?q?Eve?=",
    "ann@x.example",
    "O'Lee",
    "A" * 120,
    "Long, " * 30,
    "many words " * 20 + "end",
    "Ünïcödé " * 20 + "end",
    "tab\tname",
]


def test_no_recipient_of_a_long_list_is_lost_joined_or_renamed() -> None:
    addresses = [Address(f"user{n}@x{n}.example", name) for n, name in enumerate(NAMES * 2)]
    field = encode_addresses("Cc", addresses)
    assert_well_formed(field)
    expected = [(address.name, address.addr_spec) for address in addresses]
    assert [(by_stdlib(n), a) for n, a in email.utils.getaddresses([body(field)])] == expected
    ours = parse_addresses(field.decode().partition(":")[2])
    assert [(a.name, a.addr_spec) for a in ours.addresses] == [(n.strip(), a) for n, a in expected]


def test_short_lists_stay_readable() -> None:
    assert encode_addresses("To", [Address("a@x.example", "Ann"), Address("b@x.example")]) == (
        b"To: Ann <a@x.example>, b@x.example\r\n"
    )


def test_an_empty_list_gives_no_field() -> None:
    assert encode_addresses("Cc", []) == b""


def test_domains_beyond_ascii_are_written_as_a_labels() -> None:
    field = encode_addresses("To", [Address("jane@straße.example")])
    assert field == b"To: jane@xn--strae-oqa.example\r\n"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("jane", "address"),
        ("jane@", "address"),
        ("@x.example", "address"),
        ("ja\tne@x.example", "address"),
        ("jörg@x.example", "non_ascii_local_part"),
        ("jane@\U0001f449.example", "domain"),
        ("jane@x.example>, <eve@z.example", "address"),
        ("a, eve@z.example", "address"),
        ("eve <eve@z.example", "address"),
        ("=?utf-8?q?eve?=@z.example", "address"),
        ("jane@x example", "domain"),
        ("jane@x,example", "domain"),
        ("jane@[192.0.2.1", "domain"),
    ],
)
def test_addresses_that_cannot_be_written_are_refused(spec: str, reason: str) -> None:
    with pytest.raises(UnsafeHeader) as caught:
        encode_addresses("To", [Address("ok@x.example"), Address(spec, "Name")])
    assert (caught.value.field, caught.value.reason) == ("To", reason)


@pytest.mark.parametrize(
    "spec", ['"a>, <eve@z.example>, b"@x.example', '"a, eve@z"@x.example', "a b@x.example"]
)
def test_a_local_part_cannot_become_more_recipients(spec: str) -> None:
    field = encode_addresses("To", [Address(spec, "Name")])
    assert len(email.utils.getaddresses([body(field)])) == 1
    assert len(parse_addresses(body(field)).addresses) == 1


def test_smtputf8_writes_the_local_part_as_it_is() -> None:
    field = encode_addresses("To", [Address("jörg@straße.example", "Jörg")], smtputf8=True)
    assert field == "To: =?utf-8?b?SsO2cmc=?= <jörg@xn--strae-oqa.example>\r\n".encode()


def test_an_address_longer_than_any_line_is_refused() -> None:
    with pytest.raises(UnsafeHeader) as caught:
        encode_addresses("To", [Address(f"{'j' * 1000}@x.example")])
    assert caught.value.reason == "too_long"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"Gr\xfc\xdfe", "Grüße"),
        (b" =?utf-8?q?a?=\r\n =?utf-8?q?b?= \r\n", "ab"),
        ("Subject\r\n\twith folds", "Subject\twith folds"),
    ],
)
def test_decode_header_takes_what_comes(raw: str | bytes, text: str) -> None:
    assert decode_header(raw) == text


@given(st.binary(max_size=200))
def test_decode_header_never_fails(raw: bytes) -> None:
    assert not set("\r\n\0") & set(decode_header(raw))
