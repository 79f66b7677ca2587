"""The people and opportunities of a profile: imported, found, looked up. Never on the GUI thread."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from app.contacts.cards import contacts_of_cards, is_cards
from app.contacts.decoding import decode
from app.contacts.merging import ContactMerger, DealMerger, Tally
from app.contacts.rows import contacts_of_table, deals_of_table
from app.domain.contact import ImportReport, RowError, email_key
from app.domain.draft import LinkKind
from app.domain.errors import NotFound
from app.ports.contacts import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.contacts.rows import IncomingContact, IncomingDeal
    from app.domain.contact import Contact, Deal
    from app.domain.draft import ContextLink
    from app.ports import Clock, Ids
    from app.ports.contacts import ContactStore, DealStore

LARGEST_BYTES = 200_000_000
# One transaction each: short enough that a mail being sent does not wait for it.
BATCH = 1000
T = TypeVar("T")


class Contacts:
    """Contacts and deals."""

    def __init__(self, *, contacts: ContactStore, deals: DealStore, clock: Clock, ids: Ids) -> None:
        self._contacts = contacts
        self._deals = deals
        self._clock = clock
        self._ids = ids

    # --- finding ---

    def find(self, text: str) -> Contact | None:
        """Give the contact with this uid, address or id elsewhere; None if there is none."""
        found = self._contacts.find_contacts(
            Keys(uids=(text,), external_ids=(text,), words=(email_key(text),))
        )
        return next((one for one in found if one.uid == text), next(iter(found), None))

    def get(self, text: str) -> Contact:
        """Give a contact as `find` does.

        Raises:
            NotFound: there is none.
        """
        found = self.find(text)
        if found is None:
            raise NotFound(kind="contact", uid=text)
        return found

    def find_deal(self, text: str) -> Deal | None:
        """Give the deal with this uid or id elsewhere; None if there is none."""
        found = self._deals.find_deals(Keys(uids=(text,), external_ids=(text,)))
        return next((one for one in found if one.uid == text), next(iter(found), None))

    def get_deal(self, text: str) -> Deal:
        """Give a deal as `find_deal` does.

        Raises:
            NotFound: there is none.
        """
        found = self.find_deal(text)
        if found is None:
            raise NotFound(kind="deal", uid=text)
        return found

    def search(self, text: str = "", limit: int = 200) -> list[Contact]:
        """Give contacts with every word of `text`, by name."""
        return self._contacts.search_contacts(text, limit)

    def search_deals(self, text: str = "", limit: int = 200) -> list[Deal]:
        """Give deals with every word of `text`, by name."""
        return self._deals.search_deals(text, limit)

    def deals_of(self, contact_uid: str) -> list[Deal]:
        """Give the deals of a contact, by name."""
        return self._deals.deals_of(contact_uid)

    def link(self, kind: LinkKind, text: str) -> ContextLink:
        """Give the link that logs a mail against a contact or deal.

        Raises:
            NotFound: there is none.
        """
        return self.get(text).link if kind is LinkKind.CONTACT else self.get_deal(text).link

    def links(
        self, contacts: Iterable[str], deals: Iterable[str]
    ) -> tuple[tuple[ContextLink, ...], tuple[NotFound, ...]]:
        """Give the links of contacts and deals by any of their names, and who is not known."""
        found: dict[ContextLink, None] = {}
        unknown: list[NotFound] = []
        for kind, texts in ((LinkKind.CONTACT, contacts), (LinkKind.DEAL, deals)):
            for text in texts:
                try:
                    found[self.link(kind, text)] = None
                except NotFound as error:
                    unknown.append(error)
        return tuple(found), tuple(unknown)

    # --- importing ---

    def import_contacts(self, data: bytes, *, separator: str = "") -> ImportReport:
        """Take in a CSV table or a set of vCards; a row with an error changes nothing.

        Raises:
            StoreError: the rows before are kept; importing again goes on.
        """
        now = self._clock.now()

        def read(text: str) -> Iterator[IncomingContact | RowError]:
            if is_cards(text):
                return contacts_of_cards(text, now)
            return contacts_of_table(text, now, separator)

        return _import(data, read, self._take_contacts)

    def import_deals(self, data: bytes, *, separator: str = "") -> ImportReport:
        """Take in a CSV table of deals; their contacts must be known.

        Raises:
            StoreError: the rows before are kept; importing again goes on.
        """
        now = self._clock.now()
        return _import(data, lambda text: deals_of_table(text, now, separator), self._take_deals)

    def _take_contacts(self, batch: list[IncomingContact], tally: Tally) -> None:
        found = [one.contact for one in batch]
        keys = Keys(
            uids={one.uid for one in found if one.uid},
            external_ids={one.external_id for one in found if one.external_id},
            words={key for one in found for key in one.email_keys},
        )

        def change(known: list[Contact]) -> list[Contact]:
            merger = ContactMerger(known, self._ids.new_uid, tally)
            for one in batch:
                merger.take(one)
            return merger.changed()

        self._contacts.change_contacts(keys, change)

    def _take_deals(self, batch: list[IncomingDeal], tally: Tally) -> None:
        found = [one.deal for one in batch]
        emails = {email_key(email) for one in batch for email in one.emails}
        people = self._contacts.find_contacts(Keys(words=emails)) if emails else []
        by_email = {key: one.uid for one in people for key in one.email_keys}
        keys = Keys(
            uids={one.uid for one in found if one.uid},
            external_ids={one.external_id for one in found if one.external_id},
            words={one.key for one in found},
        )

        def change(known: list[Deal]) -> list[Deal]:
            merger = DealMerger(known, by_email, self._ids.new_uid, tally)
            for one in batch:
                merger.take(one)
            return merger.changed()

        self._deals.change_deals(keys, change)


def _import(
    data: bytes,
    read: Callable[[str], Iterator[T | RowError]],
    take: Callable[[list[T], Tally], None],
) -> ImportReport:
    """Read everything in batches, one transaction each."""
    if len(data) > LARGEST_BYTES:
        return _refused("too_large")
    try:
        text, encoding = decode(data)
    except ValueError:
        return _refused("not_text")
    tally = Tally()
    rows = read(text)
    while items := list(islice(rows, BATCH)):
        tally.rows += len(items)
        tally.errors += [one for one in items if isinstance(one, RowError)]
        take([one for one in items if not isinstance(one, RowError)], tally)
    return ImportReport(
        rows=tally.rows,
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        encoding=encoding,
        errors=tuple(sorted(tally.errors, key=lambda one: one.row)),
    )


def _refused(reason: str) -> ImportReport:
    return ImportReport(errors=(RowError(row=1, column="", reason=reason),))
