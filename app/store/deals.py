"""Deals in the database, with the contacts they belong to."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from app.domain.contact import Deal
from app.store.contacts import key_lists
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from app.ports.contacts import Keys
    from app.store.database import Database, Row

_COLUMNS = (
    "uid, external_id, name, amount, currency, stage, company, closes_on, contact_uids, extras,"
    " created_at, updated_at"
)
_NAMES = tuple(_COLUMNS.split(", "))
_KNOWN = (
    f"SELECT {_COLUMNS} FROM deal WHERE uid IN (SELECT value FROM json_each(?))"
    f" UNION SELECT {_COLUMNS} FROM deal"
    " WHERE external_id <> '' AND external_id IN (SELECT value FROM json_each(?))"
    f" UNION SELECT {_COLUMNS} FROM deal WHERE name_key IN (SELECT value FROM json_each(?))"
)
_SAVE = (
    f"INSERT INTO deal ({_COLUMNS}, name_key, haystack) VALUES ({', '.join('?' * 14)})"
    " ON CONFLICT (uid) DO UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}"
        for name in (*_NAMES, "name_key", "haystack")
        if name not in {"uid", "created_at"}
    )
)


class SqliteDeals:
    """Implements `ports.DealStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_deals(self, keys: Keys) -> list[Deal]:
        """Give every deal known by one of the keys."""
        return [_deal(row) for row in self._database.query(_KNOWN, key_lists(keys))]

    def search_deals(self, text: str = "", limit: int = 200) -> list[Deal]:
        """Give deals with every word of `text`, by name."""
        words = text.casefold().split()
        where = " AND ".join(["instr(haystack, ?) > 0"] * len(words)) or "1"
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM deal WHERE {where} ORDER BY name_key, uid LIMIT ?",
            (*words, limit),
        )
        return [_deal(row) for row in rows]

    def deals_of(self, contact_uid: str) -> list[Deal]:
        """Give a contact's deals, by name."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM deal WHERE uid IN"
            " (SELECT deal_uid FROM deal_contact WHERE contact_uid = ?) ORDER BY name_key, uid",
            (contact_uid,),
        )
        return [_deal(row) for row in rows]

    def change_deals(self, keys: Keys, change: Callable[[list[Deal]], Sequence[Deal]]) -> None:
        """Write what `change` makes of the deals known by `keys`: all of it or nothing."""
        with self._database.write() as connection:
            known = [_deal(row) for row in connection.execute(_KNOWN, key_lists(keys))]
            _save(connection, change(known))


def _save(connection: sqlite3.Connection, deals: Sequence[Deal]) -> None:
    connection.executemany(_SAVE, [_values(one) for one in deals])
    connection.executemany(
        "DELETE FROM deal_contact WHERE deal_uid = ?", [(one.uid,) for one in deals]
    )
    connection.executemany(
        "INSERT OR IGNORE INTO deal_contact (contact_uid, deal_uid) VALUES (?, ?)",
        [(contact_uid, one.uid) for one in deals for contact_uid in one.contact_uids],
    )


def _values(one: Deal) -> tuple[object, ...]:
    return (
        one.uid,
        one.external_id,
        one.name,
        None if one.amount is None else str(one.amount),
        one.currency,
        one.stage,
        one.company,
        one.closes_on.isoformat() if one.closes_on else None,
        json.dumps(one.contact_uids),
        json.dumps(dict(one.extras), ensure_ascii=False),
        to_text(one.created_at),
        to_text(one.updated_at),
        one.key,
        f"{one.name} {one.company} {one.stage}".casefold(),
    )


def _deal(row: Row) -> Deal:
    value = dict(zip(_NAMES, row, strict=True))
    return Deal(
        uid=value["uid"],
        external_id=value["external_id"],
        name=value["name"],
        amount=None if value["amount"] is None else Decimal(value["amount"]),
        currency=value["currency"],
        stage=value["stage"],
        company=value["company"],
        closes_on=date.fromisoformat(value["closes_on"]) if value["closes_on"] else None,
        contact_uids=tuple(json.loads(value["contact_uids"])),
        extras=tuple(json.loads(value["extras"]).items()),
        created_at=from_text(value["created_at"]),
        updated_at=from_text(value["updated_at"]),
    )
