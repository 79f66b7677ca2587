"""Connects format bar and editor: links, pictures, HTML and plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui.compose import formatting
from app.ui.compose.link_popup import LinkPopup
from app.ui.compose.mail_document import losses
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.ui.compose.window import ComposeWindow


class Editing(QObject):
    """What the format bar asks for and the editor cannot do alone."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._editor = window.editor
        self._bar = window.format_bar
        self.link_popup = LinkPopup(window)
        self.link_popup.accepted.connect(self._on_link)
        self._bar.link_requested.connect(self.ask_link)
        self._bar.picture_requested.connect(lambda: window.drops.ask_picture())
        self._bar.plain_requested.connect(self.set_plain)
        self._bar.monospace_requested.connect(self._editor.set_monospace)
        self._editor.plain_left.connect(lambda: self.set_plain(False))

    def ask_link(self) -> None:
        """Ask for the address of a link at the cursor."""
        if self._editor.is_plain:
            return
        cursor = self._editor.textCursor()
        href = formatting.select_link(cursor) if not cursor.hasSelection() else ""
        href = href or cursor.charFormat().anchorHref()
        self._editor.setTextCursor(cursor)
        place = self._editor.viewport().mapToGlobal(self._editor.cursorRect().bottomLeft())
        text = cursor.selectedText()
        self.link_popup.open_at(place, href=href, text=text)

    def _on_link(self, href: str, text: str) -> None:
        formatting.set_link(self._editor, href, text)
        self._editor.setFocus()

    def set_plain(self, plain: bool) -> None:
        """Write on in the other mode; say what the plain one cannot keep."""
        if plain == self._editor.is_plain:
            return
        if plain:
            self._go_plain()
        else:
            from app.mime.html.from_text import text_to_html

            self._editor.go_rich(text_to_html(self._editor.text()))
            self._window.notices.drop("plain")
        self._bar.show_mode(plain=plain)
        self._bar.refresh()

    def _go_plain(self) -> None:
        from app.mime.html.to_text import html_to_text

        html = self._editor.html()
        lost = losses(html)
        self._editor.go_plain(html_to_text(html))
        if lost:
            names = lost[0] if len(lost) == 1 else f"{', '.join(lost[:-1])} and {lost[-1]}"
            self._window.notices.show_notice(
                Notice(
                    key="plain",
                    text=f"Plain text goes out without {names}. Undo brings everything back.",
                    actions=(("Undo", lambda: self.set_plain(False)), ("Keep plain", _nothing)),
                )
            )


def _nothing() -> None:
    """Only take the notice away."""
