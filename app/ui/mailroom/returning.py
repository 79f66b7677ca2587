"""Waits for messages that the provider was asked to give back, and tells when they are here, or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.outbound import OutboundState, Reason
from app.domain.texts import row_words
from app.ui import tasks

if TYPE_CHECKING:
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.ui.mailroom.host import MailroomHost

_NEWEST = 50


class Returning(QObject):
    """`returned(draft)` is for those that were to be edited; `said(text, tone)` for the notice bar."""

    returned = Signal(object)
    said = Signal(str, str)

    def __init__(self, *, host: MailroomHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._expected: dict[str, bool] = {}
        host.bridge.outbound_changed.connect(self._on_changed)

    def expect(self, uid: str, *, opens: bool) -> None:
        """Look out for a record; with `opens` its draft is to be edited at once."""
        self._expected[uid] = opens
        self._on_changed(uid)

    def _on_changed(self, uid: str) -> None:
        if uid in self._expected:
            tasks.run(self, self._host.find_record(uid), done=self._on_found, failed=_ignore)

    def _on_found(self, record: OutboundEmail | None) -> None:
        if record is None or record.uid not in self._expected:
            return
        if record.state is OutboundState.SCHEDULED and record.reason is not Reason.TOO_LATE:
            return
        opens = self._expected.pop(record.uid)
        if record.state is not OutboundState.CANCELLED:
            self.said.emit(row_words(record, self._host.clock.now()).why, "danger")
            return
        self.said.emit("Here again; nothing was sent. It is in Drafts.", "ok")
        if opens:
            uid = record.draft_uid
            tasks.run(
                self,
                self._host.list_drafts(_NEWEST),
                done=lambda drafts: self._open(uid, drafts),
                failed=_ignore,
            )

    def _open(self, uid: str, drafts: list[Draft]) -> None:
        for draft in drafts:
            if draft.uid == uid:
                self.returned.emit(draft)


def _ignore(_error: object) -> None:
    """The row and the Drafts tab show it; the notice is a courtesy."""
