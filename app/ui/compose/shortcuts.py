"""Every key of the composer in one table: what it does and what the sheet (F1) says about it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from app.ui.compose import formatting, nesting
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.compose.window import ComposeWindow

_Row = tuple[str, str, "Callable[[], object]"]


def _window_rows(window: ComposeWindow) -> list[_Row]:
    header = window.header
    return [
        ("Ctrl+Return", "Send", window.send),
        ("Ctrl+Shift+T", "Choose the conversation", window.thread_picker.open),
        ("Ctrl+Shift+A", "Attach files", window.drops.ask),
        ("Ctrl+Shift+C", "Cc", partial(header.show_field, "cc", focus=True)),
        ("Ctrl+Shift+B", "Bcc", partial(header.show_field, "bcc", focus=True)),
        ("Ctrl+N", "New message", window.host.open_new),
        ("Ctrl+S", "Save now", window.controller.save),
        ("Ctrl+W", "Close; the draft is kept", window.close),
        ("Ctrl+,", "Settings", window.host.open_settings),
        ("F1", "This sheet", partial(show_sheet, window)),
    ]


def _text_rows(window: ComposeWindow) -> list[_Row]:
    edit, bar = window.editor, window.format_bar
    return [
        ("Ctrl+B", "Bold", partial(bar.toggle, "bold")),
        ("Ctrl+I", "Italic", partial(bar.toggle, "italic")),
        ("Ctrl+U", "Underline", partial(bar.toggle, "underline")),
        ("Ctrl+Shift+X", "Strike through", partial(bar.toggle, "strike")),
        ("Ctrl+K", "Link", window.editing.ask_link),
        ("Ctrl+Shift+8", "Bulleted list", partial(nesting.toggle_list, edit, ordered=False)),
        ("Ctrl+Shift+7", "Numbered list", partial(nesting.toggle_list, edit, ordered=True)),
        ("Ctrl+Shift+9", "Quote", partial(nesting.toggle_quote, edit)),
        ("Ctrl+]", "More indent", partial(nesting.indent, edit, 1)),
        ("Ctrl+[", "Less indent", partial(nesting.indent, edit, -1)),
        ("Ctrl+\\", "Clear formatting", partial(formatting.clear, edit)),
        ("Ctrl+Shift+V", "Paste without formatting", edit.paste_plain),
    ]


def add_shortcuts(window: ComposeWindow) -> None:
    """Connect every key."""
    for keys, _text, do in _window_rows(window):
        _add(window, keys, do, Qt.ShortcutContext.WindowShortcut)
    _add(window, "Ctrl+Enter", window.send, Qt.ShortcutContext.WindowShortcut)
    for keys, _text, do in _text_rows(window):
        rich_only = keys != "Ctrl+Shift+V"
        run = partial(_if_rich, window, do) if rich_only else do
        _add(window.editor, keys, run, Qt.ShortcutContext.WidgetShortcut)


def order_focus(window: ComposeWindow) -> None:
    """Let Tab go From, Conversation, To, Subject, text, Send."""
    fields, bar = window.header.fields, window.send_bar
    stops = (
        window.header.mailbox,
        window.thread_picker.button,
        *(fields[name].line for name in ("to", "cc", "bcc", "reply_to")),
        window.header.subject,
        window.editor,
        bar.send,
        bar.more,
        bar.attach,
    )
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _if_rich(window: ComposeWindow, do: Callable[[], object]) -> None:
    if not window.editor.is_plain:
        do()
        window.format_bar.refresh()


def _add(owner: QWidget, keys: str, do: Callable[[], object], context: Qt.ShortcutContext) -> None:
    shortcut = QShortcut(QKeySequence(keys), owner)
    shortcut.setContext(context)
    shortcut.activated.connect(lambda: do())


def show_sheet(window: ComposeWindow) -> None:
    """Show all keys."""
    sheet = QDialog(window)
    sheet.setObjectName("composer.shortcuts")
    sheet.setWindowTitle("Keyboard shortcuts")
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(sheet)
    column.setContentsMargins(24, 20, 24, 20)
    column.setSpacing(14)
    column.addWidget(label("Keyboard shortcuts", size="title"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(6)
    for side, rows in enumerate((_window_rows(window), _text_rows(window))):
        for number, (keys, text, _do) in enumerate(rows):
            shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(label(shown, tone="muted"), number, side * 3)
            grid.addWidget(label(text), number, side * 3 + 1)
    grid.setColumnMinimumWidth(2, 24)
    column.addLayout(grid)
    close = button("Close", name="composer.shortcuts.close", clicked=sheet.accept)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    sheet.open()
