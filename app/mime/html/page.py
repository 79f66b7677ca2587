"""Lines of plain text as they come out of HTML: folding white space, margins, wrapping.

Pure; knows no element. `HELD_SPACE` stands for a space that must neither fold nor break.
"""

from __future__ import annotations

import re
import textwrap

# NUL never comes out of a parser, so it can mark what is ours.
HELD_SPACE = "\x00"
NO_MARGIN, NEW_LINE, BLANK_LINE = 0, 1, 2

_BLANKS = str.maketrans("\t\n\r\f", "    ")
_RUN = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" ?\n ?")
_PREFIX = re.compile(r"((?:>+ ?)?)( *)((?:\* |[0-9a-zA-Z]{1,6}\. +)?)")


class Page:
    """Collects words into lines, and lines with their margins."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._margin = NO_MARGIN

    def add_text(self, text: str) -> None:
        """Add words of the current line; white space in them folds."""
        self._words.append(text.translate(_BLANKS))

    def add_preformatted(self, text: str) -> None:
        """Add text whose spaces and line ends stay."""
        text = text.replace("\r\n", "\n").expandtabs(8)
        self._words.append(text.replace(" ", HELD_SPACE))

    def add_break(self) -> None:
        """End the current line."""
        self._words.append("\n")

    def part(self, margin: int) -> None:
        """Start a new block with at least this margin to the one before."""
        self._flush()
        self._margin = max(self._margin, margin)

    def add_lines(self, lines: list[str], margin: int) -> None:
        """Add finished lines as a block of their own."""
        self.part(margin)
        if lines:
            self._put(lines)
            self._margin = max(margin, NEW_LINE)

    def finished(self) -> list[str]:
        """Return all lines so far."""
        self._flush()
        return self._lines

    def _flush(self) -> None:
        if not self._words:
            return
        text = _RUN.sub(" ", "".join(self._words))
        self._words.clear()
        if "\n" not in text:
            if text := text.strip(" "):
                self._put([text])
            return
        lines = _AROUND_BREAK.sub("\n", text).strip(" ").split("\n")
        if not lines[-1]:
            lines.pop()
        self._put(lines)

    def _put(self, lines: list[str]) -> None:
        if self._lines and self._margin == BLANK_LINE:
            self._lines.append("")
        self._margin = NO_MARGIN
        self._lines += lines


def wrap_line(line: str, width: int) -> list[str]:
    """Break a line between words; quote marks are repeated and list items stay indented."""
    if len(line) <= width or HELD_SPACE in line:
        return [line]
    match = _PREFIX.match(line)
    first = match[0] if match else ""
    rest = (match[1] + match[2] + " " * len(match[3])) if match else ""
    return textwrap.wrap(
        line[len(first) :],
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    ) or [line]


def trimmed(lines: list[str]) -> list[str]:
    """Drop blank lines at both ends, and hold those inside to two in a row."""
    out: list[str] = []
    blanks = 0
    for line in lines:
        if line.strip(" \xa0" + HELD_SPACE):
            out += [""] * (min(blanks, 2) if out else 0)
            blanks = 0
            out.append(line)
        else:
            blanks += 1
    return out
