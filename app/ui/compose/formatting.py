"""What the format bar and the keys do to the text: each function is one step of undo.

Works on a QTextEdit's cursor; knows no widget of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat

from app.ui.compose import formats
from app.ui.compose.formats import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QTextEdit

COLOURS = {
    "Grey": "#667085",
    "Red": "#b42318",
    "Orange": "#b54708",
    "Green": "#067647",
    "Blue": "#2f5bea",
    "Purple": "#7a52c7",
}


def merge(editor: QTextEdit, changes: QTextCharFormat) -> None:
    """Change the letters of the selection, or of what is typed next."""
    cursor = editor.textCursor()
    if cursor.hasSelection():
        cursor.mergeCharFormat(changes)
    editor.mergeCurrentCharFormat(changes)


def set_bold(editor: QTextEdit, on: bool) -> None:
    """Switch bold."""
    changes = QTextCharFormat()
    changes.setFontWeight(QFont.Weight.Bold if on else QFont.Weight.Normal)
    merge(editor, changes)


def set_italic(editor: QTextEdit, on: bool) -> None:
    """Switch italic."""
    changes = QTextCharFormat()
    changes.setFontItalic(on)
    merge(editor, changes)


def set_underline(editor: QTextEdit, on: bool) -> None:
    """Switch underline."""
    changes = QTextCharFormat()
    changes.setFontUnderline(on)
    merge(editor, changes)


def set_strike(editor: QTextEdit, on: bool) -> None:
    """Switch strike-through."""
    changes = QTextCharFormat()
    changes.setFontStrikeOut(on)
    merge(editor, changes)


def set_colour(editor: QTextEdit, colour: str) -> None:
    """Colour letters; an empty text gives back the reader's own colour."""
    _set_property(
        editor,
        QTextFormat.Property.ForegroundBrush,
        lambda form: form.setForeground(QColor(colour)) if colour else None,
    )


def set_size(editor: QTextEdit, size_px: int) -> None:
    """Set the size of letters in px; 0 is the normal one."""
    prop = QTextFormat.Property.FontPixelSize
    _set_property(editor, prop, lambda form: form.setProperty(prop, size_px) if size_px else None)


def _set_property(editor: QTextEdit, prop: QTextFormat.Property, change: object) -> None:
    """Replace one property fragment by fragment: merging cannot take one away."""
    cursor = editor.textCursor()
    for piece in _fragments(cursor):
        form = piece.charFormat()
        form.clearProperty(prop)
        change(form)  # type: ignore[operator]
        piece.setCharFormat(form)
    current = editor.currentCharFormat()
    current.clearProperty(prop)
    change(current)  # type: ignore[operator]
    editor.setCurrentCharFormat(current)


def _fragments(cursor: QTextCursor) -> list[QTextCursor]:
    """Select each equally formatted run of a selection."""
    if not cursor.hasSelection():
        return []
    first, last = cursor.selectionStart(), cursor.selectionEnd()
    found = []
    for block in blocks(cursor):
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            start = max(first, fragment.position())
            end = min(last, fragment.position() + fragment.length())
            if start < end:
                piece = QTextCursor(cursor)
                piece.setPosition(start)
                piece.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                found.append(piece)
            iterator += 1
    return found


def blocks(cursor: QTextCursor) -> Iterator[QTextBlock]:
    """Give the blocks a selection touches."""
    document = cursor.document()
    block = document.findBlock(cursor.selectionStart())
    last = document.findBlock(cursor.selectionEnd())
    while block.isValid():
        yield block
        if block == last:
            return
        block = block.next()


def clear(editor: QTextEdit) -> None:
    """Give plain letters in plain paragraphs; pictures and links stay, as text does."""
    cursor = editor.textCursor()
    if not cursor.hasSelection():
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
    cursor.beginEditBlock()
    for piece in _fragments(cursor):
        old = piece.charFormat()
        if old.isImageFormat():
            continue
        made = QTextCharFormat()
        if old.isAnchor():
            made.setAnchor(True)
            made.setAnchorHref(old.anchorHref())
        piece.setCharFormat(made)
    for block in list(blocks(cursor)):
        set_block(block, kind=Kind.TEXT, heading=0, quote=0)
    cursor.endEditBlock()
    editor.setCurrentCharFormat(QTextCharFormat())


# --- blocks ------------------------------------------------------------------------------------


def set_block(block: QTextBlock, *, kind: Kind, heading: int, quote: int | None = None) -> None:
    """Make a block a paragraph, a heading or code; it leaves its list."""
    cursor = QTextCursor(block)
    old = block.blockFormat()
    items = formats.list_of(block)
    if items is not None:
        items.remove(block)
    level = formats.quote_level(old) if quote is None else quote
    made = formats.block_format(kind=kind, heading=heading, quote=level)
    if old.hasProperty(QTextFormat.Property.BlockAlignment) and kind is Kind.TEXT:
        made.setAlignment(old.alignment())
    made.setLayoutDirection(old.layoutDirection())
    cursor.setBlockFormat(made)
    if heading or old.headingLevel() or kind is Kind.CODE or formats.kind_of(old) is Kind.CODE:
        letters = (
            formats.code_char_format()
            if kind is Kind.CODE
            else formats.heading_char_format(heading)
        )
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        if cursor.hasSelection():
            cursor.setCharFormat(letters)
        cursor.setBlockCharFormat(letters)


def set_style(editor: QTextEdit, *, kind: Kind = Kind.TEXT, heading: int = 0) -> None:
    """Make the paragraphs of the selection what is asked for."""
    cursor = editor.textCursor()
    cursor.beginEditBlock()
    for block in list(blocks(cursor)):
        set_block(block, kind=kind, heading=heading)
    cursor.endEditBlock()
    letters = (
        formats.code_char_format() if kind is Kind.CODE else formats.heading_char_format(heading)
    )
    if not editor.textCursor().hasSelection():
        editor.setCurrentCharFormat(letters)


def set_alignment(editor: QTextEdit, alignment: Qt.AlignmentFlag) -> None:
    """Align the paragraphs."""
    editor.setAlignment(alignment)


def set_link(editor: QTextEdit, href: str, text: str) -> None:
    """Make the selection a link, or insert one; an empty address takes the link away."""
    cursor = editor.textCursor()
    cursor.beginEditBlock()
    if not href:
        for piece in _fragments(cursor):
            form = piece.charFormat()
            form.setAnchor(False)
            form.clearProperty(QTextFormat.Property.AnchorHref)
            piece.setCharFormat(form)
    else:
        form = QTextCharFormat()
        form.setAnchor(True)
        form.setAnchorHref(href)
        if cursor.hasSelection() and cursor.selectedText() == text:
            cursor.mergeCharFormat(form)
        else:
            whole = QTextCharFormat(cursor.charFormat())
            whole.merge(form)
            cursor.insertText(text or href, whole)
    cursor.endEditBlock()
    after = editor.currentCharFormat()
    after.setAnchor(False)
    after.clearProperty(QTextFormat.Property.AnchorHref)
    cursor.setPosition(cursor.selectionEnd())
    editor.setTextCursor(cursor)
    editor.setCurrentCharFormat(after)


def select_link(cursor: QTextCursor) -> str:
    """Select the whole link the cursor is in, if any; give its address."""
    block = cursor.block()
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        start, end = fragment.position(), fragment.position() + fragment.length()
        if fragment.charFormat().isAnchor() and start <= cursor.position() <= end:
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            return fragment.charFormat().anchorHref()
        iterator += 1
    return ""


def insert_table(editor: QTextEdit, rows: int, columns: int) -> None:
    """Insert a bordered table and put the cursor into its first cell."""
    cursor = editor.textCursor()
    if formats.table_at(cursor) is not None:
        return
    table = cursor.insertTable(rows, columns, formats.table_format())
    editor.setTextCursor(table.cellAt(0, 0).firstCursorPosition())
