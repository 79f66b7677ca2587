"""Rows of a delimited text. Pure. One broken row costs that row, not those behind it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEPARATORS = ",;\t|"
# A cell of more lines than this is a quote that was never closed.
_LONGEST_ROW_LINES = 200
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_HINT = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SNIFFED_LINES = 20


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row; `number` is what a spreadsheet shows beside it, `fault` a reason code."""

    number: int
    cells: Sequence[str]
    fault: str = ""


def find_separator(text: str) -> str:
    """Give the separator that the first rows agree on best; a comma if none does."""
    lines = text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES]
    hint = _HINT.fullmatch(lines[0]) if lines else None
    if hint:
        return hint[1]
    bare = [_QUOTED.sub("", line) for line in lines if line.strip()]
    best, best_score = ",", 0.0
    for mark in SEPARATORS:
        counts = [line.count(mark) for line in bare]
        if not counts or not counts[0]:
            continue
        agreeing = Counter(counts)[counts[0]] / len(counts)
        score = agreeing * (1 + min(counts[0], 50) / 100)
        if score > best_score:
            best, best_score = mark, score
    return best


def read_rows(text: str, separator: str) -> Iterator[TableRow]:
    """Give every row that is not blank, the heading included."""
    source = _Lines(text.replace("\0", ""))
    number = 0
    if source.peek() and _HINT.fullmatch(source.peek().strip("\r\n")):
        # A line for Excel that it does not show.
        next(source)
    while True:
        begins_at = source.position
        reader = csv.reader(source, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            for cells in reader:
                if source.position - begins_at > _LONGEST_ROW_LINES:
                    break
                number += 1
                begins_at = source.position
                if any(cell and not cell.isspace() for cell in cells):
                    yield TableRow(number, cells)
            else:
                return
        except csv.Error:
            pass
        number += 1
        yield TableRow(number, (), "open_quote")
        # Strict reading stops at the first quote out of place; the next line is a row again.
        source.position = begins_at + 1


class _Lines:
    """Lines that can be gone back to."""

    def __init__(self, text: str) -> None:
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.position = 0

    def peek(self) -> str:
        return self._lines[self.position] if self.position < len(self._lines) else ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.position >= len(self._lines):
            raise StopIteration
        line = self._lines[self.position]
        self.position += 1
        return line + "\n"
