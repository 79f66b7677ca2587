"""Puts the parts of this package together over their stores. Holds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.contacts.directory import Contacts
from app.contacts.filling import FieldFiller
from app.contacts.timelines import TimelineFeed, Timelines

if TYPE_CHECKING:
    from app.ports import Clock, Ids, OutboxStore
    from app.ports.contacts import ContactStore, DealStore, TimelineStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where people, opportunities and timelines are kept."""

    contacts: ContactStore
    deals: DealStore
    timelines: TimelineStore
    records: OutboxStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactParts:
    """What the rest of the program uses of it."""

    contacts: Contacts
    timelines: Timelines
    feed: TimelineFeed

    def close(self) -> None:
        """Finish what the timelines are at."""
        self.feed.close()


def filler(keeping: Keeping) -> FieldFiller:
    """Give what fills the fields of a draft."""
    return FieldFiller(contacts=keeping.contacts, deals=keeping.deals)


def assemble(keeping: Keeping, *, clock: Clock, ids: Ids) -> ContactParts:
    """Make the parts; the caller wakes the feed when records changed."""
    timelines = Timelines(store=keeping.timelines, records=keeping.records)
    return ContactParts(
        contacts=Contacts(contacts=keeping.contacts, deals=keeping.deals, clock=clock, ids=ids),
        timelines=timelines,
        feed=TimelineFeed(timelines),
    )
