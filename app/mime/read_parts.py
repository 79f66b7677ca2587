"""A raw message cut into header fields and parts, whatever is wrong with it. Pure, never raises.

Bounded for hostile input: depth, number of parts and fields, size of header blocks. Bodies are
slices of the message, decoded when asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.encoded_word import decode_raw
from app.mime.headers import decode_params
from app.mime.read_transfer import decode_transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 40
MAX_PARTS = 2000
MAX_HEADER_BYTES = 1 << 20
MAX_FIELDS = 2000
MAX_FIELD_BYTES = 128 * 1024

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:(.*)", re.DOTALL)


@dataclass(slots=True)
class RawPart:
    """One part: its fields as bytes, its body as it came, and the parts in it."""

    fields: list[tuple[str, bytes]]
    body: bytes = b""
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list[RawPart] = field(default_factory=list)
    # What stands where no text belongs: lines among the fields that are none.
    stray: bytes = b""

    def get(self, name: str) -> bytes | None:
        """Give the first field of that name (lower case)."""
        return next((value for key, value in self.fields if key == name), None)

    def get_all(self, name: str) -> list[bytes]:
        """Give every field of that name."""
        return [value for key, value in self.fields if key == name]

    def decoded(self) -> bytes:
        """Give the body without its transfer encoding."""
        return decode_transfer(self.body, self.get("content-transfer-encoding") or b"")

    def walk(self) -> Iterator[RawPart]:
        """Give this part and all parts below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_parts(raw: bytes) -> RawPart:
    """Cut a message into its parts."""
    return _Reader().part(_without_envelope_line(raw), depth=0, default="text/plain")


def _without_envelope_line(raw: bytes) -> bytes:
    """Drop blank lines and the mailbox line ("From x Tue …") above the header."""
    raw = raw.lstrip(b"\r\n")
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    if raw.startswith((b"From ", b">From ")):
        end = raw.find(b"\n")
        raw = raw[end + 1 :] if end >= 0 else b""
    return raw


class _Reader:
    """Counts parts over the whole tree."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def part(self, raw: bytes, *, depth: int, default: str) -> RawPart:
        self._left -= 1
        head, body = split_head(raw)
        part = RawPart(head.fields, body, stray=head.stray)
        _set_type(part, default)
        if part.media_type.startswith("multipart/") and depth < MAX_DEPTH:
            self._cut(part, depth)
        return part

    def _cut(self, part: RawPart, depth: int) -> None:
        pieces = _pieces(part.body, part.parameters.get("boundary", ""), self._left)
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        for piece in pieces:
            if self._left <= 0:
                return
            part.children.append(self.part(piece, depth=depth + 1, default=default))
        if not part.children:
            # No delimiter at all: readers show nothing then, and a person would want to see it.
            part.stray += part.body


def _set_type(part: RawPart, default: str) -> None:
    # Of several fields the first that says something counts.
    for value in part.get_all("content-type"):
        media_type, part.parameters = decode_params(decode_raw(value))
        if "/" in media_type:
            part.media_type = media_type
            return
    part.media_type = default


@dataclass(slots=True)
class Head:
    """A header block: its fields, folded as they came, and the lines in it that are none."""

    fields: list[tuple[str, bytes]]
    stray: bytes = b""


def split_head(raw: bytes) -> tuple[Head, bytes]:
    """Cut at the first empty line; without any field before it there is no header."""
    if raw.startswith((b"\r\n", b"\n")):
        return Head([]), raw[raw.index(b"\n") + 1 :]
    end = len(raw)
    body = end
    for match in _LINE.finditer(raw, 0, min(end, MAX_HEADER_BYTES)):
        if not match[0].strip(b"\r\n"):
            end, body = match.start(), match.end()
            break
    else:
        end = body = min(end, MAX_HEADER_BYTES)
    head = _read_head(raw[:end])
    return (head, raw[body:]) if head.fields else (Head([]), raw)


def _read_head(block: bytes) -> Head:
    fields: list[tuple[str, list[bytes]]] = []
    stray: list[bytes] = []
    open_lines = stray
    for match in _LINE.finditer(block):
        line = match[0]
        if not line:
            continue
        if line[:1] not in b" \t":
            found = _FIELD.match(line)
            if found is None or len(fields) >= MAX_FIELDS:
                open_lines = stray
            else:
                line = found[2]
                open_lines = []
                fields.append((found[1].decode("ascii").lower(), open_lines))
        if len(open_lines) < MAX_FIELDS:
            open_lines.append(line)
    return Head(
        [(name, b"".join(lines)[:MAX_FIELD_BYTES].strip(b"\r\n \t")) for name, lines in fields],
        b"".join(stray),
    )


def _pieces(body: bytes, boundary: str, limit: int) -> Iterator[bytes]:
    """Give what stands between the delimiters; a missing closing one is no loss."""
    name = boundary.encode("utf-8", "replace")
    if b"\n--" + name not in b"\n" + body:
        # Blanks at its end are no part of a boundary (RFC 2046 §5.1.1), but some writers put them.
        name = name.rstrip()
    if not name:
        return
    delimiter = re.compile(
        rb"^--" + re.escape(name) + rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE
    )
    start = -1
    for match in delimiter.finditer(body):
        if start >= 0:
            yield _without_last_line_end(body[start : match.start()])
            limit -= 1
        start = -1 if match[1] else match.end()
        if match[1] or limit <= 0:
            return
    if start >= 0:
        yield body[start:]


def _without_last_line_end(piece: bytes) -> bytes:
    # The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece[:-1] if piece.endswith((b"\n", b"\r")) else piece
