"""What the loader needs besides blocks: tables built as they come, letters and styles read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextFormat, QTextImageFormat

from app.ui.compose import formats

if TYPE_CHECKING:
    from PySide6.QtGui import QTextBlockFormat, QTextCursor

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(px|pt)\b")
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")
_PX_PER_PT = 4 / 3
_MIN_PX, _MAX_PX = 8, 72


_BOLD = frozenset({"b", "strong", "th"})
_ITALIC = frozenset({"i", "em", "cite", "dfn", "var"})
_UNDERLINE = frozenset({"u", "ins"})
_STRIKE = frozenset({"s", "strike", "del"})
_CODE = frozenset({"code", "tt", "kbd", "samp"})


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


def styled(base: QTextCharFormat, tag: str, values: dict[str, str]) -> QTextCharFormat:
    """Give the letters inside an element, from those around it."""
    made = QTextCharFormat(base)
    if tag in _BOLD:
        made.setFontWeight(QFont.Weight.Bold)
    elif tag in _ITALIC:
        made.setFontItalic(True)
    elif tag in _UNDERLINE:
        made.setFontUnderline(True)
    elif tag in _STRIKE:
        made.setFontStrikeOut(True)
    elif tag in _CODE or tag == "pre":
        made.merge(formats.code_char_format())
    elif tag == "a" and values.get("href"):
        made.setAnchor(True)
        made.setAnchorHref(values["href"])
    elif tag in {"sup", "sub"}:
        where = QTextCharFormat.VerticalAlignment
        made.setVerticalAlignment(where.AlignSuperScript if tag == "sup" else where.AlignSubScript)
    elif tag[0] == "h" and tag[1:].isdigit():
        made.merge(formats.heading_char_format(min(int(tag[1:]), formats.MAX_HEADING)))
    if tag in {"span", "font"} or tag in _BOLD | _ITALIC:
        apply_style(made, values)
    return made


def picture_format(values: dict[str, str]) -> QTextImageFormat:
    """Give the format of a picture of this message."""
    made = QTextImageFormat()
    made.setName(values.get("src", ""))
    made.setProperty(QTextFormat.Property.ImageAltText, values.get("alt", ""))
    for name, setter in (("width", made.setWidth), ("height", made.setHeight)):
        number = values.get(name, "").removesuffix("px")
        if number.isdigit() and int(number):
            setter(float(number))
    return made


def direct(made: QTextBlockFormat, *, align: str, rtl: bool) -> None:
    """Set direction and alignment of a block."""
    if rtl:
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    alignment = formats.ALIGNMENTS.get(align.lower())
    if alignment is not None and align.lower() != "left":
        made.setAlignment(alignment)
