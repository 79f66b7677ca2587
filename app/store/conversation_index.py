"""The rows of the full-text index, kept in step with the conversations. Works on an open transaction.

FTS5 gives matches in order of rowid and stops at the limit (https://www.sqlite.org/fts5.html), so a
conversation's rowid is its place in time: the newest hundred of 100,000 are read, not sorted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.store.conversation_values import (
    CONVERSATION_COLUMNS,
    conversation_values,
    searchable_words,
)

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from app.domain.conversation import Conversation

_SERIAL_BITS = 18
_SECOND_BITS = 34
_OWNER_SHIFT = _SERIAL_BITS + _SECOND_BITS
_DELETE = (
    "INSERT INTO conversation_words (conversation_words, rowid, words) VALUES ('delete', ?, ?)"
)


def place_of(owner: int, at: datetime) -> int:
    """Give the first place of a second."""
    seconds = min(max(int(at.timestamp()), 0), (1 << _SECOND_BITS) - 1)
    return (owner << _OWNER_SHIFT) | (seconds << _SERIAL_BITS)


def places_of(owner: int) -> tuple[int, int]:
    """Give the first and the last place of an account."""
    return owner << _OWNER_SHIFT, ((owner + 1) << _OWNER_SHIFT) - 1


def owner_number(connection: sqlite3.Connection, account_uid: str) -> int:
    """Give the account's number, a new one if it has none yet."""
    connection.execute(
        "INSERT OR IGNORE INTO conversation_owner (account_uid) VALUES (?)", (account_uid,)
    )
    found = connection.execute(
        "SELECT number FROM conversation_owner WHERE account_uid = ?", (account_uid,)
    ).fetchone()
    return int(found[0])


def put(connection: sqlite3.Connection, owner: int, one: Conversation) -> None:
    """Write a conversation in place of what was known of it."""
    values = conversation_values(one)
    row = connection.execute(
        f"SELECT place, words, {CONVERSATION_COLUMNS} FROM conversation"
        " WHERE account_uid = ? AND thread_id = ?",
        values[:2],
    ).fetchone()
    words = searchable_words(one)
    if row is not None:
        if row[1:] == (words, *values):
            return
        connection.execute(_DELETE, row[:2])
        connection.execute("DELETE FROM conversation WHERE place = ?", row[:1])
    place = _free_place(connection, place_of(owner, one.last_at))
    connection.execute(
        f"INSERT INTO conversation (place, {CONVERSATION_COLUMNS}, words)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (place, *values, words),
    )
    connection.execute(
        "INSERT INTO conversation_words (rowid, words) VALUES (?, ?)", (place, words)
    )


def drop(connection: sqlite3.Connection, account_uid: str, thread_id: str) -> None:
    """Take a conversation out with all that is kept of it."""
    rows = connection.execute(
        "SELECT place, words FROM conversation WHERE account_uid = ? AND thread_id = ?",
        (account_uid, thread_id),
    ).fetchall()
    for row in rows:
        connection.execute(_DELETE, row)
    for table in ("conversation", "message_header", "original"):
        connection.execute(
            f"DELETE FROM {table} WHERE account_uid = ? AND thread_id = ?", (account_uid, thread_id)
        )


def drop_all(connection: sqlite3.Connection, account_uid: str) -> None:
    """Take out every conversation of an account."""
    connection.execute(
        "INSERT INTO conversation_words (conversation_words, rowid, words)"
        " SELECT 'delete', place, words FROM conversation WHERE account_uid = ?",
        (account_uid,),
    )
    for table in ("conversation", "message_header", "original"):
        connection.execute(f"DELETE FROM {table} WHERE account_uid = ?", (account_uid,))


def _free_place(connection: sqlite3.Connection, first: int) -> int:
    last = first | ((1 << _SERIAL_BITS) - 1)
    taken = connection.execute(
        "SELECT max(place) FROM conversation WHERE place BETWEEN ? AND ?", (first, last)
    ).fetchone()[0]
    return first if taken is None else int(taken) + 1
