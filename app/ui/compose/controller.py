"""Holds one window's draft: reads the text out at pauses, saves, follows the accounts.

On the GUI thread; whatever is slow goes through the host. Knows no widget.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.compose.session import ComposeSession
from app.domain.draft import ReplyMode
from app.domain.texts import clock_text, error_sentence
from app.ui import tasks
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.compose.autosave import Autosave
    from app.domain.draft import Body, Draft
    from app.domain.errors import AppError
    from app.ui.compose.host import ComposerHost, Sender

_READ_PAUSE_MS = 300
_SAVE_PAUSE_MS = 500
_RETRY_MS = 5_000


class _Relay:
    """Brings the store thread's word to a controller that may be gone; owns nothing."""

    def __init__(self, controller: ComposeController) -> None:
        self._controller = weakref.ref(controller)

    def saved(self, revision: int, at: datetime) -> None:
        """Runs on the store thread."""
        controller = self._controller()
        if controller is not None and isValid(controller):
            controller.stored.emit(revision, at)

    def failed(self, error: AppError) -> None:
        """Runs on the store thread."""
        controller = self._controller()
        if controller is not None and isValid(controller):
            controller.store_failed.emit(error)


class ComposeController(QObject):
    """The draft of one window and its saving."""

    changed = Signal(object)
    status = Signal(str, bool)
    noticed = Signal(Notice)
    notice_dropped = Signal(str)
    senders_changed = Signal(list)
    stored = Signal(int, object)
    store_failed = Signal(object)

    def __init__(self, *, host: ComposerHost, draft: Draft, parent: QObject) -> None:
        super().__init__(parent)
        self.host = host
        self.session = ComposeSession(draft=draft, clock=host.clock)
        self.session.on_changed(self._on_changed)
        self.senders: list[Sender] = []
        self.read_body: Callable[[], Body] = lambda: self.draft.body
        self._is_body_stale = False
        # Revision 0 was never edited here: a blank draft, or one filled in from outside.
        self._saved_revision = draft.revision or -1
        self._was_stored = draft.revision > 0
        self._closing: Callable[[bool], None] | None = None
        self.stored.connect(self._on_stored)
        self.store_failed.connect(self._on_store_failed)
        self._relay = _Relay(self)
        self._autosave = self._new_autosave()
        self._reading = self._timer(_READ_PAUSE_MS, self.flush)
        self._saving = self._timer(_SAVE_PAUSE_MS, self.save)
        self._retrying = self._timer(_RETRY_MS, self.save)
        if not draft.is_blank and not self._was_stored:
            self._saving.start()
        # A bound method: Qt lets go of it when this object goes, of a lambda it does not.
        host.bridge.accounts_changed.connect(self._on_accounts_changed)
        host.bridge.store_changed.connect(self.load_senders)

    def _timer(self, milliseconds: int, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(then)
        return timer

    def _new_autosave(self) -> Autosave:
        return self.host.autosave(saved=self._relay.saved, failed=self._relay.failed)

    @property
    def draft(self) -> Draft:
        """Give the draft as last read out."""
        return self.session.draft

    # --- the text ------------------------------------------------------------------------------

    def body_edited(self) -> None:
        """Note that the text is newer than the draft; it is read out at the next pause."""
        self._is_body_stale = True
        self._reading.start()

    def flush(self) -> None:
        """Read the text out now."""
        self._reading.stop()
        if self._is_body_stale:
            self._is_body_stale = False
            self.session.set_body(self.read_body())

    # --- saving --------------------------------------------------------------------------------

    @property
    def needs_saving(self) -> bool:
        """Say whether something is written that is not on disk."""
        if self.draft.is_blank and not self._was_stored:
            return False
        return self.draft.revision != self._saved_revision

    def _on_changed(self, draft: Draft) -> None:
        self.changed.emit(draft)
        self._saving.start()

    def save(self) -> None:
        """Have the present draft written, unless there is nothing in it."""
        self._saving.stop()
        self.flush()
        self._saving.stop()
        if self.needs_saving:
            self._was_stored = True
            self._autosave.save(self.draft)

    def _on_stored(self, revision: int, at: datetime) -> None:
        self._saved_revision = revision
        self._retrying.stop()
        self.notice_dropped.emit("save")
        self.status.emit(f"Saved {clock_text(at)}", False)

    def _on_store_failed(self, error: AppError) -> None:
        self.status.emit("Not saved", True)
        self.noticed.emit(
            Notice(
                key="save", tone="danger", text=f"The draft is not saved. {error_sentence(error)}"
            )
        )
        if self._closing is None:
            self._retrying.start()

    def save_then(self, done: Callable[[bool], None]) -> None:
        """Save and then call `done` with whether everything is on disk."""
        self.save()
        running = self._autosave.finish()
        if not self.needs_saving or running is None:
            done(not self.needs_saving)
            return
        self._closing = done
        tasks.run(self, running, done=lambda _none: self._finish_closing())

    def _finish_closing(self) -> None:
        done, self._closing = self._closing, None
        if done is not None:
            done(not self.needs_saving)

    def forget(self) -> None:
        """Write nothing any more: the draft was submitted or thrown away."""
        for timer in (self._reading, self._saving, self._retrying):
            timer.stop()
        self._autosave.close()

    def discard_stored(self) -> None:
        """Remove what was saved, if anything was."""
        self.forget()
        if self._was_stored:
            tasks.run(self, self.host.discard(self.draft.uid), failed=self._on_store_failed)

    def resume(self, draft: Draft) -> None:
        """Go on writing this version (it was taken back)."""
        self._autosave = self._new_autosave()
        self._was_stored = True
        self._saved_revision = draft.revision
        self._is_body_stale = False
        self.session.replace(draft)

    # --- accounts ------------------------------------------------------------------------------

    def _on_accounts_changed(self, _uid: str) -> None:
        self.load_senders()

    def load_senders(self) -> None:
        """Read anew from where one may send."""
        tasks.run(self, self.host.senders(), done=self._on_senders, failed=self._on_senders_failed)

    def _on_senders(self, senders: list[Sender]) -> None:
        self.senders = senders
        self.notice_dropped.emit("senders")
        known = {sender.mailbox.uid for sender in senders}
        if senders and self.draft.mailbox_uid not in known:
            self.session.set_mailbox(senders[0].mailbox.uid)
        self.senders_changed.emit(senders)
        self.check_thread()

    def _on_senders_failed(self, error: AppError) -> None:
        self.noticed.emit(Notice(key="senders", tone="danger", text=error_sentence(error)))

    @property
    def chosen(self) -> Sender | None:
        """Give the chosen mailbox, if it is connected."""
        uid = self.draft.mailbox_uid
        return next((s for s in self.senders if s.mailbox.uid == uid), None)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Give every address of one's own."""
        return frozenset(sender.mailbox.address for sender in self.senders)

    def choose_mailbox(self, mailbox_uid: str) -> None:
        """Send from another mailbox."""
        self.session.set_mailbox(mailbox_uid)
        self.check_thread()

    def check_thread(self) -> None:
        """Warn when the conversation belongs to another account than the mail is sent from."""
        reply, sender = self.draft.reply, self.chosen
        is_answer = reply is not None and reply.mode is not ReplyMode.FORWARD
        if (
            reply is None
            or sender is None
            or not is_answer
            or sender.account.uid == reply.ref.account_uid
        ):
            self.notice_dropped.emit("thread")
            return
        mine = next((s for s in self.senders if s.account.uid == reply.ref.account_uid), None)
        actions: list[tuple[str, Callable[[], object]]] = []
        if mine is not None:
            uid, address = mine.mailbox.uid, mine.mailbox.address
            actions.append((f"Send from {address}", lambda: self.choose_mailbox(uid)))
        actions.append(("Start a new conversation", self._detach))
        owner = mine.account.address if mine is not None else "an account that is not connected"
        self.noticed.emit(
            Notice(
                key="thread",
                text=f"This conversation belongs to {owner}; {sender.mailbox.address} cannot answer"
                " in it.",
                strong=(owner, sender.mailbox.address),
                actions=tuple(actions),
            )
        )

    def _detach(self) -> None:
        quote = self.draft.quote
        self.session.leave_conversation()
        self.session.set_quote(quote)
