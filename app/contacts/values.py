"""The values that fields of a text stand for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.contact import slug

if TYPE_CHECKING:
    from app.domain.account import Mailbox
    from app.domain.contact import Contact, Deal

_MONTHS = (
    "January February March April May June July August September October November December"
).split()


def contact_values(contact: Contact) -> dict[str, str]:
    """Give `contact.…`: the known fields and every other column of the import."""
    return _named("contact", _person(contact), contact.extras)


def me_values(mailbox: Mailbox, own: Contact | None) -> dict[str, str]:
    """Give `me.…`: the mailbox, and the rest from the own card among the contacts, if there is one."""
    card = {name: text for name, text in (_person(own) if own else {}).items() if text}
    first, _, last = mailbox.display_name.rpartition(" ")
    sender = {
        "name": mailbox.display_name,
        "first_name": first or last,
        "last_name": last if first else "",
    }
    # The name in From is the one people see: it goes before the card's.
    given = {name: text for name, text in sender.items() if text and "first_name" not in card}
    merged = {**card, **given, "email": mailbox.address}
    return _named("me", merged, own.extras if own else ())


def deal_values(deal: Deal) -> dict[str, str]:
    """Give `deal.…`."""
    day = deal.closes_on
    values = {
        "name": deal.name,
        "amount": deal.amount_text,
        "currency": deal.currency,
        "stage": deal.stage,
        "company": deal.company,
        "closes_on": f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day else "",
        "id": deal.external_id or deal.uid,
    }
    return _named("deal", values, deal.extras)


def _person(contact: Contact) -> dict[str, str]:
    first, _, last = contact.name.rpartition(" ")
    is_split = bool(contact.first_name or contact.last_name)
    return {
        "name": contact.name or f"{contact.first_name} {contact.last_name}".strip(),
        "first_name": contact.first_name if is_split else first or last,
        "last_name": contact.last_name if is_split else (last if first else ""),
        "email": contact.email,
        "company": contact.company,
        "title": contact.title,
        "phone": contact.phone,
        "id": contact.external_id or contact.uid,
    }


def _named(
    namespace: str, values: dict[str, str], extras: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    others = {f"{namespace}.{slug(name)}": text for name, text in extras}
    return others | {f"{namespace}.{name}": text for name, text in values.items()}
