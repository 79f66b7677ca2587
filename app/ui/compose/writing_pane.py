"""The text with signature and quoted original close beneath it, as it will stand in the mail.

The editor is as high as its text, up to what the window gives; beyond that it scrolls by itself, so
that only what is visible is laid out and painted. Knows no draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QResizeEvent

    from app.ui.compose.body_editor import BodyEditor
    from app.ui.compose.quote_block import QuoteBlock
    from app.ui.compose.signature_block import SignatureBlock

_NO_LIMIT = 16_777_215  # QWIDGETSIZE_MAX
_MIN_EDITOR = 96


class _Rest(QWidget):
    """The empty space below; a click in it writes on at the end of the text."""

    def __init__(self, editor: BodyEditor) -> None:
        super().__init__()
        self._editor = editor
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the end of the text."""
        del event
        self._editor.moveCursor(QTextCursor.MoveOperation.End)
        self._editor.setFocus(Qt.FocusReason.MouseFocusReason)


class WritingPane(QWidget):
    """Editor, signature, quote and the rest of the page."""

    def __init__(self, *, editor: BodyEditor, signature: SignatureBlock, quote: QuoteBlock) -> None:
        super().__init__()
        self._editor = editor
        self._quote = quote
        self._signature = signature
        self._rest = _Rest(editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(editor, 1000)
        column.addWidget(signature)
        column.addWidget(quote)
        column.addWidget(self._rest, 1)
        self._rest.hide()
        for document in (editor.rich, editor.plain):
            document.documentLayout().documentSizeChanged.connect(self._fit)
        for below in (quote, signature):
            below.installEventFilter(self)
        quote.opened.connect(self._fit)
        signature.resized.connect(self._fit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the coming and going of what stands below."""
        if event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self, *_size: object) -> None:
        has_more = not (self._quote.isHidden() and self._signature.isHidden())
        self._rest.setVisible(has_more)
        if not has_more:
            self._editor.setMaximumHeight(_NO_LIMIT)
            return
        needs = max(_MIN_EDITOR, round(self._editor.document().size().height()) + 2)
        if needs != self._editor.maximumHeight():
            self._editor.setMaximumHeight(needs)
        signature = 0 if self._signature.isHidden() else self._signature.sizeHint().height()
        self._quote.set_room(self.height() - signature - min(needs, self.height() // 2))
