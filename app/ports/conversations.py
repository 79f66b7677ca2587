"""What is kept of conversations: the index, originals, people, how far the sync is. Protocols and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from app.domain.conversation import (
        Conversation,
        MessageHeader,
        OriginalMessage,
        Person,
        ThreadRef,
    )
    from app.ports.carrying import SyncPage


class ConversationStore(Protocol):
    """The local index of conversations, and the latest message of those that were looked at."""

    def save_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Keep what a list or a search gave; what the sync knows better stays."""
        ...

    def search(self, account_uid: str, text: str, limit: int = 100) -> list[Conversation]: ...
    def save_original(self, original: OriginalMessage) -> None: ...
    def find_latest(self, ref: ThreadRef) -> OriginalMessage | None: ...
    def newest_message_id(self, ref: ThreadRef) -> str:
        """Give the provider's id of the newest message the index knows, or an empty text."""
        ...

    def forget_account(self, account_uid: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """How far an account's index is.

    `round` counts the readings of everything; `is_full` while one is under way. `since` is the day
    it reaches back to. `synced_at` is when there was nothing new the last time.
    """

    cursor: str = ""
    round: int = 0
    is_full: bool = True
    since: datetime | None = None
    synced_at: datetime | None = None


class SyncStore(Protocol):
    """Message headers and where the sync of each account stands, written together."""

    def load_state(self, account_uid: str) -> SyncState: ...
    def apply(
        self, account_uid: str, page: SyncPage, state: SyncState, own: Collection[str]
    ) -> list[Person]:
        """Write a page and the state after it in one transaction; give the people it taught."""
        ...

    def add_sent(
        self, account_uid: str, header: MessageHeader, own: Collection[str]
    ) -> list[Person]:
        """Write one message before the provider tells of it; give the people it taught."""
        ...

    def finish(self, account_uid: str, state: SyncState, own: Collection[str]) -> None:
        """End a round: drop what a full reading no longer met and what is older than `since`."""
        ...

    def drop_thread(self, ref: ThreadRef) -> None: ...


class PeopleStore(Protocol):
    """Whom the accounts wrote to and heard from."""

    def list_people(self, account_uid: str) -> list[Person]: ...
    def forget_person(self, key: str, at: datetime) -> None:
        """Suggest an address no more, until it is written to again after `at`."""
        ...
