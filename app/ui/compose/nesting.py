"""Lists and quotes: what puts paragraphs deeper or takes them out. Each function is one step of undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QTextBlock, QTextCursor

from app.ui.compose import formats
from app.ui.compose.formatting import blocks

if TYPE_CHECKING:
    from PySide6.QtGui import QTextList
    from PySide6.QtWidgets import QTextEdit


def _is_in(block: QTextBlock, *, ordered: bool) -> bool:
    items = formats.list_of(block)
    return items is not None and formats.is_ordered(items.format()) is ordered


def toggle_list(editor: QTextEdit, *, ordered: bool) -> None:
    """Make a list of the selected paragraphs, or paragraphs of the list."""
    cursor = editor.textCursor()
    chosen = list(blocks(cursor))
    is_already = all(_is_in(block, ordered=ordered) for block in chosen)
    cursor.beginEditBlock()
    if is_already:
        for block in chosen:
            leave_list(block)
    else:
        _make_list(chosen, ordered=ordered)
    cursor.endEditBlock()


def _make_list(chosen: list[QTextBlock], *, ordered: bool) -> None:
    first = formats.list_of(chosen[0])
    level = first.format().indent() if first is not None else 1
    joined = _neighbour(chosen[0], level, ordered=ordered)
    for block in chosen:
        if formats.list_of(block) is None:
            quote = formats.quote_level(block.blockFormat())
            QTextCursor(block).setBlockFormat(formats.item_format(quote=quote))
        if joined is None:
            form = formats.list_format(ordered=ordered, level=level)
            joined = QTextCursor(block).createList(form)
        else:
            joined.add(block)


def _neighbour(block: QTextBlock, level: int, *, ordered: bool) -> QTextList | None:
    """Give the list right above, if it is of this kind and depth."""
    before = block.previous()
    if not before.isValid() or not _is_in(before, ordered=ordered):
        return None
    items = formats.list_of(before)
    return items if items is not None and items.format().indent() == level else None


def leave_list(block: QTextBlock) -> None:
    """Make a list item a paragraph."""
    items = formats.list_of(block)
    if items is not None:
        items.remove(block)
    quote = formats.quote_level(block.blockFormat())
    QTextCursor(block).setBlockFormat(formats.block_format(quote=quote))


def indent(editor: QTextEdit, step: int) -> None:
    """Move list items, or paragraphs as quotes, one level in or out."""
    cursor = editor.textCursor()
    cursor.beginEditBlock()
    for block in list(blocks(cursor)):
        items = formats.list_of(block)
        if items is None:
            _quote_by(block, step)
            continue
        level = items.format().indent() + step
        if level < 1:
            leave_list(block)
        elif level <= formats.MAX_LIST_LEVEL:
            _to_level(block, level, ordered=formats.is_ordered(items.format()))
    cursor.endEditBlock()


def _to_level(block: QTextBlock, level: int, *, ordered: bool) -> None:
    """Join the list of that level nearby, or begin one."""
    before = block.previous()
    items = formats.list_of(before) if before.isValid() else None
    while items is not None:
        found = items.format()
        if found.indent() == level and formats.is_ordered(found) is ordered:
            items.add(block)
            return
        if found.indent() < level:
            break
        before = before.previous()
        items = formats.list_of(before) if before.isValid() else None
    QTextCursor(block).createList(formats.list_format(ordered=ordered, level=level))


def toggle_quote(editor: QTextEdit) -> None:
    """Put the paragraphs into a quote, or take them out."""
    cursor = editor.textCursor()
    step = -1 if formats.quote_level(cursor.blockFormat()) else 1
    cursor.beginEditBlock()
    for block in list(blocks(cursor)):
        _quote_by(block, step)
    cursor.endEditBlock()


def _quote_by(block: QTextBlock, step: int) -> None:
    made = block.blockFormat()
    formats.set_quote_level(made, formats.quote_level(made) + step)
    QTextCursor(block).setBlockFormat(made)
