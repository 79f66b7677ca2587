"""A raw message cut into header fields and parts, whatever is wrong with it. Pure, never raises.

Bounded for hostile input: depth, number of parts and fields, size of header blocks. Parts are
places in the message; their octets are copied when asked for, so that nesting costs no memory.
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
_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)")
_LINE_ENDS = b"\r\n"
_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a message."""

    raw: bytes
    start: int
    end: int

    @property
    def octets(self) -> bytes:
        """Copy what stands there."""
        return self.raw[self.start : self.end]

    def within(self, start: int, end: int) -> Span:
        """Give a smaller place in the same message."""
        return Span(self.raw, start, max(start, end))


@dataclass(slots=True)
class RawPart:
    """One part: its fields as bytes, its body as it came, and the parts in it."""

    fields: list[tuple[str, bytes]]
    body: Span
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
        encoding = self.get("content-transfer-encoding") or b""
        return decode_transfer(self.body.octets, encoding)

    def walk(self) -> Iterator[RawPart]:
        """Give this part and all parts below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_parts(raw: bytes) -> RawPart:
    """Cut a message into its parts."""
    span = Span(raw, _start_of_header(raw), len(raw))
    return _Reader().part(span, depth=0, default="text/plain")


def _start_of_header(raw: bytes) -> int:
    """Pass blank lines and the mailbox line ("From x Tue …") above the header."""
    start = 0
    while raw[start : start + 1] in {b"\r", b"\n"}:
        start += 1
    if raw.startswith(b"\xef\xbb\xbf", start):
        start += 3
    if raw.startswith((b"From ", b">From "), start):
        end = raw.find(b"\n", start)
        start = end + 1 if end >= 0 else len(raw)
    return start


class _Reader:
    """Counts parts over the whole tree."""

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def part(self, span: Span, *, depth: int, default: str) -> RawPart:
        self._left -= 1
        head, body = split_head(span)
        part = RawPart(head.fields, body, stray=head.stray)
        _set_type(part, default)
        if part.media_type.startswith("multipart/") and depth < MAX_DEPTH:
            self._cut(part, depth)
        return part

    def _cut(self, part: RawPart, depth: int) -> None:
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        for piece in _pieces(part.body, part.parameters.get("boundary", ""), self._left):
            if self._left <= 0:
                return
            part.children.append(self.part(piece, depth=depth + 1, default=default))
        if not part.children:
            # No delimiter at all: readers show nothing then, and a person would want to see it.
            part.stray += part.body.octets


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


def split_head(span: Span) -> tuple[Head, Span]:
    """Cut at the first empty line; without any field before it there is no header."""
    end = body = min(span.end, span.start + MAX_HEADER_BYTES)
    for match in _LINE.finditer(span.raw, span.start, end):
        if match[0] in {b"\r\n", b"\n", b"\r"}:
            end, body = match.start(), match.end()
            break
    head = _read_head(span.raw, span.start, end)
    if not head.fields and end > span.start:
        return Head([]), span
    return head, span.within(body, span.end)


def _read_head(raw: bytes, start: int, end: int) -> Head:
    fields: list[tuple[str, list[bytes]]] = []
    stray: list[bytes] = []
    open_lines = stray
    for match in _LINE.finditer(raw, start, end):
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


def _pieces(body: Span, boundary: str, limit: int) -> Iterator[Span]:
    """Give what stands between the delimiters; a missing closing one is no loss."""
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    if not _occurs(body, delimiter):
        # Blanks at its end are no part of a boundary (RFC 2046 §5.1.1), but some writers put them.
        delimiter = delimiter.rstrip()
    if delimiter == b"--":
        return
    start = -1
    for line_start, line_end, is_closing in _delimiters(body, delimiter):
        if start >= 0:
            yield body.within(start, _before_line_end(body.raw, start, line_start))
            limit -= 1
        start = -1 if is_closing else line_end
        if is_closing or limit <= 0:
            return
    if start >= 0:
        yield body.within(start, body.end)


def _occurs(body: Span, delimiter: bytes) -> bool:
    at_start = body.raw.startswith(delimiter, body.start, body.end)
    return at_start or body.raw.find(b"\n" + delimiter, body.start, body.end) >= 0


def _delimiters(body: Span, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Give start and end of each delimiter line, and whether it is the closing one.

    Sought as bytes: a pattern would look at the beginning of each of a million lines of base64.
    """
    raw, end = body.raw, body.end
    at = raw.find(delimiter, body.start, end)
    while at >= 0:
        after = at + len(delimiter)
        found = _DELIMITER_TAIL.match(raw, after, end)
        if found is not None and (at == body.start or raw[at - 1] in _LINE_ENDS):
            yield at, found.end(), bool(found[1])
            after = found.end()
        at = raw.find(delimiter, after, end)


def _before_line_end(raw: bytes, start: int, end: int) -> int:
    # The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    if raw.endswith(b"\r\n", start, end):
        return end - 2
    return end - 1 if raw.endswith((b"\n", b"\r"), start, end) else end
