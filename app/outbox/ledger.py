"""The one place that changes a record's state: checks, writes, logs `old -> new`, tells the bus."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import NotFound
from app.domain.events import DraftsChanged, OutboundChanged, OutboundRested
from app.domain.outbound import HistoryEntry, OutboundState, Reason

if TYPE_CHECKING:
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.ports import Clock, OutboxStore
    from app.runtime.bus import Bus

log = logging.getLogger("outbox")
# States that others keep books of; in between a record moves by itself.
RESTING = frozenset(
    {
        OutboundState.SCHEDULED,
        OutboundState.SENT,
        OutboundState.FAILED,
        OutboundState.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is written down together with the next one."""

    event: str
    evidence: dict[str, str]


class Ledger:
    """Changes records by compare-and-set, each change with its line of history."""

    def __init__(self, *, records: OutboxStore, clock: Clock, bus: Bus) -> None:
        self._records = records
        self._clock = clock
        self._bus = bus

    def get(self, uid: str) -> OutboundEmail:
        """Give a record.

        Raises:
            NotFound: there is none.
        """
        record = self._records.find(uid)
        if record is None:
            raise NotFound(kind="record", uid=uid)
        return record

    def change(  # noqa: PLR0913  the one door for every change, keyword-only
        self,
        record: OutboundEmail,
        event: str,
        *,
        state: OutboundState | None = None,
        reason: Reason = Reason.NONE,
        evidence: dict[str, str] | None = None,
        restore: Draft | None = None,
        before: Taken | None = None,
        **fields: Any,
    ) -> OutboundEmail:
        """Write a change of `record` and its line of history, after that of a step just taken.

        Raises:
            TooLate: somebody else changed the record, or the change is not in the table.
            StoreError: nothing was written.
        """
        now = self._clock.now()
        new = replace(
            record,
            state=state or record.state,
            reason=reason,
            updated_at=now,
            **fields,
        )
        entry = HistoryEntry(at=now, state=new.state, event=event, detail=evidence or {})
        earlier = replace(entry, event=before.event, detail=before.evidence) if before else None
        written = self._records.advance(record, new, entry, restore, before=earlier)
        log.info("%s %s -> %s (%s)", record.uid, record.state, written.state, event)
        self._bus.publish(OutboundChanged(record.uid))
        if written.state is not record.state and written.state in RESTING:
            self._bus.publish(OutboundRested(record.uid))
        if restore is not None:
            self._bus.publish(DraftsChanged(restore.uid))
        return written
