"""Paints the two-line cells and knows where their links are. Reads rows, changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.mailroom.model import ROW_ROLE
from app.ui.mailroom.rows import Row
from app.ui.theme.tokens import SMALL_PX

if TYPE_CHECKING:
    from app.domain.texts import Action
    from app.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
PAD_X = 16
PAD_Y = 11
LINK_GAP = 14
MARK = 14
MOST_HEIGHTS = 2000
DOT = 9
_WRAP = Qt.TextFlag.TextWordWrap
STATE, MESSAGE, FROM, WHY = range(4)


@dataclass(frozen=True, slots=True)
class Link:
    """An action's words and where they stand."""

    action: Action
    rect: QRect


@dataclass(frozen=True, slots=True)
class Fonts:
    """The three fonts of a row with their measures."""

    plain: QFont
    strong: QFont
    small: QFont

    @classmethod
    def of(cls, base: QFont) -> Fonts:
        """Derive them from the view's font."""
        strong, small = QFont(base), QFont(base)
        strong.setWeight(QFont.Weight.DemiBold)
        small.setPixelSize(SMALL_PX)
        return cls(QFont(base), strong, small)


class RowDelegate(QStyledItemDelegate):
    """Two lines a cell; the last column wraps and ends with links."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.hovered: tuple[str, Action] | None = None
        self._fonts: Fonts | None = None
        self._heights: dict[tuple[str, bool, int], int] = {}

    def _fonts_of(self, base: QFont) -> Fonts:
        """Give the fonts, made once for each font of the view: every cell of every frame asks."""
        if self._fonts is None or self._fonts.plain != base:
            self._fonts = Fonts.of(base)
            self._heights.clear()
        return self._fonts

    # --- measures ---

    def row_height(self, row: Row, why_width: int, base: QFont) -> int:
        """Give the height a row needs when its last column has this width."""
        fonts = self._fonts_of(base)
        # Few rows say anything of their own: measuring words is the slow part of a long list.
        key = (row.words.why, bool(row.words.actions), why_width)
        if key not in self._heights:
            if len(self._heights) >= MOST_HEIGHTS:
                self._heights.clear()
            self._heights[key] = self._measure(row, why_width, fonts)
        return self._heights[key]

    def _measure(self, row: Row, why_width: int, fonts: Fonts) -> int:
        plain, small = QFontMetrics(fonts.plain), QFontMetrics(fonts.small)
        two_lines = plain.height() + small.height() + 3
        why = self._why_rect(row, QRect(0, 0, why_width, 1000), plain).height()
        links = plain.height() + 3 if row.words.actions else 0
        return max(two_lines, why + links) + 2 * PAD_Y

    def links(self, row: Row, cell: QRect, base: QFont) -> list[Link]:
        """Give the links of a row's last cell."""
        metrics = QFontMetrics(base)
        why = self._why_rect(row, cell, metrics)
        x, y = cell.left() + PAD_X, why.bottom() + 4
        found = []
        for action in row.words.actions:
            width = metrics.horizontalAdvance(action.label)
            found.append(Link(action, QRect(x, y, width, metrics.height())))
            x += width + LINK_GAP
        return found

    def link_at(self, row: Row, cell: QRect, base: QFont, point: QPoint) -> Action | None:
        """Give the action under a point."""
        for link in self.links(row, cell, base):
            if link.rect.adjusted(-4, -3, 4, 3).contains(point):
                return link.action
        return None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give the size of a cell."""
        row = index.data(ROW_ROLE)
        width = option.rect.width()
        return QSize(width, self.row_height(row, width, option.font))

    def _why_rect(self, row: Row, cell: QRect, metrics: QFontMetrics) -> QRect:
        room = QRect(cell.left() + PAD_X, cell.top() + PAD_Y, cell.width() - 2 * PAD_X, 400)
        return metrics.boundingRect(room, int(_WRAP), row.words.why)

    # --- painting ---

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, Row):
            return
        tokens = self._theme.tokens
        rect: QRect = option.rect
        state = option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        fonts = self._fonts_of(option.font)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, QColor(tokens.accent_soft if is_selected else tokens.surface))
        painter.setPen(QColor(tokens.line_faint))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        match index.column():
            case 0:
                self._paint_state(painter, rect, row, fonts)
            case 1:
                self._two_lines(painter, rect, (row.title, row.subtitle), fonts, strong=True)
            case 2:
                self._paint_from(painter, rect, row, fonts)
            case _:
                self._paint_why(painter, rect, row, fonts)
        painter.restore()

    def _paint_state(self, painter: QPainter, rect: QRect, row: Row, fonts: Fonts) -> None:
        words = row.words
        height = QFontMetrics(fonts.strong).height()
        top = rect.top() + PAD_Y + (height - MARK) // 2
        painter.drawPixmap(
            rect.left() + PAD_X, top, self._theme.pixmap(words.mark, words.tone, MARK)
        )
        lines = (words.state, words.state_detail)
        tone = self._theme.tokens.tone(words.tone)
        self._two_lines(painter, rect, lines, fonts, strong=True, tone=tone, first_indent=MARK + 5)

    def _paint_from(self, painter: QPainter, rect: QRect, row: Row, fonts: Fonts) -> None:
        indent = 0
        if row.provider:
            height = QFontMetrics(fonts.plain).height()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.tokens.provider(row.provider)))
            top = rect.top() + PAD_Y + (height - DOT) // 2
            painter.drawEllipse(rect.left() + PAD_X, top, DOT, DOT)
            indent = DOT + 6
        lines = (row.address, row.provider_label)
        if not row.address:
            lines = (row.provider_label, "")
        self._two_lines(painter, rect, lines, fonts, first_indent=indent)

    def _paint_why(self, painter: QPainter, rect: QRect, row: Row, fonts: Fonts) -> None:
        tokens = self._theme.tokens
        painter.setFont(fonts.plain)
        painter.setPen(QColor(tokens.text))
        why = self._why_rect(row, rect, QFontMetrics(fonts.plain))
        painter.drawText(why, int(_WRAP), row.words.why)
        for link in self.links(row, rect, fonts.plain):
            font = QFont(fonts.plain)
            font.setUnderline(self.hovered == (row.uid, link.action))
            painter.setFont(font)
            painter.setPen(QColor(tokens.accent))
            painter.drawText(link.rect, 0, link.action.label)

    def _two_lines(  # noqa: PLR0913  one cell in one call
        self,
        painter: QPainter,
        rect: QRect,
        lines: tuple[str, str],
        fonts: Fonts,
        *,
        strong: bool = False,
        tone: str = "",
        first_indent: int = 0,
    ) -> None:
        tokens = self._theme.tokens
        top = rect.top() + PAD_Y
        looks = (
            (lines[0], fonts.strong if strong else fonts.plain, tone or tokens.text, first_indent),
            (lines[1], fonts.small, tokens.muted, 0),
        )
        for text, font, colour, indent in looks:
            metrics = QFontMetrics(font)
            left = rect.left() + PAD_X + indent
            line = QRect(left, top, rect.right() - PAD_X - left, metrics.height())
            painter.setFont(font)
            painter.setPen(QColor(colour))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, 0, shown)
            top += metrics.height() + 3
