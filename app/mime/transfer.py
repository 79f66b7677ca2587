"""Content transfer encodings: which one a part needs, and writing it. Pure; bytes in, bytes out.

Lines are never over 76 octets where we encode and never over 998 where we do not (RFC 2045 §6.7,
§6.8; RFC 5322 §2.1.1).
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from enum import StrEnum
from struct import Struct
from typing import IO, TYPE_CHECKING, Protocol

from app.mime.halves import whole_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE = 998
_LINE_BYTES = 57  # gives 76 characters of base64
_LINES = 512  # 29 KB in, 39 KB out: measured fastest, it stays in the cache
_CHUNK = _LINE_BYTES * _LINES
# One unpack cuts a whole chunk into its lines: about the cost of the encoding itself, where a
# slice per line is thirty times that.
_CUT = Struct("76s" * _LINES)


class Sink(Protocol):
    """Where bytes go: a blob writer, a file, a list."""

    def write(self, data: bytes, /) -> object: ...


class Encoding(StrEnum):
    """Content-Transfer-Encoding of a part."""

    SEVEN_BIT = "7bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_PLAIN = re.compile(rb"[^\t\r\n\x20-\x7e]")
_LONG_LINE = re.compile(rb"[^\n]{%d,}" % (MAX_LINE + 1))
_ESCAPED = re.compile(rb"[^\t\r\n\x20-\x3c\x3e-\x7e]")
_ESCAPES = {bytes((octet,)): b"=%02X" % octet for octet in range(256)}
_LINE_TAIL = re.compile(rb"[ \t](?=\r\n|\Z)")
# Mailbox files put ">" before "From ", and a lone dot ends a message in SMTP: relays that forget
# to undo their stuffing are met by writing neither (RFC 2049 §3).
_LINE_HEAD = re.compile(rb"^(?:F(?=rom )|\.(?=\r\n|\Z))", re.MULTILINE)


def encode_text(text: str) -> bytes:
    """Give text as UTF-8 with CRLF line ends; half characters become U+FFFD."""
    return whole_characters(_LINE_END.sub("\r\n", text)).encode()


def choose(body: bytes) -> Encoding:
    """Choose the encoding a text body needs; `body` has CRLF line ends."""
    odd = len(_NOT_PLAIN.findall(body))
    if not odd:
        needs = _LONG_LINE.search(body) or _LINE_HEAD.search(body)
        return Encoding.QUOTED_PRINTABLE if needs else Encoding.SEVEN_BIT
    # Quoted-printable costs two octets for each odd one, base64 a third of everything.
    return Encoding.BASE64 if odd * 6 > len(body) else Encoding.QUOTED_PRINTABLE


def quoted_printable(body: bytes) -> bytes:
    """Encode a text body with CRLF line ends (RFC 2045 §6.7)."""
    body = _ESCAPED.sub(lambda match: _ESCAPES[match[0]], body)
    body = _LINE_TAIL.sub(lambda match: _ESCAPES[match[0]], body)
    body = _LINE_HEAD.sub(lambda match: _ESCAPES[match[0]], body)
    lines: list[bytes] = []
    for line in body.split(b"\r\n"):
        if len(line) <= 76:
            lines.append(line)
        else:
            lines.extend(_soft_lines(line))
    return b"\r\n".join(lines)


def _soft_lines(line: bytes) -> Iterator[bytes]:
    position, end = 0, len(line)
    while end - position > 76:
        cut = position + 75
        # Never inside an escape.
        escape = line.rfind(b"=", cut - 2, cut)
        if escape >= 0:
            cut = escape
        yield line[position:cut] + b"="
        position = cut
    yield line[position:]


def base64_bytes(body: bytes) -> bytes:
    """Encode a small body as base64 lines of 76, without a line end at the end."""
    text = b2a_base64(body, newline=False)
    return b"\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))


def encode(body: bytes, encoding: Encoding) -> bytes:
    """Encode a text body."""
    match encoding:
        case Encoding.SEVEN_BIT:
            return body
        case Encoding.QUOTED_PRINTABLE:
            return quoted_printable(body)
        case Encoding.BASE64:
            return base64_bytes(body)


def stream_base64(source: IO[bytes], sink: Sink) -> int:
    """Encode `source` to its end in lines of 76, without a line end at the end.

    Returns:
        How many bytes were read.
    """
    total = 0
    while chunk := _full_chunk(source):
        text = b2a_base64(chunk, newline=False)
        if len(chunk) == _CHUNK:
            lines: Iterable[bytes] = _CUT.unpack(text)
        else:
            lines = [text[i : i + 76] for i in range(0, len(text), 76)]
        if total:
            sink.write(b"\r\n")
        sink.write(b"\r\n".join(lines))
        total += len(chunk)
    return total


def _full_chunk(source: IO[bytes]) -> bytes:
    """Read a whole chunk unless the end comes: padding may stand only at the end (RFC 2045 §6.8)."""
    chunk = source.read(_CHUNK)
    if not chunk or len(chunk) == _CHUNK:
        return chunk
    parts = [chunk]
    missing = _CHUNK - len(chunk)
    while missing and (more := source.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)


def stream_copy(source: IO[bytes], sink: Sink) -> int:
    """Copy `source` to its end as it is; give the number of bytes."""
    total = 0
    while chunk := source.read(_CHUNK):
        total += len(chunk)
        sink.write(chunk)
    return total
