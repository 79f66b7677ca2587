"""Asks the host for conversations: the local index at once, the provider after a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.texts import error_sentence
from app.runtime.cancel import CancelToken
from app.ui import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.conversation import Conversation
    from app.domain.errors import AppError
    from app.ui.compose.host import ComposerHost

_LOCAL_PAUSE_MS = 60
_PROVIDER_PAUSE_MS = 600


class ConversationFinder(QObject):
    """Finds conversations of one account: what is known here first, then what the provider knows."""

    found = Signal(list)
    status = Signal(str)

    def __init__(self, host: ComposerHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._account_uid = ""
        self._text = ""
        self._serial = 0
        self._cancel = CancelToken()
        self._local = _pause(self, _LOCAL_PAUSE_MS, self._ask_local)
        self._provider = _pause(self, _PROVIDER_PAUSE_MS, self._ask_provider)
        self._says_reading = False
        host.bridge.conversations_changed.connect(self._on_changed)
        host.bridge.sync_progressed.connect(self._on_progress)

    def set_account(self, account_uid: str) -> None:
        """List another account's conversations, and have them brought up to date."""
        if account_uid == self._account_uid:
            return
        self._account_uid = account_uid
        self._restart()
        self._ask_local()
        if account_uid:
            self._refresh()

    def set_text(self, text: str) -> None:
        """Search as one types."""
        self._text = text.strip()
        self._restart()
        self._local.start()
        if len(self._text) > 1:
            self._provider.start()

    def stop(self) -> None:
        """Ask no more: the window is closed."""
        self._account_uid = ""
        self._restart()
        self._local.stop()

    def _restart(self) -> None:
        self._serial += 1
        self._cancel.cancel()
        self._cancel = CancelToken()
        self._provider.stop()
        self.status.emit("")

    def _ask_local(self) -> None:
        if not self._account_uid:
            self.found.emit([])
            return
        serial = self._serial
        future = self._host.recent(self._account_uid, self._text)
        tasks.run(self, future, done=lambda rows: self._show(serial, rows), failed=self._on_failed)

    def _ask_provider(self) -> None:
        if not self._account_uid:
            return
        serial = self._serial
        self.status.emit("Searching at the provider…")
        future = self._host.search(self._account_uid, self._text, self._cancel)
        tasks.run(self, future, done=lambda rows: self._show(serial, rows), failed=self._on_failed)

    def _refresh(self) -> None:
        self.status.emit("Looking for new messages…")
        future = self._host.refresh(self._account_uid, self._cancel)
        tasks.run(self, future, done=lambda _count: self.status.emit(""), failed=self._on_failed)

    def _show(self, serial: int, rows: list[Conversation]) -> None:
        if serial == self._serial:
            self.status.emit("")
            self.found.emit(rows)

    def _on_failed(self, error: AppError) -> None:
        self.status.emit(error_sentence(error))

    def _on_changed(self, account_uid: str) -> None:
        # Not begun again: changes that come without end would put it off for ever.
        if account_uid == self._account_uid and not self._local.isActive():
            self._local.start()

    def _on_progress(self, account_uid: str, done: int, is_complete: bool) -> None:
        """Say how far a long reading is; a short look for new mail is not worth a word."""
        if account_uid != self._account_uid:
            return
        if not is_complete and not done:
            return
        if not is_complete:
            self._says_reading = True
            self.status.emit(f"Reading your mail: {done:,} messages so far…")
        elif self._says_reading:
            self._says_reading = False
            self.status.emit("")


def _pause(owner: QObject, milliseconds: int, then: Callable[[], None]) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer
