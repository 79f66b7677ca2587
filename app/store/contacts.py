"""Contacts in the database: found by uid, id elsewhere or address; written whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.contact import Contact
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from app.ports.contacts import Keys
    from app.store.database import Database, Row

_COLUMNS = (
    "uid, external_id, name, first_name, last_name, company, title, phone, emails, extras,"
    " created_at, updated_at"
)
_NAMES = tuple(_COLUMNS.split(", "))
_KNOWN = (
    f"SELECT {_COLUMNS} FROM contact WHERE uid IN (SELECT value FROM json_each(?))"
    f" UNION SELECT {_COLUMNS} FROM contact"
    " WHERE external_id <> '' AND external_id IN (SELECT value FROM json_each(?))"
    f" UNION SELECT {_COLUMNS} FROM contact WHERE uid IN"
    " (SELECT contact_uid FROM contact_email WHERE key IN (SELECT value FROM json_each(?)))"
)
_TEXTS = ("external_id", "name", "first_name", "last_name", "company", "title", "phone")
_SAVE = (
    f"INSERT INTO contact ({_COLUMNS}, sort_key, haystack) VALUES ({', '.join('?' * 14)})"
    " ON CONFLICT (uid) DO UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}"
        for name in (*_TEXTS, "emails", "extras", "updated_at", "sort_key", "haystack")
    )
)


class SqliteContacts:
    """Implements `ports.ContactStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_contacts(self, keys: Keys) -> list[Contact]:
        """Give every contact known by one of the keys."""
        return [_contact(row) for row in self._database.query(_KNOWN, key_lists(keys))]

    def search_contacts(self, text: str = "", limit: int = 200) -> list[Contact]:
        """Give contacts with every word of `text`, by name."""
        words = text.casefold().split()
        where = " AND ".join(["instr(haystack, ?) > 0"] * len(words)) or "1"
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM contact WHERE {where} ORDER BY sort_key, uid LIMIT ?",
            (*words, limit),
        )
        return [_contact(row) for row in rows]

    def change_contacts(
        self, keys: Keys, change: Callable[[list[Contact]], Sequence[Contact]]
    ) -> None:
        """Write what `change` makes of the contacts known by `keys`: all of it or nothing."""
        with self._database.write() as connection:
            known = [_contact(row) for row in connection.execute(_KNOWN, key_lists(keys))]
            _save(connection, change(known))


def key_lists(keys: Keys) -> tuple[str, str, str]:
    """Give the keys as JSON lists: one bound value each, however many there are."""
    return tuple(json.dumps(list(one)) for one in (keys.uids, keys.external_ids, keys.words))  # type: ignore[return-value]


def _save(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> None:
    connection.executemany(_SAVE, [_values(one) for one in contacts])
    connection.executemany(
        "DELETE FROM contact_email WHERE contact_uid = ?", [(one.uid,) for one in contacts]
    )
    connection.executemany(
        "INSERT INTO contact_email (key, contact_uid) VALUES (?, ?)",
        [(key, one.uid) for one in contacts for key in dict.fromkeys(one.email_keys)],
    )


def _values(one: Contact) -> tuple[object, ...]:
    words = (one.name, one.first_name, one.last_name, one.company, one.title, *one.emails)
    return (
        one.uid,
        *(getattr(one, name) for name in _TEXTS),
        json.dumps(one.emails, ensure_ascii=False),
        json.dumps(dict(one.extras), ensure_ascii=False),
        to_text(one.created_at),
        to_text(one.updated_at),
        one.label.casefold(),
        " ".join(words).casefold(),
    )


def _contact(row: Row) -> Contact:
    value = dict(zip(_NAMES, row, strict=True))
    return Contact(
        uid=value["uid"],
        **{name: value[name] for name in _TEXTS},
        emails=tuple(json.loads(value["emails"])),
        extras=tuple(json.loads(value["extras"]).items()),
        created_at=from_text(value["created_at"]),
        updated_at=from_text(value["updated_at"]),
    )
