"""Shows a stranger's message that was made safe. Links ask the system only on a click.

Loads nothing: the only pictures are those of the message itself that it was given.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import unquote

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
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
        self._pictures: dict[str, QImage] = {}
        # For what is not here (yet): Qt would draw the sign of a broken picture.
        self._blank = QImage(1, 1, QImage.Format.Format_ARGB32)
        self._blank.fill(Qt.GlobalColor.transparent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setFrameShape(QFrame.Shape.NoFrame)
        look(self, plain="true")
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_link)
        self.document().setDocumentMargin(0)
        theme.changed.connect(self._paint)

    def show_html(self, markup: str) -> None:
        """Show sanitised HTML."""
        self._html = markup
        self._paint()

    def add_picture(self, content_id: str, image: QImage) -> None:
        """Show a picture of the message wherever the text refers to it."""
        self._pictures[content_id] = image
        if f"cid:{content_id}" in unquote(html.unescape(self._html)):
            self._paint()

    def _paint(self) -> None:
        tokens = self._theme.tokens
        self.document().setDefaultStyleSheet(
            f"a {{ color: {tokens.accent}; }} p {{ margin: 0 0 6px 0; }}"
        )
        self.setHtml(self._html)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Give a picture of this message, or a blank; nothing else is looked for, near or far."""
        text = unquote(name.toString() if isinstance(name, QUrl) else name)
        scheme, _, content_id = text.partition(":")
        if kind != QTextDocument.ResourceType.ImageResource.value or scheme.lower() != "cid":
            return None
        return self._pictures.get(content_id, self._blank)

    @staticmethod
    def _on_link(url: QUrl) -> None:
        if safe_link(url.toString()):
            QDesktopServices.openUrl(url)
