"""What special keys do in the text: leaving lists and quotes, indenting, Markdown as typed, links.

Each function says whether it took the key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextFormat

from app.ui.compose import formats, formatting, nesting
from app.ui.compose.formats import Kind

if TYPE_CHECKING:
    from PySide6.QtWidgets import QTextEdit

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]{3,}$", re.IGNORECASE)
_MARKS = {
    "-": "bullets",
    "*": "bullets",
    "1.": "numbers",
    ">": "quote",
    "#": "h1",
    "##": "h2",
    "###": "h3",
}


def on_return(editor: QTextEdit) -> bool:
    """Leave an empty list item or quote; write plainly after a heading."""
    cursor = editor.textCursor()
    block = cursor.block()
    form = block.blockFormat()
    link_typed(editor)
    if not block.text() and formats.list_of(block) is not None:
        nesting.indent(editor, -1)
        return True
    if not block.text() and formats.quote_level(form):
        nesting.toggle_quote(editor)
        return True
    if form.headingLevel() and cursor.atBlockEnd() and not cursor.hasSelection():
        quote = formats.quote_level(form)
        cursor.insertBlock(formats.block_format(quote=quote), QTextCharFormat())
        editor.setTextCursor(cursor)
        editor.setCurrentCharFormat(QTextCharFormat())
        return True
    if formats.kind_of(form) is Kind.RULE or _leaves_code(block):
        cursor.insertBlock(formats.block_format(), QTextCharFormat())
        editor.setTextCursor(cursor)
        editor.setCurrentCharFormat(QTextCharFormat())
        return True
    return False


def _leaves_code(block: object) -> bool:
    """Two empty lines at the end of code end it."""
    form = block.blockFormat()  # type: ignore[attr-defined]
    if formats.kind_of(form) is not Kind.CODE or block.text():  # type: ignore[attr-defined]
        return False
    before = block.previous()  # type: ignore[attr-defined]
    return before.isValid() and not before.text()


def on_backspace(editor: QTextEdit) -> bool:
    """At the start of a block, undo what the block is before joining it to the last."""
    cursor = editor.textCursor()
    if cursor.hasSelection() or not cursor.atBlockStart():
        return False
    block = cursor.block()
    form = block.blockFormat()
    if formats.list_of(block) is not None:
        nesting.leave_list(block)
        return True
    if formats.quote_level(form):
        nesting.indent(editor, -1)
        return True
    if form.headingLevel() or formats.kind_of(form) is not Kind.TEXT:
        formatting.set_style(editor)
        return True
    return False


def on_tab(editor: QTextEdit, *, back: bool) -> bool:
    """Indent list items, walk table cells; elsewhere Tab leaves the text."""
    cursor = editor.textCursor()
    table = formats.table_at(cursor)
    if table is not None:
        _next_cell(editor, back=back)
        return True
    if formats.list_of(cursor.block()) is not None:
        nesting.indent(editor, -1 if back else 1)
        return True
    return False


def _next_cell(editor: QTextEdit, *, back: bool) -> None:
    cursor = editor.textCursor()
    table = formats.table_at(cursor)
    if table is None:
        return
    cell = table.cellAt(cursor)
    number = cell.row() * table.columns() + cell.column() + (-1 if back else 1)
    if number < 0:
        return
    if number >= table.rows() * table.columns():
        table.appendRows(1)
    row, column = divmod(number, table.columns())
    editor.setTextCursor(table.cellAt(row, column).firstCursorPosition())


def on_space(editor: QTextEdit) -> bool:
    """Read Markdown marks at the start of a paragraph; make links of typed addresses."""
    cursor = editor.textCursor()
    block = cursor.block()
    if cursor.hasSelection():
        return False
    before = block.text()[: cursor.positionInBlock()]
    is_plain = formats.list_of(block) is None and not block.blockFormat().headingLevel()
    mark = _MARKS.get(before) if is_plain and len(before) < 4 else None
    if mark is None:
        link_typed(editor)
        return False
    cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
    match mark:
        case "bullets" | "numbers":
            nesting.toggle_list(editor, ordered=mark == "numbers")
        case "quote":
            nesting.toggle_quote(editor)
        case _:
            formatting.set_style(editor, heading=int(mark[1]))
    return True


def link_typed(editor: QTextEdit) -> None:
    """Make the web address right before the cursor a link."""
    cursor = editor.textCursor()
    if cursor.hasSelection() or cursor.charFormat().isAnchor():
        return
    found = _URL.search(cursor.block().text()[: cursor.positionInBlock()])
    if found is None:
        return
    url = found[0].rstrip(".,;:!?)'")
    start = cursor.block().position() + found.start()
    piece = QTextCursor(cursor)
    piece.setPosition(start)
    piece.setPosition(start + len(url), QTextCursor.MoveMode.KeepAnchor)
    if piece.charFormat().isAnchor() or piece.selectedText() != url:
        return
    form = QTextCharFormat()
    form.setAnchor(True)
    form.setAnchorHref(url if "://" in url else f"https://{url}")
    piece.mergeCharFormat(form)
    leave_link(editor)


def leave_link(editor: QTextEdit) -> None:
    """Write on without the link once its end is reached."""
    cursor = editor.textCursor()
    if cursor.hasSelection() or not cursor.charFormat().isAnchor():
        return
    after = QTextCursor(cursor)
    after.movePosition(QTextCursor.MoveOperation.NextCharacter)
    if not cursor.atBlockEnd() and after.charFormat().isAnchor():
        return
    form = QTextCharFormat(cursor.charFormat())
    form.setAnchor(False)
    form.clearProperty(QTextFormat.Property.AnchorHref)
    editor.setCurrentCharFormat(form)
