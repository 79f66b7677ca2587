"""Contacts, deals and timelines as they are kept. Protocols and plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from app.domain.account import Mailbox
    from app.domain.contact import Contact, Deal, TimelineEntry
    from app.domain.draft import ContextLink, Draft
    from app.domain.fields import Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """By what contacts or deals are known: uid, id elsewhere, or e-mail (deals: name) key."""

    uids: Collection[str] = ()
    external_ids: Collection[str] = ()
    words: Collection[str] = ()


class ContactStore(Protocol):
    """People. Raises StoreError."""

    def find_contacts(self, keys: Keys) -> list[Contact]: ...
    def search_contacts(self, text: str = "", limit: int = 200) -> list[Contact]:
        """Give contacts with every word of `text`, by name."""
        ...

    def change_contacts(
        self, keys: Keys, change: Callable[[list[Contact]], Sequence[Contact]]
    ) -> None:
        """Write what `change` makes of the contacts known by `keys`, in one transaction."""
        ...


class DealStore(Protocol):
    """Opportunities. Raises StoreError."""

    def find_deals(self, keys: Keys) -> list[Deal]: ...
    def search_deals(self, text: str = "", limit: int = 200) -> list[Deal]: ...
    def deals_of(self, contact_uid: str) -> list[Deal]: ...
    def change_deals(self, keys: Keys, change: Callable[[list[Deal]], Sequence[Deal]]) -> None: ...


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """A record whose timelines are behind, as of one step (`seq`) of the history."""

    record_uid: str
    seq: int


class TimelineStore(Protocol):
    """Timelines and the outbox that feeds them. Raises StoreError."""

    def collect(self) -> bool:
        """Note every linked record that changed since the last call; True if there is more."""
        ...

    def list_pending(self, limit: int = 200) -> list[PendingEntry]: ...
    def settle(self, done: Sequence[tuple[PendingEntry, Sequence[TimelineEntry]]]) -> None:
        """Write entries and forget what was pending, in one transaction."""
        ...

    def list_entries(self, link: ContextLink, limit: int = 200) -> list[TimelineEntry]: ...


class FieldResolver(Protocol):
    """Puts values in the place of a draft's fields."""

    def fill(self, draft: Draft, mailbox: Mailbox | None) -> Filled: ...
