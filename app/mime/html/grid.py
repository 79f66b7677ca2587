"""Tables laid out in columns of plain text.

Pure; works on cells that are already lines of text. Spans follow the table model of the HTML Living
Standard §4.9.12, bounded so that a forged span costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.mime.html.page import HELD_SPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 2
MAX_COLUMNS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: its lines, how far it spans, and how it stands in its place."""

    lines: list[str]
    columns: int = 1
    rows: int = 1
    align: str = "left"
    valign: str = "top"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    cell: Cell
    row: int
    column: int

    @property
    def last_row(self) -> int:
        return self.row + self.cell.rows - 1

    @property
    def last_column(self) -> int:
        return self.column + self.cell.columns - 1


def lay_out(rows: Sequence[Sequence[Cell]], *, max_width: int) -> list[str] | None:
    """Return the table as lines, or None if it is one column or wider than `max_width`."""
    placed = _place(rows)
    if placed is None:
        return None
    columns = max((p.last_column + 1 for p in placed), default=0)
    used = sorted({p.column for p in placed if p.cell.lines})
    if len(used) <= 1 or columns > MAX_COLUMNS:
        return None
    widths = _sizes(
        [(p.column, p.last_column, max(map(len, p.cell.lines), default=0)) for p in placed],
        columns,
        GAP,
    )
    if sum(widths) + GAP * (columns - 1) > max_width:
        return None
    heights = _sizes([(p.row, p.last_row, len(p.cell.lines)) for p in placed], len(rows), 0)
    return _draw(placed, widths, heights)


def _place(rows: Sequence[Sequence[Cell]]) -> list[_Placed] | None:
    """Give each cell its column, past those that cells of rows above hold (None: too many)."""
    placed: list[_Placed] = []
    held_until: dict[int, int] = {}
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while held_until.get(column, 0) > number:
                column += 1
            fitted = _fitted(cell, len(rows) - number)
            placed.append(_Placed(cell=fitted, row=number, column=column))
            for taken in range(column, column + fitted.columns):
                held_until[taken] = number + fitted.rows
            column += fitted.columns
            if column > MAX_COLUMNS * 4:
                return None
    return placed


def _fitted(cell: Cell, rows_left: int) -> Cell:
    if cell.columns == 1 and cell.rows == 1:
        return cell
    return replace(
        cell,
        columns=max(1, min(cell.columns, MAX_COLUMNS)),
        rows=max(1, min(cell.rows, rows_left)),
    )


def _sizes(spans: list[tuple[int, int, int]], count: int, gap: int) -> list[int]:
    """Return the size of each track, given (first, last, needed) of the cells on them."""
    sizes = [0] * count
    for first, last, needed in spans:
        if first == last:
            sizes[first] = max(sizes[first], needed)
    for first, last, needed in sorted(spans, key=lambda span: span[1]):
        if first < last:
            missing = needed - sum(sizes[first : last + 1]) - gap * (last - first)
            sizes[last] += max(0, missing)
    return sizes


def _draw(placed: list[_Placed], widths: list[int], heights: list[int]) -> list[str]:
    tops = _starts(heights, 0)
    lefts = _starts(widths, GAP)
    canvas: list[list[tuple[int, str]]] = [[] for _ in range(sum(heights))]
    for p in placed:
        height = sum(heights[p.row : p.last_row + 1])
        width = sum(widths[p.column : p.last_column + 1]) + GAP * (p.cell.columns - 1)
        top = tops[p.row] + _offset(p.cell.valign, height - len(p.cell.lines))
        lefts_in = _indents(p.cell, width)
        for number, line in enumerate(p.cell.lines):
            left = lefts[p.column] + lefts_in[number]
            canvas[top + number].append((left, line))
    return [_joined(pieces) for pieces in canvas]


def _indents(cell: Cell, width: int) -> list[int]:
    """Return how far each line moves in; what is laid out already moves as one block."""
    if cell.align not in ("right", "center"):
        return [0] * len(cell.lines)
    sizes = [len(line) for line in cell.lines]
    if any(HELD_SPACE in line for line in cell.lines):
        sizes = [max(sizes)] * len(sizes)
    return [_offset(cell.align, width - size) for size in sizes]


def _starts(sizes: list[int], gap: int) -> list[int]:
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size + gap)
    return starts


def _offset(align: str, spare: int) -> int:
    match align:
        case "right" | "bottom":
            return max(0, spare)
        case "center" | "middle":
            return max(0, (spare + 1) // 2)
        case _:
            return 0


def _joined(pieces: list[tuple[int, str]]) -> str:
    line = ""
    for left, text in sorted(pieces, key=lambda piece: piece[0]):
        line = line.ljust(left) + text
    return line.replace(" ", HELD_SPACE)
