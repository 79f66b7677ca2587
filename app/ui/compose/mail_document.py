"""A document that loads nothing: pictures are those of the message itself, links get their colour.

What it draws from the theme never becomes part of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
)

from app.ui.compose import formats

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QTextEdit

    from app.ui.theme import Theme

MARGIN = 22


class MailDocument(QTextDocument):
    """A document of one message. `pictures` are images by Content-ID."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setDocumentMargin(MARGIN)
        self.setIndentWidth(24)
        self.pictures: dict[str, QImage] = {}

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Give a picture of this message; nothing else is ever looked for, near or far."""
        del kind
        text = name.toString() if isinstance(name, QUrl) else name
        return self.pictures.get(text.removeprefix("cid:")) if text.startswith("cid:") else None

    def add_picture(self, content_id: str, image: QImage) -> None:
        """Have a picture shown wherever the text refers to it."""
        self.pictures[content_id] = image
        self.addResource(
            QTextDocument.ResourceType.ImageResource.value, QUrl(f"cid:{content_id}"), image
        )
        self.markContentsDirty(0, self.characterCount())


class LinkPainter(QSyntaxHighlighter):
    """Shows links in the colour of the theme, without writing that colour into the text."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        """Colour the links of one block."""
        if not text:
            return
        block = self.currentBlock()
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            form = fragment.charFormat()
            if form.isAnchor():
                shown = QTextCharFormat()
                shown.setForeground(QColor(self._theme.tokens.accent))
                shown.setFontUnderline(True)
                self.setFormat(fragment.position() - block.position(), fragment.length(), shown)
            iterator += 1


def paint_quote_bars(editor: QTextEdit, colour: str) -> None:
    """Draw the bars of quotes, which Qt's documents do not have, over the visible text."""
    document, viewport = editor.document(), editor.viewport()
    painter = QPainter(viewport)
    layout = document.documentLayout()
    shift = editor.verticalScrollBar().value()
    block = editor.cursorForPosition(viewport.rect().topLeft()).block()
    while block.isValid():
        box = layout.blockBoundingRect(block).translated(0, -shift)
        if box.top() > viewport.height():
            return
        for level in range(formats.quote_level(block.blockFormat())):
            x = int(document.documentMargin() + level * formats.QUOTE_STEP_PX)
            painter.fillRect(x, int(box.top()) - 5, 2, int(box.height()) + 10, QColor(colour))
        block = block.next()


def losses(html: str) -> list[str]:
    """Name what plain text cannot keep of our markup."""
    marks = {
        "pictures": ("<img",),
        "links": ("<a ",),
        "tables": ("<table",),
        "formatting": ("<b>", "<i>", "<u>", "<s>", "<span", "<h1", "<h2", "<h3", "<h4"),
    }
    return [name for name, tags in marks.items() if any(tag in html for tag in tags)]
