"""A window of its own that looks like a card. Only its looks; what is in it is its owner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QStyle, QStyleOption, QWidget

from app.ui.widgets import look

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class PopupCard(QFrame):
    """A frame with round corners and nothing behind them."""

    def __init__(self, parent: QWidget, flags: Qt.WindowType) -> None:
        super().__init__(parent, flags)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        look(self, surface="card")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card: Qt draws no style sheet behind a translucent window."""
        del event
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
