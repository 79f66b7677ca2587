"""Pieces the pages are built of: a page, a card, a row with its label, text that is cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QPainter
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme.tokens import SMALL_PX
from app.ui.widgets import label, line, look, surface

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

LABEL_WIDTH = 150
FIELD_WIDTH = 360
STACK_BELOW = 420


class Elided(QLabel):
    """One line that ends in … where there is no room; the whole is its tooltip."""

    def __init__(self, text: str = "", *, name: str = "", **properties: str) -> None:
        super().__init__(text)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        look(self, **properties)

    def minimumSizeHint(self) -> QSize:
        """Ask for next to nothing."""
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        del event
        painter = QPainter(self)
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        self.setToolTip(self.text() if shown != self.text() else "")
        self.style().drawItemText(
            painter,
            room,
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()


class Page(QScrollArea):
    """A page that scrolls down, never across."""

    def __init__(self, title: str, *, name: str, about: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        inner = QWidget()
        look(inner, surface="background")
        self.box = QVBoxLayout(inner)
        self.box.setContentsMargins(24, 20, 24, 20)
        self.box.setSpacing(14)
        self.box.addWidget(label(title, size="title"))
        if about:
            self.box.addWidget(label(about, tone="muted", wrap=True))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inner)


class Row(QWidget):
    """A name, what it sets, and below it what is to be said; one above the other if it is narrow."""

    def __init__(self, text: str, field: QWidget | QBoxLayout, *, about: str = "") -> None:
        super().__init__()
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._across.setContentsMargins(16, 12, 16, 12)
        self._across.setSpacing(8)
        name = label(text)
        name.setFixedWidth(LABEL_WIDTH)
        name.setFixedHeight(28)
        self._across.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        self.column = QVBoxLayout()
        self.column.setSpacing(6)
        if isinstance(field, QWidget):
            name.setBuddy(field)
            field.setMaximumWidth(FIELD_WIDTH)
            self.column.addWidget(field, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self.column.addLayout(field)
        self.note = label(about, tone="muted", size="small", wrap=True)
        self.note.setVisible(bool(about))
        self.column.addWidget(self.note)
        self._across.addLayout(self.column, 1)

    def say(self, text: str) -> None:
        """Say something below the field."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def minimumSizeHint(self) -> QSize:
        """Ask for what it needs when they stand above each other."""
        widest = max(LABEL_WIDTH, self.column.minimumSize().width())
        return QSize(widest + 32, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand above each other where there is no room beside."""
        super().resizeEvent(event)
        narrow = self.width() < STACK_BELOW
        way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._across.direction() != way:
            self._across.setDirection(way)
            self._across.setSpacing(2 if narrow else 8)


def card(*rows: QWidget, name: str = "") -> QFrame:
    """Put rows into a card, with hairlines between them."""
    made = surface("card", name=name)
    box = QVBoxLayout(made)
    box.setContentsMargins(1, 1, 1, 1)
    box.setSpacing(0)
    for number, row in enumerate(rows):
        if number:
            box.addWidget(line("h-faint"))
        box.addWidget(row)
    return made


def fixed_font() -> object:
    """Give the system's font of even width, in the small size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(SMALL_PX)
    return font


def forced_note(origin: str) -> str:
    """Say why a setting cannot be changed here."""
    if origin == "flag":
        return "Set by the command Postrider was started with; it holds until the next start."
    return f"Set by the variable {origin.partition(' ')[2]}; change it there."
