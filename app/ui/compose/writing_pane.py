"""The text with the quoted original close beneath it, as it will stand in the mail.

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
    """Editor, quote and the rest of the page."""

    def __init__(self, *, editor: BodyEditor, quote: QuoteBlock) -> None:
        super().__init__()
        self._editor = editor
        self._quote = quote
        self._rest = _Rest(editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(editor, 1000)
        column.addWidget(quote)
        column.addWidget(self._rest, 1)
        self._rest.hide()
        for document in (editor.rich, editor.plain):
            document.documentLayout().documentSizeChanged.connect(self._fit)
        quote.installEventFilter(self)
        quote.opened.connect(self._fit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the quote's coming and going."""
        if event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self, *_size: object) -> None:
        has_quote = not self._quote.isHidden()
        self._rest.setVisible(has_quote)
        if not has_quote:
            self._editor.setMaximumHeight(_NO_LIMIT)
            return
        needs = max(_MIN_EDITOR, round(self._editor.document().size().height()) + 2)
        if needs != self._editor.maximumHeight():
            self._editor.setMaximumHeight(needs)
        self._quote.set_room(self.height() - min(needs, self.height() // 2))
