"""What all header fields share: which text is safe, how it is folded, and encoded words out.

Pure. Every encoder of a field goes through `checked_name` and `checked_text`, so that no value
can end its field and start another one (RFC 5322 §2.2, CWE-93).
"""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_SOFT = 78  # RFC 5322 §2.1.1: should
LINE_HARD = 998  # RFC 5322 §2.1.1: must
WORD_LIMIT = 75  # RFC 2047 §2
CRLF = "\r\n"

_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
# Everything that some reader takes for the end of a line (Unicode's mandatory breaks and the
# separators that `str.splitlines` knows), NUL, and half characters that no charset can carry.
_UNSAFE = re.compile("[\r\n\0\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_MARKS = ("Mn", "Mc", "Me")
_JOINER = "\u200d"
_OVERHEAD = len("=?utf-8?q??=")


class UnsafeHeader(ValueError):
    """A value that must not become a header field; `field` and `reason` say which and why.

    Reasons: unsafe_character, field_name, address, domain, non_ascii_local_part, message_id, too_long,
    parameter.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def checked_name(name: str) -> str:
    """Return a field name, or refuse it."""
    if not _FIELD_NAME.fullmatch(name):
        raise UnsafeHeader(name.encode("ascii", "replace").decode("ascii"), "field_name")
    return name


def checked_text(name: str, value: str) -> str:
    """Return a value of the field `name`, or refuse it for a line break of whatever kind."""
    if _UNSAFE.search(value):
        raise UnsafeHeader(name, "unsafe_character")
    return value


def is_plain(text: str) -> bool:
    """Say whether text can stand in a header as it is: printable ASCII, no encoded word."""
    return text.isascii() and (text.isprintable() or not text) and "=?" not in text


def fold(name: str, chunks: Iterable[str]) -> bytes:
    """Return the whole field: chunks joined by one space each, broken before the 79th octet.

    Raises:
        UnsafeHeader: a chunk does not fit on any line.
    """
    lines: list[str] = []
    line = f"{name}:"
    for chunk in chunks:
        octets = len(chunk.encode("utf-8"))
        if octets > LINE_HARD - 1:
            raise UnsafeHeader(name, "too_long")
        # The first chunk stays beside the name unless it would fit on a line of its own only.
        used = len(line.encode("utf-8"))
        if used + 1 + octets > LINE_SOFT and (lines or line[-1] != ":" or _gains(used, octets)):
            lines.append(line)
            line = ""
        line += f" {chunk}"
    lines.append(line)
    return (CRLF.join(lines) + CRLF).encode("utf-8")


def _gains(used: int, octets: int) -> bool:
    return octets + 1 <= LINE_SOFT or used + 1 + octets > LINE_HARD


def encoded_words(text: str, first_room: int = WORD_LIMIT) -> list[str]:
    """Return text as RFC 2047 words of whole characters (and grapheme clusters where possible).

    Args:
        text: what to encode.
        first_room: octets left on the line for the first word.
    """
    data = text.encode("utf-8")
    use_q = _q_length(data) <= (len(data) + 2) // 3 * 4
    room = max(min(first_room, WORD_LIMIT) - _OVERHEAD, 24)
    words: list[str] = []
    taken, length = bytearray(), 0
    for cluster in _pieces(text, use_q=use_q):
        size = _q_length(cluster) if use_q else len(cluster)
        limit = room if use_q else room // 4 * 3
        if length + size > limit and taken:
            words.append(_word(bytes(taken), use_q=use_q))
            taken, length, room = bytearray(), 0, WORD_LIMIT - _OVERHEAD
        taken += cluster
        length += size
    if taken:
        words.append(_word(bytes(taken), use_q=use_q))
    return words


def _q_length(data: bytes) -> int:
    return sum(1 if octet in _Q_SAFE or octet == 0x20 else 3 for octet in data)


def _word(data: bytes, *, use_q: bool) -> str:
    if not use_q:
        return f"=?utf-8?b?{base64.b64encode(data).decode('ascii')}?="
    return "=?utf-8?q?" + "".join(_Q_TABLE[octet] for octet in data) + "?="


_Q_TABLE = tuple(
    "_" if octet == 0x20 else chr(octet) if octet in _Q_SAFE else f"={octet:02X}"
    for octet in range(256)
)


def _pieces(text: str, *, use_q: bool) -> Iterator[bytes]:
    """Yield grapheme clusters, and the characters of those that no word can hold."""
    limit = (WORD_LIMIT - _OVERHEAD) if use_q else (WORD_LIMIT - _OVERHEAD) // 4 * 3
    for cluster in clusters(text):
        data = cluster.encode("utf-8")
        if (_q_length(data) if use_q else len(data)) <= min(limit, 24):
            yield data
        else:
            yield from (char.encode("utf-8") for char in cluster)


def clusters(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character each (the parts of UAX 29 that mail meets)."""
    start = 0
    flags = 0
    for index in range(1, len(text) + 1):
        if index < len(text):
            before, char = text[index - 1], text[index]
            flags = flags + 1 if _is_flag(before) else 0
            if _extends(char) or before == _JOINER or (_is_flag(char) and flags % 2 == 1):
                continue
        yield text[start:index]
        start = index


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    return (
        char == _JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of subdivision flags
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
        or unicodedata.category(char) in _MARKS
    )


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
