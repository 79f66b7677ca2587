"""Controls that a style sheet cannot draw well: a tick box and a list to choose from. Palette colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

BOX = 16
GAP = 8
STROKE = 1.7
CHEVRON = 16


class TickBox(QCheckBox):
    """A check box in the looks of the other controls."""

    def sizeHint(self) -> QSize:
        """Give room for box and words."""
        metrics = self.fontMetrics()
        width = (
            BOX + 4 + (GAP + metrics.horizontalAdvance(_shown(self.text())) if self.text() else 0)
        )
        return QSize(width + 6, max(BOX + 6, metrics.height() + 6))

    def minimumSizeHint(self) -> QSize:
        """Ask for the same: words are never cut."""
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        """Take a click anywhere."""
        return self.rect().contains(pos)  # type: ignore[call-overload, no-any-return]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw box, tick and words."""
        del event
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - BOX) / 2
        box = QRectF(0.8, top + 0.8, BOX - 1.6, BOX - 1.6)
        self._paint_box(painter, box)
        if self.isChecked():
            _paint_tick(painter, box, self._colour(QPalette.ColorRole.HighlightedText))
        words = QRect(BOX + GAP, 0, self.width() - BOX - GAP, self.height())
        painter.setPen(self._colour(QPalette.ColorRole.WindowText))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic
        painter.drawText(words, int(flags), self.text())
        painter.end()

    def _paint_box(self, painter: QPainter, box: QRectF) -> None:
        role = QPalette.ColorRole
        fill = self._colour(role.Accent if self.isEnabled() else role.Mid)
        edge = fill if self.isChecked() else self._colour(role.PlaceholderText)
        width = 1.0
        if self.hasFocus():
            edge, width = self._colour(role.Text if self.isChecked() else role.Accent), 1.6
        painter.setPen(QPen(edge, width))
        painter.setBrush(fill if self.isChecked() else self._colour(role.Base))
        painter.drawRoundedRect(box, 4, 4)

    def _colour(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)


class Chooser(QComboBox):
    """A combo box with a drawn arrow; long entries end in …, so that it may be narrow."""

    def __init__(self, *, name: str, accessible: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def minimumSizeHint(self) -> QSize:
        """Ask for little: entries are cut."""
        return QSize(120, super().minimumSizeHint().height())

    def wheelEvent(self, event: object) -> None:
        """Leave the wheel to the page: a setting is not changed by scrolling past it."""
        event.ignore()  # type: ignore[attr-defined]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, entry and arrow."""
        del event
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        role = QPalette.ColorRole.Text
        room = self.rect().adjusted(10, 0, -CHEVRON - 12, 0)
        text = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setPen(self.palette().color(role))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)
        _paint_chevron(painter, self.width() - CHEVRON - 2, self.height() / 2, option.palette)
        painter.end()


def _paint_tick(painter: QPainter, box: QRectF, colour: QColor) -> None:
    x, y = box.x(), box.y()
    painter.setPen(
        QPen(
            colour,
            STROKE,
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.RoundCap,
            Qt.PenJoinStyle.RoundJoin,
        )
    )
    painter.drawPolyline(
        QPolygonF(
            [QPointF(x + 3.3, y + 7.6), QPointF(x + 6.1, y + 10.3), QPointF(x + 11.1, y + 4.5)]
        )
    )


def _paint_chevron(painter: QPainter, x: float, middle: float, palette: QPalette) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = palette.color(QPalette.ColorRole.PlaceholderText)
    painter.setPen(QPen(colour, STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(
        QPolygonF([QPointF(x, middle - 2), QPointF(x + 4, middle + 2), QPointF(x + 8, middle - 2)])
    )


def _shown(text: str) -> str:
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
