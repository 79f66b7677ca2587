"""The keys of the local API: a row each, the ended ones on demand. Changed in place: focus stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.texts import plural
from app.ui.settings.parts import Elided
from app.ui.settings.words import key_words
from app.ui.widgets import button, label, line, look

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports.gateway import ApiKey
    from app.ui.settings.host import KeysView
    from app.ui.settings.words import KeyWords

_EMPTY = "There is no key yet. A program needs one to call: make one for each."


class KeyRow(QWidget):
    """`revoke_wanted` carries the key's uid."""

    revoke_wanted = Signal(str)

    def __init__(self, uid: str) -> None:
        super().__init__()
        self.setObjectName(f"key.{uid}")
        self._name = Elided(name=f"key.{uid}.name", weight="strong")
        self._detail = label(name=f"key.{uid}.detail", tone="muted", size="small", wrap=True)
        self._revoke = button(
            "Revoke…",
            name=f"key.{uid}.revoke",
            clicked=lambda: self.revoke_wanted.emit(uid),
            tip="Have this key refused from now on",
        )
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self._name)
        words.addWidget(self._detail)
        across = QHBoxLayout(self)
        across.setContentsMargins(16, 12, 16, 12)
        across.setSpacing(16)
        across.addLayout(words, 1)
        across.addWidget(self._revoke)

    def show_words(self, words: KeyWords) -> None:
        """Show how the key stands."""
        self._name.setText(words.name)
        look(self._name, tone="plain" if words.is_good else "muted")
        self._detail.setText(f"{words.rights} · {words.detail}")
        self._revoke.setVisible(words.is_good)
        self._revoke.setAccessibleName(f"Revoke {words.name}")
        self.setAccessibleName(f"{words.name}, {words.rights}, {words.detail}")


class KeyList(QFrame):
    """Good keys first, newest first. `create_wanted`, and `revoke_wanted(uid)`."""

    create_wanted = Signal()
    revoke_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settings.api.keys")
        look(self, surface="card")
        self._view: KeysView | None = None
        self._now: datetime | None = None
        self._rows: dict[str, KeyRow] = {}
        self._shows_ended = False
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(1, 1, 1, 1)
        self._box.setSpacing(0)
        self._holder = QVBoxLayout()
        self._holder.setSpacing(0)
        self._empty = label(_EMPTY, name="settings.api.no_keys", tone="muted", wrap=True)
        self._empty.setContentsMargins(16, 12, 16, 12)
        self.new_key = button(
            "New key…", name="settings.api.new_key", clicked=self.create_wanted.emit
        )
        self._ended = button("", name="settings.api.ended", role="link", clicked=self._toggle_ended)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 12, 16, 12)
        foot.addWidget(self.new_key)
        foot.addStretch(1)
        foot.addWidget(self._ended)
        self._box.addWidget(self._empty)
        self._box.addLayout(self._holder)
        self._box.addLayout(foot)
        self._ended.hide()

    def show_keys(self, view: KeysView, now: datetime) -> None:
        """Show these keys."""
        self._view, self._now = view, now
        good = [key for key in reversed(view.keys) if key.is_good(now)]
        ended = [key for key in reversed(view.keys) if not key.is_good(now)]
        shown = good + (ended if self._shows_ended else [])
        if [key.uid for key in shown] != list(self._rows):
            self._rebuild(shown)
        for key in shown:
            used = view.used.get(key.uid, 0)
            self._rows[key.uid].show_words(key_words(key, now, used, view.per_day))
        self._empty.setVisible(not shown)
        verb = "Hide" if self._shows_ended else "Show"
        self._ended.setText(f"{verb} {plural(len(ended), 'ended key')}")
        self._ended.setVisible(bool(ended))

    def key(self, uid: str) -> ApiKey | None:
        """Give a key that is known here."""
        keys = self._view.keys if self._view else ()
        return next((key for key in keys if key.uid == uid), None)

    def _rebuild(self, keys: list[ApiKey]) -> None:
        focus = self.window().focusWidget()
        had_focus = self.isAncestorOf(focus)
        while self._holder.count():
            item = self._holder.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = {}
        before: QWidget | None = None
        for key in keys:
            row = KeyRow(key.uid)
            row.revoke_wanted.connect(self.revoke_wanted)
            self._rows[key.uid] = row
            self._holder.addWidget(row)
            self._holder.addWidget(line("h-faint"))
            if before is not None:
                QWidget.setTabOrder(before, row)
            before = row
        if before is not None:
            QWidget.setTabOrder(before, self.new_key)
        if had_focus:
            self.new_key.setFocus()

    def _toggle_ended(self) -> None:
        self._shows_ended = not self._shows_ended
        if self._view is not None and self._now is not None:
            self.show_keys(self._view, self._now)
