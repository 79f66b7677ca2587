from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.headers import UnsafeHeader, decode_params, encode_parameterised
from app.mime.params import ascii_fallback

FILE_NAMES = [
    "offer.pdf",
    "Angebot März.pdf",
    "two words.pdf",
    'say "hi".txt',
    "back\\slash.txt",
    "ends-with\\",
    "semi;colon=equals.txt",
    "percent%41'quote'.txt",
    "=?utf-8?q?x?=.pdf",
    "見積書.xlsx",
    "\U0001f4c4.pdf",
    "a" * 200 + ".pdf",
    "ä" * 120 + ".pdf",
    "tab\there.txt",
    " spaces around ",
    "",
    "no-ending",
    "עברית.docx",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 4 + ".png",
]


def parsed(field: bytes) -> Message:
    return BytesParser(policy=default).parsebytes(b"Content-Type: a/b\r\n" + field + b"\r\n")


@pytest.mark.parametrize("name", FILE_NAMES)
def test_file_names_come_back_exactly(name: str) -> None:
    field = encode_parameterised("Content-Disposition", "attachment", {"filename": name})
    assert max(map(len, field.split(b"\r\n"))) <= 78
    value, params = decode_params(field.decode().partition(":")[2])
    assert (value, params.get("filename", "")) == ("attachment", name)


@pytest.mark.parametrize("name", [n for n in FILE_NAMES if n and n == n.strip()])
def test_file_names_come_back_by_the_standard_library(name: str) -> None:
    field = encode_parameterised("Content-Disposition", "attachment", {"filename": name})
    assert parsed(field).get_filename() == name


def test_the_name_of_content_type_has_an_ascii_form_for_old_readers() -> None:
    field = encode_parameterised("Content-Type", "application/pdf", {"name": "Angebot März.pdf"})
    assert field == (
        b'Content-Type: application/pdf; name="Angebot Marz.pdf";\r\n'
        b" name*=utf-8''Angebot%20M%C3%A4rz.pdf\r\n"
    )
    assert decode_params(field.decode().partition(":")[2])[1] == {"name": "Angebot März.pdf"}


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [
        ("Größe.pdf", "Grosse.pdf"),
        ("見積書.xlsx", "_.xlsx"),
        ('a"b\\c.txt', "a_b_c.txt"),
        ("é", "e"),
        ("x" * 90 + ".pdf", "x" * 56 + ".pdf"),
    ],
)
def test_the_ascii_form_keeps_what_it_can(name: str, ascii_name: str) -> None:
    assert ascii_fallback(name) == ascii_name


def test_a_boundary_is_never_cut_into_sections() -> None:
    boundary = "b" * 70
    field = encode_parameterised("Content-Type", "multipart/mixed", {"boundary": boundary})
    assert f"boundary={boundary}\r\n".encode() in field


def test_several_parameters_keep_their_order() -> None:
    field = encode_parameterised(
        "Content-Type", "text/plain", {"charset": "utf-8", "format": "flowed", "delsp": "yes"}
    )
    assert field == b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n"


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\0", "\u2028", "\x85", "\x0b", "\ud800"])
def test_line_breaks_are_refused(mark: str) -> None:
    for value, params in (
        (f"attachment{mark}X: y", {}),
        ("attachment", {"filename": f"a{mark}b.pdf"}),
        ("attachment", {f"file{mark}name": "a.pdf"}),
    ):
        with pytest.raises(UnsafeHeader):
            encode_parameterised("Content-Disposition", value, params)


@pytest.mark.parametrize("value", ["", "a/b/c", "text/plain; x=y", "a b", "text/\x01", "té/x"])
def test_values_that_are_no_tokens_are_refused(value: str) -> None:
    with pytest.raises(UnsafeHeader) as caught:
        encode_parameterised("Content-Type", value, {})
    assert caught.value.reason in ("parameter", "unsafe_character")


@pytest.mark.parametrize(
    ("text", "value", "params"),
    [
        ("text/plain", "text/plain", {}),
        ("Text / Plain ; CharSet = UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('a/b; x="1;2"; y=3', "a/b", {"x": "1;2", "y": "3"}),
        ('a/b; x="say \\"hi\\""', "a/b", {"x": 'say "hi"'}),
        ("a/b; x=1 (a comment); y=2", "a/b", {"x": "1", "y": "2"}),
        ("a/b; f=report(1).pdf", "a/b", {"f": "report(1).pdf"}),
        ("a/b; x=1; x=2", "a/b", {"x": "1"}),
        ("a/b; x=; y=2; ; =3; z", "a/b", {"y": "2"}),
        ('a/b; x="never closed', "a/b", {"x": "never closed"}),
        ("a/b; f*=utf-8'de'%C3%A4", "a/b", {"f": "ä"}),
        ("a/b; f*=iso-8859-1''%E4", "a/b", {"f": "ä"}),
        ("a/b; f*=windows-1252''%80", "a/b", {"f": "€"}),
        ("a/b; f=plain; f*=utf-8''%C3%A4", "a/b", {"f": "ä"}),
        ("a/b; f=plain; f*=utf-8''%C3", "a/b", {"f": "plain"}),
        ("a/b; f*0=one; f*1=two; f*2*=%20three", "a/b", {"f": "onetwo three"}),
        ("a/b; f*0*=utf-8''%C3; f*1*=%A4", "a/b", {"f": "ä"}),
        ("a/b; f*1=two; f*0=one; f*3=four", "a/b", {"f": "onetwo"}),
        ("a/b; f*0=one; f*1=two; f*0=bad; f*2=worse", "a/b", {"f": "onetwo"}),
        ("a/b; f*1=two", "a/b", {}),
        ("a/b; f*x=odd", "a/b", {"f*x": "odd"}),
        ('a/b; f="=?utf-8?q?=C3=A4?="', "a/b", {"f": "ä"}),
        ("a/b\r\n f=1\r\n g=2", "a/b", {"f": "1", "g": "2"}),
        ('a/b; f="fol\r\n ded"', "a/b", {"f": "fol ded"}),
        ("a/b; f*=utf-8''exe%E2%80%AEfdp.txt", "a/b", {"f": "exe fdp.txt"}),
        ("", "", {}),
        (";", "", {}),
    ],
)
def test_parameters_are_read_tolerantly(text: str, value: str, params: dict[str, str]) -> None:
    assert decode_params(text) == (value, params)


@given(st.text(st.sampled_from("ab*='\"\\;%()/ \r\n\t0129é\0\ud800\udcff"), max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    value, params = decode_params(text)
    assert value == value.lower()
    assert all(not set("\r\n\0") & set(item) for item in params.values())


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), min_size=1, max_size=120))  # fmt: skip
def test_any_file_name_comes_back_exactly(name: str) -> None:
    field = encode_parameterised("Content-Disposition", "attachment", {"filename": name})
    assert max(map(len, field.split(b"\r\n"))) <= 78
    assert field.isascii()
    assert decode_params(field.decode().partition(":")[2])[1] == {"filename": name}
