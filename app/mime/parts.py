"""The tree of MIME parts of one message: built whole first, then written. Pure.

Bodies of attachments are not held: a leaf knows how to stream itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from app.mime.transfer import choose, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.mime.transfer import Sink

CRLF = b"\r\n"
# RFC 2046 §5.1.1, without the characters that would need thought about quoting.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=?]{1,60}")
_MAX_DRAWS = 16


@dataclass(slots=True)
class Leaf:
    """A part without parts: its header lines, and a body given or streamed."""

    head: bytes
    body: bytes = b""
    stream: Callable[[Sink], None] | None = None
    # Says whether a line of the streamed body, as it goes out, starts with one of these.
    collides: Callable[[Sequence[bytes]], bool] | None = None

    def write(self, sink: Sink) -> None:
        """Write header lines, blank line and body, without a line end at the end."""
        sink.write(self.head + CRLF)
        if self.stream is None:
            sink.write(self.body)
        else:
            self.stream(sink)

    def holds(self, delimiters: Sequence[bytes]) -> bool:
        """Say whether one of these delimiters stands in the body."""
        if self.collides is not None:
            return self.collides(delimiters)
        return any(delimiter in self.body for delimiter in delimiters)


@dataclass(slots=True)
class Multi:
    """A multipart of the given subtype."""

    subtype: str
    children: list[Part]
    parameters: str = ""
    boundary: str = field(default="", init=False)

    def write(self, sink: Sink) -> None:
        """Write header line, parts and closing delimiter."""
        delimiter = b"--" + self.boundary.encode("ascii")
        sink.write(self._head() + CRLF)
        for child in self.children:
            sink.write(delimiter + CRLF)
            child.write(sink)
            sink.write(CRLF)
        sink.write(delimiter + b"--" + CRLF)

    def _head(self) -> bytes:
        lines = [f"Content-Type: multipart/{self.subtype};", f' boundary="{self.boundary}"']
        if self.parameters:
            lines[1] += ";"
            lines.append(f" {self.parameters}")
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")


Part = Leaf | Multi


def text_leaf(subtype: str, body: bytes, parameters: str = "") -> Leaf:
    """Make a text part out of UTF-8 with CRLF line ends, in the encoding it needs."""
    encoding = choose(body)
    charset = "us-ascii" if body.isascii() else "utf-8"
    head = (
        f"Content-Type: text/{subtype}; charset={charset}{parameters}\r\n"
        f"Content-Transfer-Encoding: {encoding.value}\r\n"
    )
    return Leaf(head.encode("ascii"), encode(body, encoding))


def assign_boundaries(root: Part, draw: Callable[[], str]) -> None:
    """Give every multipart a boundary that occurs in no body and begins no other (RFC 2046 §5.1.1).

    `draw` gives candidates; one that does not do is drawn again, and a source that repeats itself
    is helped out with a number.

    Raises:
        ValueError: what was drawn is no boundary.
    """
    multis = [part for part in _walk(root) if isinstance(part, Multi)]
    leaves = [part for part in _walk(root) if isinstance(part, Leaf)]
    for attempt in range(_MAX_DRAWS):
        names = _names(len(multis), draw, attempt)
        delimiters = [b"--" + name.encode("ascii") for name in names]
        if not any(leaf.holds(delimiters) for leaf in leaves):
            for multi, name in zip(multis, names, strict=True):
                multi.boundary = name
            return
    raise ValueError("The boundary source gives nothing that is absent from the message.")


def _names(count: int, draw: Callable[[], str], attempt: int) -> list[str]:
    names = [draw() for _ in range(count)]
    for name in names:
        if not _BOUNDARY.fullmatch(name):
            raise ValueError(f"No boundary: {name!r}")
    ordered = sorted(names)
    begins_another = any(b.startswith(a) for a, b in pairwise(ordered))
    if attempt or begins_another:
        # With the number in front, none is the beginning of another.
        return [f"{attempt}.{number}.{name}" for number, name in enumerate(names)]
    return names


def _walk(part: Part) -> Iterator[Part]:
    yield part
    if isinstance(part, Multi):
        for child in part.children:
            yield from _walk(child)
