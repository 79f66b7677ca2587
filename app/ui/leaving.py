"""Decides when the program may end after the last window closed: not while mail is on its way out.

A message in its undo window, or being sent, goes out first; what waits for a connection, a quota or
the person goes on at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.outbound import OutboundState, Reason
from app.ports import OutboxView
from app.ui import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.outbound import OutboundEmail
    from app.services import Services
    from app.ui.bridge import Bridge

LOOK_MS = 250
# Longer than an undo window and an ordinary send; a hanging network must not keep the process.
LONGEST_MS = 60_000


def is_on_its_way(record: OutboundEmail) -> bool:
    """Say whether a record would be gone in a moment if the program stayed."""
    match record.state:
        case OutboundState.SENDING:
            return True
        case OutboundState.SCHEDULED:
            is_first_try = record.reason is Reason.HAND_OVER and not record.attempts
            return record.reason is Reason.UNDO_WINDOW or is_first_try
        case OutboundState.QUEUED:
            return record.reason in {Reason.NONE, Reason.BY_PERSON}
        case _:
            return False


def _open_records(services: Services) -> list[OutboundEmail]:
    views = (OutboxView.OUTBOX, OutboxView.SCHEDULED)
    return [one for view in views for one in services.records.list_records(view)]


class Leaving(QObject):
    """`done` is emitted when nothing is on its way any more."""

    done = Signal()

    def __init__(self, *, services: Services, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._is_leaving = False
        self._look_soon = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._look_soon.timeout.connect(self._look)
        self._longest = QTimer(self, singleShot=True, interval=LONGEST_MS)
        self._longest.timeout.connect(self._finish)
        bridge.outbound_changed.connect(self._on_changed)

    def begin(self) -> None:
        """The last window is gone."""
        self._is_leaving = True
        self._longest.start()
        self._look()

    def stay(self) -> None:
        """A window came back."""
        self._is_leaving = False
        self._longest.stop()
        self._look_soon.stop()

    def _on_changed(self, _uid: str) -> None:
        if self._is_leaving:
            self._look_soon.start()

    def _look(self) -> None:
        services = self._services
        future = services.executors.run_store(_open_records, services)
        tasks.run(self, future, done=self._on_read, failed=lambda _error: self._finish())

    def _on_read(self, records: Sequence[OutboundEmail]) -> None:
        if not any(is_on_its_way(one) for one in records):
            self._finish()

    def _finish(self) -> None:
        if self._is_leaving:
            self.stay()
            self.done.emit()
