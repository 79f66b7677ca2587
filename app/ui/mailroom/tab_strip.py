"""Tabs with a count beside the name. Names and counts only; knows no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QTabBar

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from app.ui.theme import Theme

MOST = 99
HEIGHT = 46
GAP = 24
BADGE_GAP = 7
BADGE_HEIGHT = 17
BADGE_PX = 11
UNDERLINE = 2


class TabStrip(QTabBar):
    """A tab bar whose tabs may carry a badge. Painted here: a style sheet cannot place badges."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts: dict[int, str] = {}
        self.setObjectName("mailroom.tabs")
        self.setAccessibleName("Lists")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        theme.changed.connect(self.update)

    def set_count(self, index: int, count: int) -> None:
        """Show a count, or none if it is zero."""
        text = "" if not count else str(count) if count <= MOST else f"{MOST}+"
        if text == self.count_text(index):
            return
        self._counts[index] = text
        self.setAccessibleTabName(index, f"{self.tabText(index)} {text}".strip())
        # The only public way to have the tabs measured again.
        self.setTabText(index, self.tabText(index))
        self.updateGeometry()

    def count_text(self, index: int) -> str:
        """Give what the badge says."""
        return self._counts.get(index, "")

    def tabSizeHint(self, index: int) -> QSize:
        """Give room for name, badge and the gap to the next tab."""
        width = QFontMetrics(self._strong()).horizontalAdvance(self.tabText(index))
        badge = self.count_text(index)
        return QSize(width + (self._badge_width(badge) + BADGE_GAP if badge else 0) + GAP, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, badges and the line under the chosen tab."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(self.count()):
            self._paint_tab(painter, index, self.tabRect(index))
        painter.end()

    def _paint_tab(self, painter: QPainter, index: int, rect: QRect) -> None:
        tokens = self._theme.tokens
        is_current = index == self.currentIndex()
        name, badge = self.tabText(index), self.count_text(index)
        font = self._strong() if is_current else QFont(self.font())
        tone = tokens.text if is_current else tokens.muted
        if is_current and self.hasFocus():
            tone = tokens.accent
        painter.setFont(font)
        painter.setPen(QColor(tone))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter), name)
        right = rect.left() + QFontMetrics(font).horizontalAdvance(name)
        if badge:
            right = self._paint_badge(painter, badge, right + BADGE_GAP, rect)
        if is_current:
            line = QRect(rect.left(), rect.bottom() - UNDERLINE + 1, right - rect.left(), UNDERLINE)
            painter.fillRect(line, QColor(tokens.accent))

    def _paint_badge(self, painter: QPainter, text: str, left: int, rect: QRect) -> int:
        tokens = self._theme.tokens
        width = self._badge_width(text)
        top = rect.center().y() - BADGE_HEIGHT / 2 + 1
        pill = QRectF(left, top, width, BADGE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line_faint))
        painter.drawRoundedRect(pill, BADGE_HEIGHT / 2, BADGE_HEIGHT / 2)
        painter.setFont(self._small())
        painter.setPen(QColor(tokens.text))
        painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), text)
        return left + width

    def _badge_width(self, text: str) -> int:
        return max(BADGE_HEIGHT + 4, QFontMetrics(self._small()).horizontalAdvance(text) + 12)

    def _strong(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _small(self) -> QFont:
        font = self._strong()
        font.setPixelSize(BADGE_PX)
        return font
