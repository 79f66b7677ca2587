"""Puts contacts, deals and timelines together over their stores; called by `wiring`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.contacts.assembly import Keeping
from app.store.contacts import SqliteContacts
from app.store.deals import SqliteDeals
from app.store.timelines import SqliteTimelines

if TYPE_CHECKING:
    from app.ports import OutboxStore
    from app.store.database import Database


def keep_contacts(database: Database, records: OutboxStore) -> Keeping:
    """Give the stores of the address book."""
    return Keeping(
        contacts=SqliteContacts(database),
        deals=SqliteDeals(database),
        timelines=SqliteTimelines(database),
        records=records,
    )
