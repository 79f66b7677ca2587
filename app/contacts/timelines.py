"""Timelines: each mail once on the timeline of each contact, deal and context it is linked to.

They are derived from the records, never written by who sends: `catch_up` follows the history from
where it stopped last, through a small outbox of its own. A crash at any point leaves work to be
done again, which changes nothing that was done. Never on the GUI thread.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from app.domain.contact import TimelineEntry, TimelineState
from app.domain.errors import AppError
from app.domain.outbound import OutboundState, Reason

if TYPE_CHECKING:
    from app.domain.draft import ContextLink
    from app.domain.outbound import OutboundEmail
    from app.ports import OutboxStore
    from app.ports.contacts import TimelineStore

log = logging.getLogger("store")
REST_S = 0.5

_STATES = {
    OutboundState.SCHEDULED: TimelineState.SCHEDULED,
    OutboundState.SENT: TimelineState.ACCEPTED,
    OutboundState.FAILED: TimelineState.FAILED,
    OutboundState.CANCELLED: TimelineState.CANCELLED,
}


class Timelines:
    """Reads timelines and keeps them true to the records."""

    def __init__(self, *, store: TimelineStore, records: OutboxStore) -> None:
        self._store = store
        self._records = records

    def list_timeline(self, link: ContextLink, limit: int = 200) -> list[TimelineEntry]:
        """Give what was sent, scheduled or failed for a contact, deal or context, newest first.

        Raises:
            StoreError: it cannot be read.
        """
        self.catch_up()
        return self._store.list_entries(link, limit)

    def catch_up(self) -> int:
        """Bring every timeline up to the records; give how many records were looked at.

        Raises:
            StoreError: what was not done is done the next time.
        """
        while self._store.collect():
            pass
        looked = 0
        while pending := self._store.list_pending():
            done = [(one, self._entries(one.record_uid)) for one in pending]
            self._store.settle(done)
            looked += len(done)
        return looked

    def _entries(self, uid: str) -> list[TimelineEntry]:
        record = self._records.find(uid)
        return [] if record is None else entries_of(record)


class TimelineFeed:
    """Catches up on a thread of its own whenever a record changed; many changes are one look.

    Readers catch up themselves, so it can rest between looks: mail on its way out goes first.
    """

    def __init__(self, timelines: Timelines, *, rest_s: float = REST_S) -> None:
        self._timelines = timelines
        self._rest_s = rest_s
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._is_asked = False
        self._is_closed = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="timelines")

    def wake(self) -> None:
        """Ask for a look; returns at once."""
        with self._lock:
            if self._is_asked or self._is_closed:
                return
            self._is_asked = True
            self._worker.submit(self._run)

    def close(self) -> None:
        """Finish the look that was asked for."""
        with self._lock:
            self._is_closed = True
        self._closing.set()
        self._worker.shutdown(wait=True)

    def _run(self) -> None:
        with self._lock:
            self._is_asked = False
        try:
            self._timelines.catch_up()
        except AppError as error:
            # Nothing is lost: it is pending, and the next change or reader does it.
            log.info("the timelines are behind: %s", error.code)
        self._closing.wait(self._rest_s)


def entries_of(record: OutboundEmail) -> list[TimelineEntry]:
    """Give what the timelines of a record's links should say of it now.

    A record that moves says nothing new, and the seconds in which a send can be undone are no
    schedule. A mail that was never scheduled and is cancelled stays on no timeline: the store
    only changes what is there.
    """
    state = _STATES.get(record.state)
    if state is None or (state is TimelineState.SCHEDULED and record.reason is Reason.UNDO_WINDOW):
        return []
    at = record.goes_at if state is TimelineState.SCHEDULED else record.updated_at
    return [
        TimelineEntry(
            link=link,
            record_uid=record.uid,
            state=state,
            at=record.sent_at or at,
            subject=record.subject,
            sender=record.envelope.sender.addr_spec,
            recipients=tuple(one.addr_spec for one in record.envelope.recipients),
            provider=record.provider.value,
        )
        for link in record.links
    ]
