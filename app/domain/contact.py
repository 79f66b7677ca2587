"""People and opportunities that mail is logged against, and what an import found. Pure values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.address import Address
from app.domain.draft import ContextLink, LinkKind

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

# The columns a file had beyond the known ones, by name; a tuple so that the value stays immutable.
Extras = tuple[tuple[str, str], ...]

_GAPS = re.compile(r"[^\w]+")


def slug(text: str) -> str:
    """Give the name by which a column or field is known: `E-mail 1 – Value` → `e_mail_1_value`."""
    return _GAPS.sub("_", text.strip().casefold()).strip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person one writes to. The first of `emails` is the one to write to."""

    uid: str
    created_at: datetime
    updated_at: datetime
    emails: tuple[str, ...] = ()
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    phone: str = ""
    external_id: str = ""
    extras: Extras = ()

    @property
    def email(self) -> str:
        """Give the address to write to; empty if none is known."""
        return self.emails[0] if self.emails else ""

    @property
    def label(self) -> str:
        """Give the shortest thing a person recognises."""
        whole = self.name or f"{self.first_name} {self.last_name}".strip()
        return whole or self.email or self.company

    @property
    def email_keys(self) -> tuple[str, ...]:
        """Give what makes its addresses equal to others."""
        return tuple(email_key(one) for one in self.emails)

    @property
    def link(self) -> ContextLink:
        """Give the link that logs a mail against it."""
        return ContextLink(LinkKind.CONTACT, self.uid, "", self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An opportunity. `amount` and `currency` are apart, so that sums can be made."""

    uid: str
    created_at: datetime
    updated_at: datetime
    name: str
    amount: Decimal | None = None
    currency: str = ""
    stage: str = ""
    company: str = ""
    closes_on: date | None = None
    contact_uids: tuple[str, ...] = ()
    external_id: str = ""
    extras: Extras = ()

    @property
    def amount_text(self) -> str:
        """Give the amount as people write it: `24,000` or `24,000.50`."""
        if self.amount is None:
            return ""
        whole = self.amount == self.amount.to_integral_value()
        return f"{self.amount:,.0f}" if whole else f"{self.amount:,.2f}"

    @property
    def label(self) -> str:
        """Give name and amount."""
        money = f"{self.amount_text} {self.currency}".strip()
        return f"{self.name} · {money}" if money else self.name

    @property
    def key(self) -> str:
        """Give what makes two deals without an id of their own the same."""
        return deal_key(self.name, self.company)

    @property
    def link(self) -> ContextLink:
        """Give the link that logs a mail against it."""
        return ContextLink(LinkKind.DEAL, self.uid, "", self.label)


def email_key(address: str) -> str:
    """Give what makes two addresses the same."""
    return address.lower() if address.isascii() and '"' not in address else Address(address).key


def deal_key(name: str, company: str) -> str:
    """Give what makes two deals the same: name and company, whatever their case and blanks."""
    return "\n".join(" ".join(text.casefold().split()) for text in (name, company))


class TimelineState(StrEnum):
    """What a timeline says of a mail."""

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One mail on the timeline of one contact, deal or context; its state follows the record's."""

    link: ContextLink
    record_uid: str
    state: TimelineState
    at: datetime
    subject: str
    sender: str
    recipients: tuple[str, ...]
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """Why a row was not taken. Rows count from 1, the heading included; cards count from 1."""

    row: int
    column: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. A row with an error changed nothing; the others are kept."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    encoding: str = ""
    errors: tuple[RowError, ...] = ()
