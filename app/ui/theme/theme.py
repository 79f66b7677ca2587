"""The theme in force: follows the system or is forced light or dark. Lives on the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.ui.icons import Colours, IconSet
from app.ui.theme.stylesheet import build_stylesheet
from app.ui.theme.tokens import DARK, LIGHT, TEXT_PX, Tokens

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon, QPixmap

CHOICES = ("system", "light", "dark")


class Theme(QObject):
    """Tokens and icons of the present looks; `changed` is emitted after every switch.

    Widgets that paint themselves read `tokens` in their paint events, others need nothing: the
    style sheet and the palette of the application are replaced.
    """

    changed = Signal()

    def __init__(self, *, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self._icons = IconSet()
        self.tokens: Tokens = self._resolve()
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> str:
        """Give what was asked for: system, light or dark."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Follow the system, or force light or dark."""
        self._choice = choice if choice in CHOICES else "system"
        self._update()

    def apply(self, app: QApplication) -> None:
        """Give the whole application these looks."""
        app.setStyle(QStyleFactory.create("Fusion"))
        font = QFont(app.font())
        font.setPixelSize(TEXT_PX)
        app.setFont(font)
        app.setPalette(_palette(self.tokens))
        app.setStyleSheet(build_stylesheet(self.tokens))

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """Give an icon of resources/icons, tinted by a token; `tone` may be any colour token."""
        tokens = self.tokens
        return self._icons.icon(name, Colours(tokens.tone(tone), tokens.accent, tokens.faint))

    def pixmap(self, name: str, tone: str = "muted", size: int = 16) -> QPixmap:
        """Give one icon as a picture, sharp on the present screen."""
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        return self._icons.picture(name, self.tokens.tone(tone), size, ratio)

    def _resolve(self) -> Tokens:
        if self._choice != "system":
            return DARK if self._choice == "dark" else LIGHT
        scheme = QGuiApplication.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT

    def _on_system_changed(self) -> None:
        if self._choice == "system":
            self._update()

    def _update(self) -> None:
        tokens = self._resolve()
        if tokens is self.tokens:
            return
        self.tokens = tokens
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.apply(app)
        self.changed.emit()


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.background,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.raised,
        role.Text: tokens.text,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.faint,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Mid: tokens.line,
        role.Light: tokens.raised,
        role.Midlight: tokens.line_faint,
        role.Dark: tokens.line,
        role.BrightText: tokens.danger,
        role.Accent: tokens.accent,
    }
    palette = QPalette()
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, name, QColor(tokens.faint))
    return palette
