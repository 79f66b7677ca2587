"""What an import makes of what is known: new, updated, as before, or refused. Pure.

An empty cell erases nothing; what a row says replaces what was known; addresses add up, the row's
first. A row that would melt two contacts into one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain.contact import Contact, Deal, RowError, email_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.contacts.rows import IncomingContact, IncomingDeal

_CONTACT_TEXTS = (
    "name",
    "first_name",
    "last_name",
    "company",
    "title",
    "phone",
    "external_id",
)
_DEAL_VALUES = ("name", "amount", "currency", "stage", "company", "closes_on", "external_id")


@dataclass(slots=True)
class Tally:
    """What was counted so far."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, row: int, column: str, reason: str, value: str = "") -> None:
        """Note a row that is left out."""
        self.errors.append(RowError(row=row, column=column, reason=reason, value=value))


class ContactMerger:
    """Holds the contacts that a batch of rows may meet."""

    def __init__(self, known: Iterable[Contact], new_uid: Callable[[], str], tally: Tally) -> None:
        self._new_uid = new_uid
        self._tally = tally
        self._changed: dict[str, Contact] = {}
        self._by_uid: dict[str, Contact] = {}
        self._by_external: dict[str, str] = {}
        self._by_email: dict[str, str] = {}
        for contact in known:
            self._remember(contact)

    def take(self, incoming: IncomingContact) -> None:
        """Merge one row."""
        contact, row = incoming.contact, incoming.row
        met = self._met(contact)
        if len(met) > 1:
            self._tally.refuse(row, "", "two_contacts")
            return
        if not met:
            self._keep(replace(contact, uid=contact.uid or self._new_uid()))
            self._tally.created += 1
            return
        known = self._by_uid[met.pop()]
        fault = _conflict(known, contact)
        if fault:
            self._tally.refuse(row, *fault)
            return
        merged = _merged(known, contact)
        if replace(merged, updated_at=known.updated_at) == known:
            self._tally.unchanged += 1
            return
        self._keep(merged)
        self._tally.updated += 1

    def changed(self) -> list[Contact]:
        """Give what is to be written."""
        return list(self._changed.values())

    def _met(self, contact: Contact) -> set[str]:
        found = {contact.uid} if contact.uid in self._by_uid else set()
        if contact.external_id in self._by_external:
            found.add(self._by_external[contact.external_id])
        found |= {self._by_email[key] for key in contact.email_keys if key in self._by_email}
        return found

    def _keep(self, contact: Contact) -> None:
        self._changed[contact.uid] = contact
        self._remember(contact)

    def _remember(self, contact: Contact) -> None:
        self._by_uid[contact.uid] = contact
        if contact.external_id:
            self._by_external[contact.external_id] = contact.uid
        for key in contact.email_keys:
            self._by_email[key] = contact.uid


def _conflict(known: Contact, contact: Contact) -> tuple[str, str, str] | None:
    if contact.external_id and known.external_id not in {"", contact.external_id}:
        return "email", "email_taken", contact.email
    if contact.uid and contact.uid != known.uid:
        return "uid", "other_uid", contact.uid
    return None


def _merged(known: Contact, contact: Contact) -> Contact:
    texts = {name: getattr(contact, name) or getattr(known, name) for name in _CONTACT_TEXTS}
    emails = {email_key(one): one for one in reversed((*contact.emails, *known.emails))}
    # An address keeps the spelling it has, so that a second import of a file changes nothing.
    emails |= {email_key(one): one for one in known.emails}
    order = dict.fromkeys(map(email_key, (*contact.emails, *known.emails)))
    return replace(
        known,
        **texts,
        emails=tuple(emails[key] for key in order),
        extras=tuple({**dict(known.extras), **dict(contact.extras)}.items()),
        updated_at=contact.updated_at,
    )


class DealMerger:
    """Holds the deals that a batch of rows may meet, and the contacts by address."""

    def __init__(
        self,
        known: Iterable[Deal],
        contacts: dict[str, str],
        new_uid: Callable[[], str],
        tally: Tally,
    ) -> None:
        self._contacts = contacts
        self._new_uid = new_uid
        self._tally = tally
        self._changed: dict[str, Deal] = {}
        self._by_uid: dict[str, Deal] = {}
        self._by_external: dict[str, str] = {}
        self._by_key: dict[str, list[str]] = {}
        for deal in known:
            self._remember(deal)

    def take(self, incoming: IncomingDeal) -> None:
        """Merge one row."""
        row = incoming.row
        stranger = next(
            (one for one in incoming.emails if email_key(one) not in self._contacts), ""
        )
        if stranger:
            self._tally.refuse(row, "contact", "unknown_contact", stranger)
            return
        uids = [self._contacts[email_key(one)] for one in incoming.emails]
        deal = replace(
            incoming.deal, contact_uids=tuple(dict.fromkeys([*incoming.deal.contact_uids, *uids]))
        )
        known = self._met(deal)
        if known is None:
            self._keep(replace(deal, uid=deal.uid or self._new_uid()))
            self._tally.created += 1
        elif deal.uid and deal.uid != known.uid:
            self._tally.refuse(row, "uid", "other_uid", deal.uid)
        elif replace(merged := _merged_deal(known, deal), updated_at=known.updated_at) == known:
            self._tally.unchanged += 1
        else:
            self._keep(merged)
            self._tally.updated += 1

    def changed(self) -> list[Deal]:
        """Give what is to be written."""
        return list(self._changed.values())

    def _met(self, deal: Deal) -> Deal | None:
        """Find the deal a row is about; a name tells only where there is no id."""
        if deal.uid in self._by_uid:
            return self._by_uid[deal.uid]
        if deal.external_id:
            uid = self._by_external.get(deal.external_id)
            return self._by_uid[uid] if uid else None
        if deal.uid:
            return None
        same = [self._by_uid[uid] for uid in self._by_key.get(deal.key, ())]
        return next(iter(same), None)

    def _keep(self, deal: Deal) -> None:
        self._changed[deal.uid] = deal
        self._remember(deal)

    def _remember(self, deal: Deal) -> None:
        self._by_uid[deal.uid] = deal
        if deal.external_id:
            self._by_external[deal.external_id] = deal.uid
        uids = self._by_key.setdefault(deal.key, [])
        if deal.uid not in uids:
            uids.append(deal.uid)


def _merged_deal(known: Deal, deal: Deal) -> Deal:
    values = {}
    for name in _DEAL_VALUES:
        new = getattr(deal, name)
        values[name] = getattr(known, name) if new in {"", None} else new
    return replace(
        known,
        **values,
        contact_uids=tuple(dict.fromkeys([*known.contact_uids, *deal.contact_uids])),
        extras=tuple({**dict(known.extras), **dict(deal.extras)}.items()),
        updated_at=deal.updated_at,
    )
