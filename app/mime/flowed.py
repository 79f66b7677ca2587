"""text/plain; format=flowed (RFC 3676): wrapping paragraphs so that readers can unwrap them.

Pure. Works on decoded text; charset and transfer encoding are others' work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SIGNATURE = "-- "
# A line that must look as it does when unwrapped is never longer than this (RFC 5322 §2.1.1: 998).
MAX_LINE = 998

_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_WORDS = re.compile(r" *[^ ]* ?")


@dataclass(frozen=True, slots=True)
class _Line:
    depth: int
    text: str
    is_stuffed: bool = False

    def shown(self) -> str:
        """Return the line with its quote marks, as readers without format=flowed write it."""
        if not self.depth:
            return self.text
        return ">" * self.depth + (f" {self.text}" if self.text or self.is_stuffed else "")


def deflow(text: str, delsp: bool) -> str:  # noqa: FBT001 - the parameter's name on the wire
    """Return `text` with flowed lines joined into paragraphs (RFC 3676 §4.1, §4.2).

    Args:
        text: the body as received.
        delsp: the DelSp parameter: the space that marks a soft break is no part of the text.

    Quote marks stay, as `>>` and a space; space-stuffing goes; line ends become those of the first
    line. A paragraph never joins lines of different quote depth (§4.5), a signature separator joins
    with nothing (§4.3).
    """
    end = found[0] if (found := _LINE_ENDS.search(text)) else "\n"
    out: list[str] = []
    pending: _Line | None = None
    parts: list[str] = []
    for line in map(_read, _LINE_ENDS.split(text)):
        if pending and (pending.depth != line.depth or line.text == SIGNATURE):
            out.append(_joined(pending, parts))
            pending = None
        if pending is None:
            pending, parts = line, []
        is_flowed = line.text.endswith(" ") and line.text != SIGNATURE
        parts.append(line.text[:-1] if is_flowed and delsp else line.text)
        if not is_flowed:
            out.append(_joined(pending, parts))
            pending = None
    if pending:
        out.append(_joined(pending, parts))
    return end.join(out)


def _joined(first: _Line, parts: list[str]) -> str:
    return _Line(first.depth, "".join(parts), first.is_stuffed).shown()


def _read(raw: str) -> _Line:
    text = raw.lstrip(">")
    is_stuffed = text.startswith(" ")
    return _Line(len(raw) - len(text), text[1:] if is_stuffed else text, is_stuffed)


def flow(text: str, *, width: int = 72, delsp: bool = False) -> str:
    """Return `text` as format=flowed lines of about `width` characters.

    Each line of `text` is a paragraph; leading `>` marks are its quote depth. Words longer than the
    width stay whole unless `delsp`, where they break anywhere past `MAX_LINE`. Spaces at the end of
    a paragraph go: they would join it with the next (RFC 3676 §4.2), except in the signature
    separator `-- `.
    """
    out: list[str] = []
    for paragraph in _LINE_ENDS.split(text):
        out += _flow_paragraph(paragraph, width, delsp=delsp)
    return "\n".join(out)


def _flow_paragraph(paragraph: str, width: int, *, delsp: bool) -> list[str]:
    body = paragraph.lstrip(">")
    depth = len(paragraph) - len(body)
    if depth:
        body = body.removeprefix(" ")
    if body != SIGNATURE:
        body = body.rstrip(" ")
    marks = ">" * depth
    room = max(width - len(marks) - 2, 10)
    return [marks + _stuffed(line, depth) for line in _break(body, room, delsp=delsp)]


def _stuffed(line: str, depth: int) -> str:
    """Put the space before a line that needs one (RFC 3676 §4.4); quoted text always has one."""
    if (depth and line) or line.startswith((" ", ">", "From ")):
        return f" {line}"
    return line


def _break(body: str, room: int, *, delsp: bool) -> list[str]:
    if len(body) <= room or body == SIGNATURE:
        return [body]
    lines: list[str] = []
    current = ""
    for word in _WORDS.findall(body):
        # A line of spaces, or one that reads as a signature separator, would not survive.
        if current and len(current) + len(word.rstrip(" ")) > room and _may_end(current):
            lines.append(current)
            current = ""
        current += word
    if current or not lines:
        lines.append(current)
    if not delsp:
        return lines
    return [*(f"{line} " for line in lines[:-1]), lines[-1]]


def _may_end(line: str) -> bool:
    return line.endswith(" ") and bool(line.strip(" ")) and line != SIGNATURE
