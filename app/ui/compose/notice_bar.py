"""Strips between header and text: what the person should know, with what to do about it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.widgets import button, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.theme import Theme

_LEFT_TO_RIGHT = "\u200e"
_ICONS = {"warn": "warning", "danger": "exclamation", "ok": "check"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One sentence. `strong` are words of it in bold; `actions` are verbs and what they do.

    An action takes the notice away. The last of several stands at the far end.
    """

    key: str
    text: str
    tone: str = "warn"
    strong: tuple[str, ...] = ()
    actions: tuple[tuple[str, Callable[[], object]], ...] = ()
    is_dismissable: bool = True


class NoticeBar(QWidget):
    """Notices by key, the newest below."""

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("composer.notices")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._strips: dict[str, _Strip] = {}
        self.hide()

    @property
    def texts(self) -> dict[str, str]:
        """Give what is shown, by key."""
        return {key: strip.notice.text for key, strip in self._strips.items()}

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one with the same key is replaced."""
        old = self._strips.get(notice.key)
        if old is not None and old.notice.text == notice.text:
            old.notice = notice
            return
        self._take(notice.key)
        strip = _Strip(notice, self._theme, self.drop)
        self._strips[notice.key] = strip
        self._column.addWidget(strip)
        self.show()
        # Screen readers say it without the focus having to move there.
        QAccessible.updateAccessibility(QAccessibleEvent(strip, QAccessible.Event.Alert))

    def drop(self, key: str) -> None:
        """Take a notice away; a key that ends in `:` takes all that begin with it."""
        for name in [
            n for n in self._strips if n == key or (key[-1:] == ":" and n.startswith(key))
        ]:
            self._take(name)
        self.setVisible(bool(self._strips))

    def act(self, key: str, verb: str) -> None:
        """Do what one of a notice's buttons does."""
        self._strips[key].act(verb)

    def _take(self, key: str) -> None:
        strip = self._strips.pop(key, None)
        if strip is not None:
            strip.hide()
            self._column.removeWidget(strip)
            strip.deleteLater()


class _Strip(QFrame):
    def __init__(self, notice: Notice, theme: Theme, drop: Callable[[str], None]) -> None:
        super().__init__()
        self.notice = notice
        self._theme = theme
        self._drop = drop
        self.setObjectName(f"notice.{notice.key}")
        self.setAccessibleName(notice.text)
        look(self, surface=f"notice-{notice.tone}")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 5, 18, 5)
        row.setSpacing(8)
        self._icon = QLabel()
        self._icon.setContentsMargins(0, 2, 0, 0)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._text = QLabel(_rich(notice))
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setObjectName(f"notice.{notice.key}.text")
        self._text.setAccessibleName(notice.text)
        look(self._text, tone=notice.tone)
        row.addWidget(self._text, 1)
        for verb, _action in notice.actions:
            self._add_button(row, verb)
        if notice.is_dismissable and not notice.actions:
            self._add_button(row, "Dismiss")
        self._paint_icon()
        theme.changed.connect(self._paint_icon)

    def _add_button(self, row: QHBoxLayout, verb: str) -> None:
        made = button(
            verb,
            name=f"notice.{self.notice.key}.{verb}",
            role="link",
            clicked=lambda: self.act(verb),
        )
        look(made, tone=self.notice.tone)
        row.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def act(self, verb: str) -> None:
        """Take the notice away and do it."""
        actions = dict(self.notice.actions)
        self._drop(self.notice.key)
        if verb in actions:
            actions[verb]()

    def _paint_icon(self) -> None:
        name = _ICONS.get(self.notice.tone, "warning")
        self._icon.setPixmap(self._theme.pixmap(name, self.notice.tone))


def _rich(notice: Notice) -> str:
    text = html.escape(notice.text)
    for word in notice.strong:
        text = text.replace(html.escape(word), f"<b>{html.escape(word)}</b>", 1)
    # Our sentences run left to right, also where they begin with a word that does not.
    return f"{_LEFT_TO_RIGHT}{text}"
