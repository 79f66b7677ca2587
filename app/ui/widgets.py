"""Small pieces every window is built of: labels, buttons, dots, lines. No behaviour of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent

    from app.ui.theme import Theme


def look(widget: QWidget, **properties: str) -> None:
    """Set style properties (role, tone, surface, …; see theme.stylesheet) and have them drawn."""
    for name, value in properties.items():
        # Every widget has a property `size` already, its extent.
        widget.setProperty("textSize" if name == "size" else name, value)
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # it is drawn by its properties when it is first shown
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def label(text: str = "", *, name: str = "", wrap: bool = False, **properties: str) -> QLabel:
    """Make a label of plain text."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(name)
    made.setWordWrap(wrap)
    if properties:
        look(made, **properties)
    return made


def button(
    text: str, *, name: str, clicked: Callable[[], object], role: str = "", tip: str = ""
) -> QPushButton:
    """Make a button with a verb on it."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: clicked())
    if role:
        look(made, role=role)
    if role == "link":
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


class IconButton(QToolButton):
    """A button that is an icon, redrawn when the theme changes."""

    def __init__(self, theme: Theme, icon: str) -> None:
        super().__init__()
        self._theme = theme
        self._icon_name = icon
        self.setIconSize(QSize(16, 16))
        self._on_theme_changed()
        theme.changed.connect(self._on_theme_changed)

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon_name = icon
        self._on_theme_changed()

    def _on_theme_changed(self) -> None:
        self.setIcon(self._theme.icon(self._icon_name))


def icon_button(
    theme: Theme, icon: str, *, name: str, tip: str, clicked: Callable[[], object] | None = None
) -> IconButton:
    """Make a button that is an icon; the tip (less a shortcut in brackets) is its accessible name."""
    made = IconButton(theme, icon)
    made.setObjectName(name)
    made.setToolTip(tip)
    made.setAccessibleName(tip.partition(" (")[0])
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


def line(kind: str = "h") -> QFrame:
    """Make a hairline: h, h-faint or v."""
    made = QFrame()
    look(made, line=kind)
    return made


def surface(kind: str, *, name: str = "") -> QFrame:
    """Make a plain area: background, surface, raised, card, bar or a notice."""
    made = QFrame()
    made.setObjectName(name)
    look(made, surface=kind)
    return made


class Dot(QWidget):
    """The round mark in a provider's colour."""

    def __init__(self, theme: Theme, provider: str, diameter: int = 9) -> None:
        super().__init__()
        self._theme = theme
        self._provider = provider
        self._diameter = diameter
        self.setFixedSize(diameter + 2, diameter + 2)

    def set_provider(self, provider: str) -> None:
        """Show another provider."""
        self._provider = provider
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.provider(self._provider)))
        painter.drawEllipse(1, 1, self._diameter, self._diameter)
