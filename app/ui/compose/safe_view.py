"""Shows a stranger's message that was made safe. Loads nothing; links ask the system only on a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QTextBrowser

from app.mime.html.policy import safe_link
from app.ui.widgets import look

if TYPE_CHECKING:
    from app.ui.theme import Theme


class SafeView(QTextBrowser):
    """A browser without a network."""

    def __init__(self, *, theme: Theme, name: str, label: str) -> None:
        super().__init__()
        self._theme = theme
        self._html = ""
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setFrameShape(QFrame.Shape.NoFrame)
        look(self, plain="true")
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_link)
        self.document().setDocumentMargin(0)
        theme.changed.connect(self._paint)

    def show_html(self, html: str) -> None:
        """Show sanitised HTML."""
        self._html = html
        self._paint()

    def _paint(self) -> None:
        tokens = self._theme.tokens
        self.document().setDefaultStyleSheet(
            f"a {{ color: {tokens.accent}; }} p {{ margin: 0 0 6px 0; }}"
        )
        self.setHtml(self._html)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Load nothing."""
        del kind, name
        return None

    @staticmethod
    def _on_link(url: QUrl) -> None:
        if safe_link(url.toString()):
            QDesktopServices.openUrl(url)
