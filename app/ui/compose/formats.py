"""The few block and character formats a mail may have, shared by loader, serializer and format bar.

What a block is (paragraph, heading, quote, code, rule) is kept in its format, so that undo, copy
and paste carry it. Nothing here knows HTML.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextListFormat,
    QTextTableFormat,
)

from app.mime.html.markup import MONOSPACE_FAMILY

if TYPE_CHECKING:
    from PySide6.QtGui import QTextBlock, QTextCursor, QTextList, QTextTable

KIND = QTextFormat.Property.UserProperty.value + 1
QUOTE_LEVEL = QTextFormat.Property.BlockQuoteLevel
RULE = QTextFormat.Property.BlockTrailingHorizontalRulerWidth
QUOTE_STEP_PX = 16
MAX_QUOTE_LEVEL = 8
MAX_LIST_LEVEL = 8
MAX_HEADING = 4
# Word and Gmail write 24 px and more for their "large"; what is larger is no text any more.
SIZES_PX = {"Small": 12, "Normal": 0, "Large": 18, "Huge": 24}


class Kind(IntEnum):
    """What a block is besides its heading level."""

    TEXT = 0
    CODE = 1
    RULE = 2


def block_format(*, kind: Kind = Kind.TEXT, heading: int = 0, quote: int = 0) -> QTextBlockFormat:
    """Give the format of a block outside lists."""
    made = QTextBlockFormat()
    made.setTopMargin(14 if heading else 0 if kind is Kind.CODE else 9)
    made.setBottomMargin(4 if heading else 0 if kind is Kind.CODE else 9)
    made.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if heading:
        made.setHeadingLevel(heading)
    if kind is not Kind.TEXT:
        made.setProperty(KIND, int(kind))
    if kind is Kind.RULE:
        made.setProperty(RULE, QTextLength(QTextLength.Type.PercentageLength, 100))
    set_quote_level(made, quote)
    return made


def item_format(*, quote: int = 0) -> QTextBlockFormat:
    """Give the format of a list item."""
    made = block_format(quote=quote)
    made.setTopMargin(3)
    made.setBottomMargin(3)
    return made


def set_quote_level(made: QTextBlockFormat, level: int) -> None:
    """Put a block `level` quotes deep."""
    level = max(0, min(level, MAX_QUOTE_LEVEL))
    if level:
        made.setProperty(QUOTE_LEVEL, level)
    else:
        made.clearProperty(QUOTE_LEVEL)
    made.setLeftMargin(level * QUOTE_STEP_PX)


def quote_level(made: QTextBlockFormat) -> int:
    """Say how many quotes deep a block is."""
    return made.intProperty(QUOTE_LEVEL)


def kind_of(made: QTextBlockFormat) -> Kind:
    """Say what a block is."""
    return Kind(made.intProperty(KIND))


def list_format(*, ordered: bool, level: int) -> QTextListFormat:
    """Give the format of a list at this depth (1 is the outermost)."""
    made = QTextListFormat()
    style = QTextListFormat.Style
    made.setStyle(style.ListDecimal if ordered else style.ListDisc)
    made.setIndent(max(1, min(level, MAX_LIST_LEVEL)))
    return made


def is_ordered(made: QTextListFormat) -> bool:
    """Say whether a list counts."""
    return made.style().value <= QTextListFormat.Style.ListDecimal.value


def list_of(block: QTextBlock) -> QTextList | None:
    """Give the list a block is an item of (Qt's stubs do not say that there may be none)."""
    return block.textList()


def table_at(cursor: QTextCursor) -> QTextTable | None:
    """Give the table a cursor is in, if any."""
    return cursor.currentTable()


def heading_char_format(level: int) -> QTextCharFormat:
    """Give the letters of a heading; level 0 gives plain ones."""
    made = QTextCharFormat()
    if level:
        made.setFontWeight(QFont.Weight.DemiBold)
        made.setProperty(QTextFormat.Property.FontSizeAdjustment, max(0, 3 - level))
    return made


def code_char_format() -> QTextCharFormat:
    """Give letters of one width."""
    made = QTextCharFormat()
    families = [name.strip(" '") for name in MONOSPACE_FAMILY.split(",")]
    made.setFontFamilies(["DejaVu Sans Mono", "Noto Sans Mono", *families])
    made.setFontFixedPitch(True)
    return made


def table_format() -> QTextTableFormat:
    """Give the bordered table people expect in a mail."""
    made = QTextTableFormat()
    made.setBorder(1)
    made.setBorderCollapse(True)
    # Halfway between the themes, since it is part of the document; it is not sent.
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorderBrush(QColor("#98a1b2"))
    made.setCellPadding(6)
    made.setCellSpacing(0)
    made.setTopMargin(6)
    made.setBottomMargin(6)
    made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    return made


def alignment_name(made: QTextBlockFormat) -> str:
    """Give `center`, `right`, `justify` or nothing."""
    alignment = made.alignment()
    if alignment & Qt.AlignmentFlag.AlignHCenter:
        return "center"
    if alignment & Qt.AlignmentFlag.AlignRight:
        return "right"
    return "justify" if alignment & Qt.AlignmentFlag.AlignJustify else ""


ALIGNMENTS = {
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
    "justify": Qt.AlignmentFlag.AlignJustify,
    "left": Qt.AlignmentFlag.AlignLeft,
}
