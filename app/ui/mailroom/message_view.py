"""Shows a frozen message as it goes out. Loads nothing from anywhere; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QTextBrowser, QVBoxLayout, QWidget

from app.domain.texts import plural
from app.ui.theme.tokens import DOCUMENT_PX
from app.ui.widgets import label, line, look

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail


class _Page(QTextBrowser):
    """A browser that fetches nothing and follows nothing."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Give nothing: pictures of a message are not fetched for looking at it."""
        del kind, name
        return None


class MessageView(QDialog):
    """One sent or waiting message."""

    def __init__(self, record: OutboundEmail, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("message_view")
        self.setWindowTitle(record.subject or "Message")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 620)
        self._page = _Page()
        self._page.setObjectName("message_view.body")
        self._page.setAccessibleName("Text of the message")
        self._page.setOpenLinks(False)
        self._page.setFrameShape(QFrame.Shape.NoFrame)
        self._page.document().setDocumentMargin(20)
        look(self._page, plain="true")
        font = self._page.font()
        font.setPixelSize(DOCUMENT_PX)
        self._page.setFont(font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(_head(record))
        layout.addWidget(line())
        layout.addWidget(self._page, 1)
        look(self, surface="surface")
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def show_text(self, text: str) -> None:
        """Show the plain text."""
        self._page.setPlainText(text)

    def show_html(self, html: str) -> None:
        """Show HTML that was made safe."""
        self._page.setHtml(html)


def _head(record: OutboundEmail) -> QFrame:
    envelope = record.envelope
    head = QFrame()
    look(head, surface="raised")
    box = QVBoxLayout(head)
    box.setContentsMargins(20, 16, 20, 12)
    box.setSpacing(3)
    box.addWidget(label(record.subject or "(no subject)", wrap=True, size="title"))
    named = (("To", envelope.to), ("Cc", envelope.cc), ("Bcc", envelope.bcc))
    lines = [f"From {envelope.sender.format()}"]
    lines += [f"{name} {', '.join(map(str, people))}" for name, people in named if people]
    files = record.message.content.attachments
    if files:
        lines.append(f"{plural(len(files), 'file')}: {', '.join(one.filename for one in files)}")
    for text in lines:
        shown = label(text, wrap=True, tone="muted")
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box.addWidget(shown)
    return head
