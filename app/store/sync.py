"""Message headers, the conversations they sum up to, and how far each account is read.

A page and the cursor after it are one transaction: whoever dies in between reads the page again and
counts nothing twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.conversation import conversation_of
from app.ports import SyncPage, SyncState
from app.store.conversation_index import drop, owner_number, place_of, places_of, put
from app.store.conversation_values import HEADER_COLUMNS, header_from_row, header_values
from app.store.people import learn
from app.store.times import from_text_or_none, to_text_or_none

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from app.domain.conversation import MessageHeader, Person, ThreadRef
    from app.store.database import Database

_STATE = "cursor, round, is_full, since, synced_at"


class SqliteSync:
    """Implements `ports.SyncStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load_state(self, account_uid: str) -> SyncState:
        """Give how far an account is; an empty state if it was never read."""
        rows = self._database.query(
            f"SELECT {_STATE} FROM sync_state WHERE account_uid = ?", (account_uid,)
        )
        if not rows:
            return SyncState()
        cursor, number, is_full, since, synced_at = rows[0]
        return SyncState(
            cursor=cursor,
            round=number,
            is_full=bool(is_full),
            since=from_text_or_none(since),
            synced_at=from_text_or_none(synced_at),
        )

    def apply(
        self, account_uid: str, page: SyncPage, state: SyncState, own: Collection[str]
    ) -> list[Person]:
        """Write a page and the state after it; give the people it taught."""
        with self._database.write() as connection:
            touched = {*page.whole_threads, *(one.ref.thread_id for one in page.headers)}
            touched |= _drop_gone(connection, account_uid, page.gone)
            people = _keep(connection, account_uid, page.headers, state.round, own)
            _drop_missing(connection, account_uid, page)
            _sum_up(connection, account_uid, touched, own)
            _save_state(connection, account_uid, state)
        return people

    def add_sent(
        self, account_uid: str, header: MessageHeader, own: Collection[str]
    ) -> list[Person]:
        """Write one message before the provider tells of it; give the people it taught."""
        number = self.load_state(account_uid).round

        def write(connection: sqlite3.Connection) -> list[Person]:
            people = _keep(connection, account_uid, [header], number, own)
            _sum_up(connection, account_uid, {header.ref.thread_id}, own)
            return people

        return self._database.shared.run(write)

    def finish(self, account_uid: str, state: SyncState, own: Collection[str]) -> None:
        """End a round: drop what a full reading no longer met and what is too old."""
        with self._database.write() as connection:
            if state.is_full:
                _sweep(connection, account_uid, state.round, own)
            _prune(connection, account_uid, state)
            _save_state(connection, account_uid, replace(state, is_full=False))

    def drop_thread(self, ref: ThreadRef) -> None:
        """Take out a conversation the provider no longer has."""
        with self._database.write() as connection:
            drop(connection, ref.account_uid, ref.thread_id)


def _keep(
    connection: sqlite3.Connection,
    account_uid: str,
    headers: Sequence[MessageHeader],
    number: int,
    own: Collection[str],
) -> list[Person]:
    """Write headers; whoever is in a new one is learnt."""
    new = [one for one in headers if not _is_known(connection, one)]
    marks = ", ".join("?" * (len(HEADER_COLUMNS.split(",")) + 1))
    connection.executemany(
        f"INSERT OR REPLACE INTO message_header ({HEADER_COLUMNS}, round) VALUES ({marks})",
        [(*header_values(one), number) for one in headers],
    )
    return learn(connection, account_uid, new, own)


def _is_known(connection: sqlite3.Connection, one: MessageHeader) -> bool:
    found = connection.execute(
        "SELECT 1 FROM message_header WHERE account_uid = ? AND message_id = ?",
        (one.ref.account_uid, one.provider_message_id),
    )
    return found.fetchone() is not None


def _drop_gone(connection: sqlite3.Connection, account_uid: str, gone: Iterable[str]) -> set[str]:
    """Drop messages by their ids; give the conversations they were in."""
    threads: set[str] = set()
    for message_id in gone:
        rows = connection.execute(
            "DELETE FROM message_header WHERE account_uid = ? AND message_id = ?"
            " RETURNING thread_id",
            (account_uid, message_id),
        ).fetchall()
        threads.update(row[0] for row in rows)
    return threads


def _drop_missing(connection: sqlite3.Connection, account_uid: str, page: SyncPage) -> None:
    """Drop what a whole thread no longer holds."""
    present = {one.provider_message_id for one in page.headers}
    for thread_id in page.whole_threads:
        rows = connection.execute(
            "SELECT message_id FROM message_header WHERE account_uid = ? AND thread_id = ?",
            (account_uid, thread_id),
        ).fetchall()
        _drop_gone(connection, account_uid, (row[0] for row in rows if row[0] not in present))


def _sum_up(
    connection: sqlite3.Connection,
    account_uid: str,
    threads: Iterable[str],
    own: Collection[str],
) -> None:
    """Write the conversations anew from their messages; one without any goes."""
    owner = owner_number(connection, account_uid)
    for thread_id in threads:
        rows = connection.execute(
            f"SELECT {HEADER_COLUMNS} FROM message_header WHERE account_uid = ? AND thread_id = ?",
            (account_uid, thread_id),
        ).fetchall()
        if rows:
            put(connection, owner, conversation_of([header_from_row(row) for row in rows], own))
        else:
            drop(connection, account_uid, thread_id)


def _sweep(
    connection: sqlite3.Connection, account_uid: str, number: int, own: Collection[str]
) -> None:
    """Drop the messages an earlier reading met and this one did not."""
    rows = connection.execute(
        "DELETE FROM message_header WHERE account_uid = ? AND round < ? RETURNING thread_id",
        (account_uid, number),
    ).fetchall()
    _sum_up(connection, account_uid, {row[0] for row in rows}, own)


def _prune(connection: sqlite3.Connection, account_uid: str, state: SyncState) -> None:
    """Drop conversations that ended before the day the index reaches back to."""
    if state.since is None:
        return
    owner = owner_number(connection, account_uid)
    rows = connection.execute(
        "SELECT thread_id FROM conversation WHERE place >= ? AND place < ?",
        (places_of(owner)[0], place_of(owner, state.since)),
    ).fetchall()
    for row in rows:
        drop(connection, account_uid, row[0])


def _save_state(connection: sqlite3.Connection, account_uid: str, state: SyncState) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO sync_state (account_uid, {_STATE}) VALUES (?, ?, ?, ?, ?, ?)",
        (
            account_uid,
            state.cursor,
            state.round,
            int(state.is_full),
            to_text_or_none(state.since),
            to_text_or_none(state.synced_at),
        ),
    )
