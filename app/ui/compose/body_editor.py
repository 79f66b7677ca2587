"""The text of a mail: formatted or plain, with pasting, pictures and keys. Loads nothing from outside.

Two documents stand behind it. Going plain shows a second one, so that the formatted one, undo
history included, is there to come back to. Nothing here knows the draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QImage,
    QKeySequence,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
)
from PySide6.QtWidgets import QApplication, QFrame, QTextEdit, QWidget

from app.ui.compose import formats, loader, typing_rules
from app.ui.compose.mail_document import LinkPainter, MailDocument, paint_quote_bars
from app.ui.compose.pictures import MAX_WIDTH
from app.ui.compose.serializer import serialize
from app.ui.theme.tokens import DOCUMENT_PX
from app.ui.widgets import look

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QKeyEvent, QPaintEvent

    from app.ui.theme import Theme

# Cleaning this much and putting it in takes a frame; more is done on a worker, by slices.
_LARGE_CHARACTERS = 16_000
_PNG = "image/png"
_UNDO = QKeySequence.StandardKey.Undo
_PASTE = QKeySequence.StandardKey.Paste


class BodyEditor(QTextEdit):
    """The editor. `edited` follows every change of text; reading it out is the caller's to time."""

    edited = Signal()
    picture_pasted = Signal(object)
    markup_pasted = Signal(str, str)
    files_pasted = Signal(list)
    plain_left = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._is_loading = False
        self._is_monospace = False
        self.generation = 0
        self.rich = MailDocument(self)
        self.plain = MailDocument(self)
        self.setObjectName("composer.body")
        self.setAccessibleName("Message text")
        self.setFrameShape(QFrame.Shape.NoFrame)
        look(self, plain="true")
        self._set_fonts()
        self.setDocument(self.rich)
        self._links = LinkPainter(self.rich, theme)
        self.rich.contentsChanged.connect(self._on_contents)
        self.plain.contentsChanged.connect(self._on_contents)
        self._plain_as_made = ""
        theme.changed.connect(self.viewport().update)

    # --- what it holds -------------------------------------------------------------------------

    @property
    def is_plain(self) -> bool:
        """Say whether the plain document is the one written in."""
        return self.document() is self.plain

    def html(self) -> str:
        """Write the formatted document out."""
        return serialize(self.rich)

    def text(self) -> str:
        """Give the plain document's text."""
        return self.plain.toPlainText().replace("\u2029", "\n")

    def load_html(self, html: str) -> None:
        """Show this markup of ours; nothing to undo."""
        self._is_loading = True
        self.generation += 1
        loader.load(self.rich, html)
        if not html:
            QTextCursor(self.rich).setBlockFormat(formats.block_format())
            self.rich.clearUndoRedoStacks()
        self._show(self.rich)
        self._is_loading = False

    def load_text(self, text: str) -> None:
        """Show this plain text; nothing to undo."""
        self._is_loading = True
        self.plain.setPlainText(text)
        self._show(self.plain)
        self._is_loading = False

    def _show(self, document: QTextDocument) -> None:
        self.setDocument(document)
        self.setAcceptRichText(document is self.rich)

    def _on_contents(self) -> None:
        if not self._is_loading:
            self.edited.emit()

    # --- plain and back ------------------------------------------------------------------------

    def go_plain(self, text: str) -> None:
        """Write on in plain text; the formatted document waits."""
        self._plain_as_made = text
        self.load_text(text)
        self.edited.emit()

    def go_rich(self, html_of_text: str) -> None:
        """Write on formatted: where it was left if the plain text is untouched, else from `html`."""
        untouched = self.text() == self._plain_as_made and not self.rich.isEmpty()
        self._show(self.rich)
        if not untouched:
            cursor = QTextCursor(self.rich)
            cursor.beginEditBlock()
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.removeSelectedText()
            cursor.setBlockFormat(formats.block_format())
            loader.insert(cursor, html_of_text)
            cursor.endEditBlock()
        self.edited.emit()

    def set_monospace(self, on: bool) -> None:
        """Show plain text in letters of one width."""
        self._is_monospace = on
        self._set_fonts()

    def _set_fonts(self) -> None:
        """Documents are set larger than the interface around them."""
        font = QFont(self.font())
        font.setPixelSize(DOCUMENT_PX)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPixelSize(DOCUMENT_PX)
        self.rich.setDefaultFont(font)
        self.plain.setDefaultFont(fixed if self._is_monospace else font)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the size of documents when the interface gets another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._is_loading, was_loading = True, self._is_loading
            self._set_fonts()
            self._is_loading = was_loading

    # --- putting things in ---------------------------------------------------------------------

    def insert_html(self, html: str) -> None:
        """Insert cleaned markup at the cursor."""
        cursor = self.textCursor()
        loader.insert(cursor, html)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def append_html(self, html: str) -> None:
        """Insert cleaned markup at the end, as one step of undo."""
        cursor = QTextCursor(self.rich)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        if not self.rich.isEmpty():
            cursor.insertBlock(formats.block_format())
        loader.insert(cursor, html)
        cursor.endEditBlock()

    def append_text(self, text: str) -> None:
        """Insert text at the end of the plain document, as one step of undo."""
        cursor = QTextCursor(self.plain)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)

    def insert_picture(
        self, content_id: str, image: QImage, alt: str, cursor: QTextCursor | None = None
    ) -> None:
        """Put a picture of the message in, no wider than a mail is read."""
        self.rich.add_picture(content_id, image)
        (cursor or self.textCursor()).insertImage(_picture_format(content_id, image, alt))

    def paste_plain(self) -> None:
        """Paste without formatting."""
        self._insert_text(QApplication.clipboard().text())

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Take text, markup, pictures and files."""
        return source.hasText() or source.hasHtml() or source.hasImage() or source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste or drop: files and pictures become attachments, markup is cleaned first."""
        paths = local_files(source)
        if paths:
            self.files_pasted.emit(paths)
        elif source.hasImage() and not source.hasText():
            self.picture_pasted.emit(picture_in(source))
        elif source.hasHtml() and not self.is_plain:
            self._insert_markup(source.html(), source.text())
        else:
            self._insert_text(source.text())

    def _insert_markup(self, html: str, text: str) -> None:
        """Clean it first; little at once, so that keys typed after it find it there."""
        if len(html) > _LARGE_CHARACTERS:
            self.markup_pasted.emit(html, text)
            return
        from app.mime.html.paste import clean_paste

        self.insert_html(clean_paste(html))

    def _insert_text(self, text: str) -> None:
        self.textCursor().insertText(text.replace("\r\n", "\n").replace("\r", "\n"))
        self.ensureCursorVisible()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy clean markup and text, nothing of Qt's own."""
        data = QMimeData()
        selection = self.textCursor().selection()
        data.setText(selection.toPlainText().replace("\xa0", " "))
        if not self.is_plain:
            piece = QTextDocument()
            QTextCursor(piece).insertFragment(selection)
            data.setHtml(serialize(piece))
        return data

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Leave files to the window, which takes them anywhere."""
        event.ignore() if local_files(event.mimeData()) else super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Leave files to the window."""
        event.ignore() if local_files(event.mimeData()) else super().dragMoveEvent(event)

    # --- keys ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply the rules of typing before Qt's."""
        if event.matches(_UNDO) and self.is_plain and not self.plain.isUndoAvailable():
            self.plain_left.emit()
            return
        if event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab} and self._on_tab(event):
            return
        if self.is_plain or not self._on_special_key(event):
            if not self.is_plain and event.text():
                typing_rules.leave_link(self)
            super().keyPressEvent(event)

    def _on_tab(self, event: QKeyEvent) -> bool:
        """Indent or walk cells; elsewhere Tab leaves the text, so that nobody is caught in it."""
        if event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            return False
        back = event.key() == Qt.Key.Key_Backtab or bool(event.modifiers())
        if self.is_plain or not typing_rules.on_tab(self, back=back):
            # QTextEdit keeps the focus unless Tab never writes; ours does in lists and tables.
            QWidget.focusNextPrevChild(self, not back)
        return True

    def _on_special_key(self, event: QKeyEvent) -> bool:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        held = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if held:
            return False
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if not shift:
                return typing_rules.on_return(self)
            case Qt.Key.Key_Backspace:
                return typing_rules.on_backspace(self)
            case Qt.Key.Key_Space:
                return typing_rules.on_space(self)
            case _:
                return False

    # --- looks ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text, then the bars of quotes, which Qt's documents do not have."""
        super().paintEvent(event)
        if self.is_plain:
            return
        paint_quote_bars(self, self._theme.tokens.faint)


def _picture_format(content_id: str, image: QImage, alt: str) -> QTextImageFormat:
    form = QTextImageFormat()
    form.setName(f"cid:{content_id}")
    form.setProperty(form.Property.ImageAltText, alt)
    scale = min(1.0, MAX_WIDTH / max(1, image.width()))
    form.setWidth(max(1, round(image.width() * scale)))
    form.setHeight(max(1, round(image.height() * scale)))
    return form


def local_files(data: QMimeData) -> list[str]:
    """Give the paths of dropped or pasted files; web addresses are no files."""
    if not data.hasUrls():
        return []
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def picture_in(data: QMimeData) -> QImage | bytes:
    """Give a dropped or pasted picture, undecoded if it came as a file of one."""
    if data.hasFormat(_PNG):
        return bytes(data.data(_PNG).data())
    return QImage(data.imageData())
