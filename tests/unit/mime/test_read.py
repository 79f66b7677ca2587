from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

import pytest

from app.domain.address import Address
from app.domain.attachment import Disposition
from app.domain.conversation import ThreadRef
from app.mime.charsets import decode_text
from app.mime.read import ParsedMessage, read_message, to_original
from app.mime.read_transfer import decode_base64, decode_transfer

REF = ThreadRef("a1", "t1")


def read(text: str, charset: str = "utf-8") -> ParsedMessage:
    return read_message(text.replace("\n", "\r\n").encode(charset))


SIMPLE = """\
Received: from somewhere
\tby elsewhere
From: =?utf-8?q?J=C3=BCrgen?= <j@x.example>
To: "Doe, Jane" <jane@y.example>, raj@y.example
Cc: Group: a@z.example, b@z.example;
Reply-To: answers@x.example
Subject: Re: =?utf-8?b?8J+OiQ==?= party
Date: Tue, 14 Jul 2026 11:41:00 +0200
Message-ID: <1@x.example>
In-Reply-To: <0@y.example>
References: <00@y.example>
 <0@y.example>

Hello
"""


def test_a_simple_message() -> None:
    made = read(SIMPLE)
    assert made.sender == Address("j@x.example", "Jürgen")
    assert made.to == (Address("jane@y.example", "Doe, Jane"), Address("raj@y.example"))
    assert [a.addr_spec for a in made.cc] == ["a@z.example", "b@z.example"]
    assert made.reply_to == (Address("answers@x.example"),)
    assert made.subject == "Re: 🎉 party"
    assert made.sent_at == datetime(2026, 7, 14, 9, 41, tzinfo=UTC)
    assert made.message_id == "<1@x.example>"
    assert made.in_reply_to == ("<0@y.example>",)
    assert made.references == ("<00@y.example>", "<0@y.example>")
    assert made.text.strip() == "Hello"
    assert made.html == ""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(line_end: str) -> None:
    made = read_message(SIMPLE.replace("\n", line_end).encode())
    assert made.references == ("<00@y.example>", "<0@y.example>")
    assert made.text.strip() == "Hello"


def test_mailbox_lines_and_blank_lines_above_the_header_are_passed() -> None:
    for above in ("From j@x.example Tue Jul 14 09:41:00 2026\n", "\n\n", "\ufeff"):
        assert read(above + SIMPLE).message_id == "<1@x.example>"


MIXED = """\
Subject: files
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

This is a multi-part message.
--outer
Content-Type: multipart/alternative; boundary=outer-inner

--outer-inner
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe, =
soft and =20
flowed
--outer-inner
Content-Type: text/html; charset=utf-8

<p>Grüße</p>
--outer-inner--
--outer
Content-Type: image/png
Content-Disposition: inline; filename*=utf-8''gr%C3%BCn.png
Content-ID: <i1@x>
Content-Transfer-Encoding: base64

iVBORw==
--outer
Content-Type: text/plain; name="notes.txt"
Content-Disposition: attachment

not the body
--outer
Content-Type: message/rfc822

Subject: inner

inner text
--outer--
epilogue
"""


def test_text_html_and_files_are_told_apart() -> None:
    made = read(MIXED)
    assert made.text == "Grüße, soft and  flowed"
    assert made.html == "<p>Grüße</p>"
    picture, notes, message = made.attachments
    assert (picture.filename, picture.content_id) == ("grün.png", "i1@x")
    assert picture.disposition is Disposition.INLINE
    assert picture.data == b"\x89PNG"
    assert (notes.filename, notes.data) == ("notes.txt", b"not the body")
    assert message.media_type == "message/rfc822"
    assert message.data == b"Subject: inner\r\n\r\ninner text"


def test_a_missing_closing_delimiter_loses_nothing() -> None:
    cut = MIXED[: MIXED.index("--outer--")]
    assert len(read(cut).attachments) == 3


def test_text_of_a_multipart_without_parts_is_offered_to_people() -> None:
    made = read("Content-Type: multipart/mixed; boundary=b\n\nJust this\n")
    assert made.text == ""
    assert to_original(made, REF, "p").text.strip() == "Just this"


def test_a_header_without_end_is_read_and_its_text_offered() -> None:
    made = read("From: j@x.example\nSubject: x\nDear Jane, this is no header\n")
    assert made.subject == "x"
    assert "Dear Jane" in to_original(made, REF, "p").text


def test_a_text_without_any_header_is_a_body() -> None:
    assert read("Hello there\n\nbye\n").text.strip() == "Hello there\r\n\r\nbye"


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("Grüße".encode("cp1252"), "", "Grüße"),
        ("Grüße".encode(), "", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode("cp1252"), "x-unknown", "Grüße"),
        ("“Grüße”".encode("cp1252"), "iso-8859-1", "“Grüße”"),
        ("日本".encode("iso-2022-jp"), "", "日本"),
        ("日本".encode("shift_jis"), "Shift-JIS", "日本"),
        ("价格".encode("gb18030"), "gb2312", "价格"),
        ("가격".encode("cp949"), "ks_c_5601-1987", "가격"),
        ("Grüße".encode(), '"UTF-8"', "Grüße"),
        (b"\xef\xbb\xbfx", "", "x"),
        ("Grüße".encode("utf-16"), "", "Grüße"),
        (b"a\xffb", "utf-8", "a\ufffdb"),
    ],
    ids=repr,
)
def test_charsets(raw: bytes, charset: str, text: str) -> None:
    assert decode_text(raw, charset) == text


def test_html_may_say_its_own_charset() -> None:
    raw = '<meta charset="koi8-r"><p>Цена'.encode("koi8-r")
    assert decode_text(raw, "", is_html=True).endswith("Цена")


def test_raw_octets_in_headers_are_guessed() -> None:
    raw = "From: Jürgen <j@x.example>\nSubject: Größe\n\nx\n"
    for charset in ("utf-8", "cp1252"):
        made = read(raw, charset)
        assert made.subject == "Größe"
        assert made.sender == Address("j@x.example", "Jürgen")


@pytest.mark.parametrize(
    "body",
    [b"SGVsbG8=", b"SGVs\r\nbG8=\r\n", b"SGVs bG8", b"SGVsbG8=\r\n-- \r\n!!", b"SGU=bGxv"],
)
def test_base64_with_slips_is_read(body: bytes) -> None:
    assert decode_base64(body).startswith(b"Hello"[:2])
    assert decode_base64(body)[:5] == b"Hello"


def test_base64_ending_in_a_single_letter_is_read() -> None:
    assert decode_base64(b"SGVsbG8gV29ybGQhIQ==S") == b"Hello World!!"


def test_uuencoded_parts_are_read() -> None:
    data = bytes(range(100))
    lines = b"".join(binascii.b2a_uu(data[i : i + 45]) for i in range(0, 100, 45))
    body = b"begin 644 x.bin\r\n" + lines + b"`\nend\n"
    assert decode_transfer(body, b"x-uuencode") == data


@pytest.mark.parametrize("encoding", [b"BASE64", b'"base64"', b"base64;", b" base64 (x)"])
def test_encodings_are_recognised(encoding: bytes) -> None:
    assert decode_transfer(base64.b64encode(b"x"), encoding) == b"x"


def test_an_unknown_encoding_leaves_the_body() -> None:
    assert decode_transfer(b"x=3D", b"8-bit") == b"x=3D"


def test_the_original_one_replies_to() -> None:
    made = to_original(
        read(MIXED.replace("Subject: files", SIMPLE.split("\n\n", maxsplit=1)[0])), REF, "p9"
    )
    assert (made.ref, made.provider_message_id) == (REF, "p9")
    assert made.sender == Address("j@x.example", "Jürgen")
    assert made.in_reply_to == "<0@y.example>"
    assert [a.filename for a in made.attachments] == ["grün.png", "notes.txt", ""]
    assert made.attachments[1].size_bytes == len("not the body")


def test_text_and_html_one_after_the_other_are_both_quoted() -> None:
    made = read(
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nfirst < half\n--b\nContent-Type: text/html\n\n<p>second</p>\n--b--\n"
    )
    assert (made.text, made.html) == ("first < half", "<p>second</p>")
    original = to_original(made, REF, "p")
    assert original.text == "first < half\nsecond"
    assert "first &lt; half" in original.html
    assert original.html.endswith("<p>second</p>")


def test_names_without_address_are_kept_for_people_only() -> None:
    made = read("From: MAILER DAEMON <>\nTo: Jane, jane@x.example\n\nx\n")
    assert made.sender == Address("", "MAILER DAEMON")
    original = to_original(made, REF, "p")
    assert original.sender == Address("", "MAILER DAEMON")
    assert [a.addr_spec for a in original.to] == ["jane@x.example"]


def test_mail_reply_to_and_several_authors_say_where_answers_go() -> None:
    head = "From: a@x.example, b@x.example\nTo: c@x.example\n"
    assert [a.addr_spec for a in to_original(read(head + "\nx"), REF, "p").reply_to] == [
        "a@x.example",
        "b@x.example",
    ]
    listed = head + "Reply-To: list@x.example\nMail-Reply-To: b@x.example\n\nx"
    assert to_original(read(listed), REF, "p").reply_to == (Address("b@x.example"),)
    followed = head + "Mail-Followup-To: list@x.example\n\nx"
    assert to_original(read(followed), REF, "p").mail_followup_to == (Address("list@x.example"),)
