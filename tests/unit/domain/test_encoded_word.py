from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.encoded_word import decode_bytes, decode_raw, decode_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe_!?=", "Grüße !"),
        ("a =?utf-8?q?b?= c =?utf-8?q?d?= =?utf-8?q?e?= f", "a b c de f"),
        ("=?utf-8?q?a?=\r\n =?iso-8859-1?q?=E4?=", "aä"),
        ("=?utf-8?q?=E2=82?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8?q?=C3?= x", "\ufffd x"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?b?R3LD\r\n vMOfZQ==?=", "Grüße"),
        ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?q?why?_so?=", "why? so"),
        ("=?utf-8?q?broken =?utf-8?q?whole?=", "=?utf-8?q?broken whole"),
        ("=?utf-8?q?never ended", "=?utf-8?q?never ended"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?no-such-charset?q?Gr=C3=BC?=", "Grü"),
        ("=?unknown-8bit?q?Gr=FC?=", "Grü"),
        ("=?iso-8859-1?q?=80_5?=", "€ 5"),
        ("=?us-ascii?q?=FC?=", "ü"),
        ("=?gb2312?b?1tC5+g==?=", "中国"),
        ("=?iso-2022-jp?b?GyRCNEE7ehsoQg==?=", "漢字"),
        ("=?koi8-r?b?8NLJ18XU?=", "Привет"),
        ("=?punycode?q?abc-?=", "abc-"),
        ("=?utf-8?q?a=0D=0ABcc:_b=00?=", "a Bcc: b"),
        ("a\r\n b\r\n\tc", "a b\tc"),
        ("a\rb\u2028c\0", "a b c"),
        ("Gr\udcc3\udcbc\udcc3\udc9fe", "Grüße"),
        ("Gr\udcfcn", "Grün"),
        ("half \ud83d =?utf-8?q?x\udfff?=", "half \ufffd x\ufffd"),
        ("=?utf-8?q??=x", "x"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
    ],
)
def test_encoded_words_are_read_tolerantly(text: str, expected: str) -> None:
    assert decode_words(text) == expected


@given(st.text(st.characters()))
def test_any_text_is_decoded_without_an_error_and_without_line_breaks(text: str) -> None:
    assert not set("\r\n\0\x0b\x0c\u2028\u2029\x85") & set(decode_words(text))


@given(
    st.binary(max_size=40),
    st.sampled_from(["utf-8", "utf-16", "utf-7", "hz", "rot13", "x", "idna", "big5"]),
)
def test_any_octets_are_decoded_in_any_charset(data: bytes, charset: str) -> None:
    assert isinstance(decode_bytes(data, charset), str)


@pytest.mark.parametrize("part", ["=?", "=?u?q?", "=?u?q?=?", "=?u?q?a?=", "?=", "=?utf-8?b?"])
def test_hostile_repetition_takes_time_in_proportion(part: str) -> None:
    started = time.perf_counter()
    decode_words(part * (200_000 // len(part)))
    assert time.perf_counter() - started < 5


def test_damaged_utf8_stays_utf8_and_latin_is_not_taken_for_it() -> None:
    assert decode_raw("Привет мир".encode() + b"\xff") == "Привет мир\ufffd"
    assert decode_raw("Jürgen Groß".encode("latin-1")) == "Jürgen Groß"
