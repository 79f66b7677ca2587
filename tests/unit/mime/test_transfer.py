from __future__ import annotations

import base64
import io
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.transfer import (
    Encoding,
    base64_bytes,
    choose,
    encode_text,
    quoted_printable,
    stream_base64,
)


class Dribble(io.RawIOBase):
    """A source that gives seven bytes at a time, however many are asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 7) if size >= 0 else 7)


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 29183, 29184, 29185, 58368, 200_001])
def test_streamed_base64_is_what_the_library_encodes(size: int) -> None:
    data = bytes(i * 7 % 251 for i in range(size))
    out = io.BytesIO()
    assert stream_base64(io.BytesIO(data), out) == size
    lines = out.getvalue().split(b"\r\n")
    assert b"".join(lines) == base64.b64encode(data)
    assert all(len(line) == 76 for line in lines[:-1])
    assert len(lines[-1]) <= 76


def test_short_reads_put_no_padding_in_the_middle() -> None:
    data = bytes(range(256)) * 300
    out = io.BytesIO()
    stream_base64(Dribble(data), out)  # type: ignore[arg-type]
    assert out.getvalue() == base64_bytes(data)


@given(st.text())
def test_quoted_printable_comes_back(text: str) -> None:
    body = encode_text(text.replace("\x1a", ""))
    encoded = quoted_printable(body)
    assert quopri.decodestring(encoded) == body
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not any(line.endswith((b" ", b"\t")) for line in encoded.split(b"\r\n"))
    assert encoded.isascii()


@given(st.text(alphabet="a=é \t.F", min_size=60, max_size=400))
def test_soft_breaks_never_cut_an_escape(text: str) -> None:
    body = encode_text(text)
    assert quopri.decodestring(quoted_printable(body)) == body


def test_lines_that_mailboxes_and_relays_change_are_encoded() -> None:
    encoded = quoted_printable(b"From here\r\n.\r\n..x\r\n")
    assert encoded == b"=46rom here\r\n=2E\r\n..x\r\n"
    assert choose(b"From here\r\n") is Encoding.QUOTED_PRINTABLE
    assert choose(b"From\r\nhere ") is Encoding.SEVEN_BIT


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain", Encoding.SEVEN_BIT),
        ("x" * 998, Encoding.SEVEN_BIT),
        ("x" * 999, Encoding.QUOTED_PRINTABLE),
        ("Ein Wort mit ü in einem langen Satz ohne weitere", Encoding.QUOTED_PRINTABLE),
        ("報告書を送ります", Encoding.BASE64),
        ("bell \x07 and more text around it", Encoding.QUOTED_PRINTABLE),
    ],
)
def test_the_encoding_fits_the_text(text: str, encoding: Encoding) -> None:
    assert choose(encode_text(text)) is encoding


def test_half_characters_become_replacement_characters() -> None:
    assert encode_text("a\ud800b") == "a\ufffdb".encode()
    assert encode_text("\ud83c\udf89") == "🎉".encode()
    assert encode_text("a\rb\nc\r\nd") == b"a\r\nb\r\nc\r\nd"
