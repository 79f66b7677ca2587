"""What the loader needs besides blocks: tables built as they come, and inline styles read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont

from app.ui.compose import formats

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCharFormat, QTextCursor

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(px|pt)\b")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_PX_PER_PT = 4 / 3
_MIN_PX, _MAX_PX = 8, 72


class TableBuilder:
    """A table that grows by rows and cells while its HTML is read."""

    def __init__(self, cursor: QTextCursor, *, is_fresh: bool) -> None:
        self._cursor = cursor
        if not is_fresh:
            cursor.movePosition(cursor.MoveOperation.EndOfBlock)
        self._table = cursor.insertTable(1, 1, formats.table_format())
        self._row = -1
        self._column = -1

    def start_row(self) -> None:
        """Begin the next row."""
        self._row += 1
        self._column = -1
        if self._row >= self._table.rows():
            self._table.appendRows(1)

    def start_cell(self) -> None:
        """Begin the next cell and put the cursor into it."""
        if self._row < 0:
            self.start_row()
        self._column += 1
        if self._column >= self._table.columns():
            self._table.appendColumns(1)
        cell = self._table.cellAt(self._row, self._column)
        self._cursor.setPosition(cell.firstCursorPosition().position())

    def leave(self) -> bool:
        """Put the cursor behind the table; say whether the block there is still empty."""
        self._cursor.setPosition(self._table.lastPosition() + 1)
        return not self._cursor.block().text()


def style_value(style: str, name: str) -> str:
    """Give one value of an inline style, or nothing."""
    for piece in style.split(";"):
        key, colon, value = piece.partition(":")
        if colon and key.strip().lower() == name:
            return value.strip().lower() if name != "font-family" else value.strip()
    return ""


def apply_style(made: QTextCharFormat, values: dict[str, str]) -> None:
    """Take colour, size, family, weight and decoration from the attributes of an element."""
    style = values.get("style", "")
    color = _color(style_value(style, "color") or values.get("color", ""))
    if color is not None:
        made.setForeground(color)
    background = _color(style_value(style, "background-color"))
    if background is not None:
        made.setBackground(background)
    size_px = _size_px(style_value(style, "font-size"))
    if size_px:
        made.setProperty(made.Property.FontPixelSize, size_px)
    family = style_value(style, "font-family") or values.get("face", "")
    if family:
        made.setFontFamilies([name.strip(" '\"") for name in family.split(",") if name.strip()])
    weight = style_value(style, "font-weight")
    if weight:
        is_bold = weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= 600)
        made.setFontWeight(QFont.Weight.Bold if is_bold else QFont.Weight.Normal)
    if style_value(style, "font-style") == "italic":
        made.setFontItalic(True)
    decoration = style_value(style, "text-decoration") or style_value(style, "text-decoration-line")
    if "underline" in decoration:
        made.setFontUnderline(True)
    if "line-through" in decoration:
        made.setFontStrikeOut(True)


def _color(text: str) -> QColor | None:
    found = _RGB.fullmatch(text)
    if found:
        return QColor(*(min(255, int(part)) for part in found.groups()))
    color = QColor(text) if text and text != "transparent" else QColor()
    return color if color.isValid() else None


def _size_px(text: str) -> int:
    found = _LENGTH.match(text)
    if not found:
        return 0
    size = float(found[1]) * (_PX_PER_PT if found[2] == "pt" else 1)
    return round(max(_MIN_PX, min(size, _MAX_PX)))
