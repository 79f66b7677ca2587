"""Timelines in the database, and the outbox that feeds them from the history of the records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.contact import TimelineEntry, TimelineState
from app.domain.draft import ContextLink, LinkKind
from app.ports.contacts import PendingEntry
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from app.store.database import Database, Row

BATCH = 1000
# States a timeline speaks of; what moves between them is no news there.
_TELLING = "('scheduled', 'sent', 'failed', 'cancelled')"

_SAVE = (
    "INSERT OR REPLACE INTO timeline_entry (kind, context_type, uid, record_uid, state, at, subject,"
    f" sender, recipients, provider, label) VALUES ({', '.join('?' * 11)})"
)


class SqliteTimelines:
    """Implements `ports.TimelineStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> bool:
        """Note every linked record that changed since the last call; True if there is more.

        Writers of the history come one after the other (BEGIN IMMEDIATE) and its numbers are never
        used again (AUTOINCREMENT): nothing can turn up behind the cursor.
        """
        rows = self._database.query(
            f"SELECT h.seq, h.state IN {_TELLING} AND c.links <> '[]' FROM outbound_history h"
            " JOIN outbound_content c ON c.uid = h.uid"
            " WHERE h.seq > (SELECT seq FROM timeline_cursor) ORDER BY h.seq LIMIT ?",
            (BATCH,),
        )
        has_more = len(rows) == BATCH
        if not has_more and not any(is_told for _, is_told in rows):
            # Mail without links costs no write: the cursor moves with the next one that has some.
            return False
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO timeline_pending (record_uid, seq)"
                " SELECT h.uid, max(h.seq) FROM outbound_history h"
                " JOIN outbound_content c ON c.uid = h.uid"
                " WHERE h.seq > (SELECT seq FROM timeline_cursor) AND h.seq <= ?"
                f" AND h.state IN {_TELLING} AND c.links <> '[]' GROUP BY h.uid"
                " ON CONFLICT (record_uid) DO UPDATE SET seq = max(seq, excluded.seq)",
                (rows[-1][0],),
            )
            connection.execute("UPDATE timeline_cursor SET seq = max(seq, ?)", (rows[-1][0],))
        return has_more

    def list_pending(self, limit: int = 200) -> list[PendingEntry]:
        """Give what waits, oldest first."""
        rows = self._database.query(
            "SELECT record_uid, seq FROM timeline_pending ORDER BY seq LIMIT ?", (limit,)
        )
        return [PendingEntry(uid, seq) for uid, seq in rows]

    def settle(self, done: Sequence[tuple[PendingEntry, Sequence[TimelineEntry]]]) -> None:
        """Write entries and forget what was pending.

        What has changed again since, or was settled by another process, is left as it is: these
        entries may be older than those.
        """
        with self._database.write() as connection:
            for pending, entries in done:
                is_current = connection.execute(
                    "DELETE FROM timeline_pending WHERE record_uid = ? AND seq = ?",
                    (pending.record_uid, pending.seq),
                ).rowcount
                if is_current:
                    _write(connection, entries)

    def list_entries(self, link: ContextLink, limit: int = 200) -> list[TimelineEntry]:
        """Give a timeline, newest first."""
        rows = self._database.query(
            "SELECT kind, context_type, uid, record_uid, state, at, subject, sender, recipients,"
            " provider, label FROM timeline_entry WHERE kind = ? AND context_type = ? AND uid = ?"
            " ORDER BY at DESC, record_uid LIMIT ?",
            (link.kind.value, link.context_type, link.uid, limit),
        )
        return [_entry(row) for row in rows]


def _write(connection: sqlite3.Connection, entries: Sequence[TimelineEntry]) -> None:
    for entry in entries:
        if entry.state is TimelineState.CANCELLED:
            # Only what a timeline has announced is taken back there.
            connection.execute(
                "UPDATE timeline_entry SET state = ?, at = ? WHERE kind = ? AND context_type = ?"
                " AND uid = ? AND record_uid = ?",
                (
                    entry.state.value,
                    to_text(entry.at),
                    entry.link.kind.value,
                    entry.link.context_type,
                    entry.link.uid,
                    entry.record_uid,
                ),
            )
        else:
            connection.execute(_SAVE, _values(entry))


def _values(entry: TimelineEntry) -> tuple[object, ...]:
    return (
        entry.link.kind.value,
        entry.link.context_type,
        entry.link.uid,
        entry.record_uid,
        entry.state.value,
        to_text(entry.at),
        entry.subject,
        entry.sender,
        json.dumps(entry.recipients, ensure_ascii=False),
        entry.provider,
        entry.link.label,
    )


def _entry(row: Row) -> TimelineEntry:
    return TimelineEntry(
        link=ContextLink(LinkKind(row[0]), row[2], row[1], row[10]),
        record_uid=row[3],
        state=TimelineState(row[4]),
        at=from_text(row[5]),
        subject=row[6],
        sender=row[7],
        recipients=tuple(json.loads(row[8])),
        provider=row[9],
    )
