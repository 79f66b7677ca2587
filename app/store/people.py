"""Whom the accounts wrote to and heard from: learnt from message headers, forgotten on demand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.store.conversation_values import PERSON_COLUMNS, person_from_row
from app.store.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from app.domain.address import Address
    from app.domain.conversation import MessageHeader, Person
    from app.store.database import Database


class SqlitePeople:
    """Implements `ports.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_people(self, account_uid: str) -> list[Person]:
        """Give everybody an account has to do with."""
        rows = self._database.query(
            f"SELECT {PERSON_COLUMNS} FROM person WHERE account_uid = ?", (account_uid,)
        )
        return [person_from_row(row) for row in rows]

    def forget_person(self, key: str, at: datetime) -> None:
        """Drop an address everywhere and do not learn it again from older or received mail."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM person WHERE key = ?", (key,))
            connection.execute(
                "INSERT OR REPLACE INTO forgotten_person (key, forgotten_at) VALUES (?, ?)",
                (key, to_text(at)),
            )


def learn(
    connection: sqlite3.Connection,
    account_uid: str,
    headers: Sequence[MessageHeader],
    own: Collection[str],
) -> list[Person]:
    """Count the people of messages that were not known before; give them as they stand now."""
    mine = {address.casefold() for address in own}
    counted: Counter[str] = Counter()
    for header in headers:
        for person in _others(header):
            key = person.key
            if person.addr_spec.casefold() in mine or _is_forgotten(connection, key, header):
                continue
            _count(connection, account_uid, person, header)
            counted[key] += 1
    rows = (
        connection.execute(
            f"SELECT {PERSON_COLUMNS} FROM person WHERE account_uid = ? AND key = ?",
            (account_uid, key),
        ).fetchone()
        for key in counted
    )
    return [person_from_row(row) for row in rows]


def _others(header: MessageHeader) -> Iterator[Address]:
    """Whom a sent message went to, or whom a received one came from."""
    if header.is_sent:
        yield from {one.key: one for one in header.recipients}.values()
    elif header.sender is not None:
        yield header.sender


def _is_forgotten(connection: sqlite3.Connection, key: str, header: MessageHeader) -> bool:
    row = connection.execute(
        "SELECT forgotten_at FROM forgotten_person WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return False
    if header.is_sent and to_text(header.sent_at) > row[0]:
        # Written to again: the person means it.
        connection.execute("DELETE FROM forgotten_person WHERE key = ?", (key,))
        return False
    return True


def _count(
    connection: sqlite3.Connection, account_uid: str, person: Address, header: MessageHeader
) -> None:
    at = to_text(header.sent_at)
    connection.execute(
        "INSERT INTO person (account_uid, key, address, name, written, received, last_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_uid, key) DO UPDATE SET"
        " written = written + excluded.written, received = received + excluded.received,"
        # A name that is newer is better, unless it is none.
        " name = CASE WHEN excluded.name <> '' AND (name = '' OR excluded.last_at >= last_at)"
        " THEN excluded.name ELSE name END,"
        " last_at = max(last_at, excluded.last_at)",
        (
            account_uid,
            person.key,
            person.addr_spec,
            person.name,
            int(header.is_sent),
            int(not header.is_sent),
            at,
        ),
    )
