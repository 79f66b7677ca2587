"""OutboundEmails and their history in the database; every write is durable when the call returns.

The only statements that change a record are the INSERT of `enqueue` and the UPDATE of `advance`,
a compare-and-set on the row's version.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.errors import IdempotencyConflict, NotFound, StoreDamaged, TooLate
from app.domain.history import chain_hash
from app.domain.outbound import HistoryEntry, OutboundState, check_transition
from app.mime.draft_json import draft_from_dict
from app.ports import Enqueued
from app.store.drafts import dump_draft, insert_draft
from app.store.record_lists import VIEWS
from app.store.record_rows import (
    COLUMNS,
    changed_values,
    content_values,
    load_record,
    record_values,
)
from app.store.spool import insert_spool
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3

    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.ports import KeyClaim, OutboxView
    from app.store.database import Database, Row

_SELECT = (
    f"SELECT {', '.join('o.' + name for name in COLUMNS)}, c.content, c.reply, c.links"
    " FROM outbound o JOIN outbound_content c ON c.uid = o.uid"
)


class SqliteRecords:
    """Implements `ports.OutboxStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(
        self,
        record: OutboundEmail,
        draft: Draft,
        entry: HistoryEntry,
        key: KeyClaim | None = None,
        spool: bytes = b"",
    ) -> Enqueued:
        """Claim the key, write record, bytes and history, drop the draft: all of it or nothing."""

        def write(connection: sqlite3.Connection) -> str | None:
            earlier = _claim(connection, key, record) if key else None
            if earlier is None:
                if spool:
                    insert_spool(connection, record.message.sha256, spool)
                _insert(connection, record, draft)
                _insert_step(connection, record.uid, entry, "")
                connection.execute("DELETE FROM draft WHERE uid = ?", (draft.uid,))
            return earlier

        earlier = self._database.shared.run(write)
        if earlier is None:
            return Enqueued(record=record)
        found = self.find(earlier)
        if found is None:
            raise NotFound(kind="record", uid=earlier)
        return Enqueued(record=found, is_replay=True)

    def advance(
        self,
        old: OutboundEmail,
        new: OutboundEmail,
        entry: HistoryEntry,
        restore: Draft | None = None,
        *,
        before: HistoryEntry | None = None,
    ) -> OutboundEmail:
        """Write `new` if the row is still `old`."""
        if new.state is not old.state:
            check_transition(old.state, new.state)
        values = changed_values(old, new)

        def write(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                f"UPDATE outbound SET {''.join(f'{name} = ?, ' for name in values)}"
                "version = version + 1 WHERE uid = ? AND version = ?",
                (*values.values(), old.uid, old.version),
            ).rowcount
            if changed != 1:
                raise TooLate(state=_state_of(connection, old.uid))
            for one in (before, entry):
                if one is not None and one.event:
                    _append(connection, old.uid, one)
            if restore is not None:
                insert_draft(connection, restore)

        self._database.shared.run(write)
        return replace(new, version=old.version + 1)

    def find(self, uid: str) -> OutboundEmail | None:
        """Give one record."""
        rows = self._database.query(f"{_SELECT} WHERE o.uid = ?", (uid,))
        return load_record(rows[0]) if rows else None

    def list_records(
        self, view: OutboxView, text: str = "", limit: int = 500
    ) -> list[OutboundEmail]:
        """Give records of a view, newest change first, that contain every word of `text`."""
        words = text.casefold().split()
        where = f"({VIEWS[view]})" + " AND instr(o.haystack, ?) > 0" * len(words)
        rows = self._database.query(
            f"{_SELECT} WHERE {where} ORDER BY o.seq DESC LIMIT ?", (*words, limit)
        )
        return [load_record(row) for row in rows]

    def history(self, uid: str) -> list[HistoryEntry]:
        """Give every step of a record, oldest first."""
        rows = self._database.query(
            "SELECT at, state, event, detail, hash FROM outbound_history WHERE uid = ?"
            " ORDER BY seq",
            (uid,),
        )
        try:
            return [_entry(row) for row in rows]
        except ValueError as error:
            raise StoreDamaged(path=uid, detail=f"unreadable step: {error}") from error

    def submitted_draft(self, uid: str) -> Draft | None:
        """Give exactly the draft version that was submitted."""
        rows = self._database.query("SELECT draft FROM outbound_content WHERE uid = ?", (uid,))
        return draft_from_dict(json.loads(rows[0][0])) if rows else None


def _entry(row: Row) -> HistoryEntry:
    return HistoryEntry(
        at=from_text(row[0]),
        state=OutboundState(row[1]),
        event=row[2],
        detail=json.loads(row[3]),
        hash=row[4],
    )


def _claim(connection: sqlite3.Connection, key: KeyClaim, record: OutboundEmail) -> str | None:
    row = connection.execute(
        "SELECT fingerprint, uid FROM idempotency WHERE scope = ? AND key = ?", (key.scope, key.key)
    ).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO idempotency (scope, key, fingerprint, uid, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (key.scope, key.key, key.fingerprint, record.uid, to_text(record.created_at)),
        )
        return None
    if row[0] != key.fingerprint:
        raise IdempotencyConflict(key=key.key)
    return str(row[1])


def _insert(connection: sqlite3.Connection, record: OutboundEmail, draft: Draft) -> None:
    values = record_values(record)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO outbound ({', '.join(values)}) VALUES ({marks})",
        tuple(values.values()),
    )
    connection.execute(
        "INSERT INTO outbound_content (uid, content, reply, links, draft) VALUES (?, ?, ?, ?, ?)",
        (record.uid, *content_values(record), dump_draft(draft)),
    )


def _append(connection: sqlite3.Connection, uid: str, entry: HistoryEntry) -> None:
    row = connection.execute(
        "SELECT hash FROM outbound_history WHERE uid = ? ORDER BY seq DESC LIMIT 1", (uid,)
    ).fetchone()
    _insert_step(connection, uid, entry, row[0] if row else "")


def _insert_step(
    connection: sqlite3.Connection, uid: str, entry: HistoryEntry, before: str
) -> None:
    detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True)
    connection.execute(
        "INSERT INTO outbound_history (uid, at, state, event, detail, hash)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            uid,
            to_text(entry.at),
            entry.state.value,
            entry.event,
            detail,
            chain_hash(before, uid, entry),
        ),
    )


def _state_of(connection: sqlite3.Connection, uid: str) -> str:
    row = connection.execute("SELECT state FROM outbound WHERE uid = ?", (uid,)).fetchone()
    return str(row[0]) if row else "gone"
