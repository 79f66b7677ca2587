"""A raw message cut into header fields and parts, whatever is wrong with it. Pure, never raises.

Bounded for hostile input: depth, number of parts and fields, size of header blocks. Bodies are
slices of the message, decoded when asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.mime.headers import decode_params
from app.mime.read_transfer import decode_transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 40
MAX_PARTS = 2000
MAX_HEADER_BYTES = 1 << 20
MAX_FIELDS = 2000
MAX_FIELD_BYTES = 128 * 1024

_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n|\r[ \t]*\r(?!\n)")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:(.*)", re.DOTALL)
_FIRST_DELIMITER = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?$", re.MULTILINE)


@dataclass(slots=True)
class RawPart:
    """One part: its fields as bytes, its body as it came, and the parts in it."""

    fields: list[tuple[str, bytes]]
    body: bytes = b""
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list[RawPart] = field(default_factory=list)

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
        part = RawPart(read_fields(head), body)
        _set_type(part, default)
        if part.media_type.startswith("multipart/") and depth < MAX_DEPTH:
            self._cut(part, depth)
        return part

    def _cut(self, part: RawPart, depth: int) -> None:
        pieces = list(_pieces(part.body, part.parameters.get("boundary", ""), self._left))
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        for piece in pieces:
            if self._left <= 0:
                return
            part.children.append(self.part(piece, depth=depth + 1, default=default))
        if not pieces and part.body.strip():
            # No delimiter at all: what is there is shown as text rather than lost.
            part.media_type = "text/plain"


def _set_type(part: RawPart, default: str) -> None:
    # Of several fields the first that says something counts.
    for value in part.get_all("content-type"):
        media_type, part.parameters = decode_params(value.decode("utf-8", "surrogateescape"))
        if "/" in media_type:
            part.media_type = media_type
            return
    part.media_type = default


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Cut at the first blank line, or before the first line that can be no header."""
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw[raw.index(b"\n") + 1 :]
    position = 0
    seen = False
    for match in _LINE.finditer(raw, 0, MAX_HEADER_BYTES):
        line = match[0]
        if not line.strip(b"\r\n"):
            return raw[: match.start()], raw[match.end() :]
        if line[:1] not in b" \t" and not _FIELD.match(line):
            return (raw[:position], raw[match.start() :]) if seen else (b"", raw)
        seen = True
        position = match.end()
    return raw[:position], raw[position:]


def read_fields(head: bytes) -> list[tuple[str, bytes]]:
    """Give the fields of a header block in order, folded as they came, names in lower case."""
    fields: list[tuple[str, list[bytes]]] = []
    for match in _LINE.finditer(head):
        line = match[0]
        if not line:
            continue
        if line[:1] in b" \t" and fields:
            if len(fields[-1][1]) < MAX_FIELDS:
                fields[-1][1].append(line)
        elif len(fields) < MAX_FIELDS and (found := _FIELD.match(line)):
            fields.append((found[1].decode("ascii").lower(), [found[2]]))
    return [(name, b"".join(lines)[:MAX_FIELD_BYTES].strip(b"\r\n \t")) for name, lines in fields]


def _pieces(body: bytes, boundary: str, limit: int) -> Iterator[bytes]:
    """Give what stands between the delimiters; a missing closing one is no loss."""
    name = boundary.encode("utf-8", "surrogateescape").rstrip()
    if not name:
        found = _FIRST_DELIMITER.search(body)
        if found is None:
            return
        name = found[1]
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
