"""What is kept in the profile: blobs, drafts, accounts, records, the lease. Protocols and plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from app.domain.account import Account, AccountState, Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import HistoryEntry, OutboundEmail, OutboundState, Reason
    from app.runtime.cancel import CancelToken


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes kept under their SHA-256 (lower-case hexadecimal)."""

    sha256: str
    size_bytes: int


class BlobWriter(Protocol):
    """Bytes on their way into the blob store; nothing is kept until `commit`."""

    def write(self, data: bytes, /) -> int: ...
    def commit(self) -> Blob:
        """Make the bytes durable and give their name. Raises StoreFull, StoreError."""
        ...


class BlobStore(Protocol):
    """Content-addressed files: attachment snapshots and rendered messages."""

    def snapshot(
        self,
        source: Path,
        cancel: CancelToken | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Blob:
        """Copy a file in. Raises AttachmentMissing, StoreFull, Cancelled."""
        ...

    def writer(self) -> AbstractContextManager[BlobWriter]: ...
    def put(self, data: bytes) -> Blob: ...
    def open(self, sha256: str) -> IO[bytes]:
        """Open kept bytes for reading. Raises AttachmentChanged if they are gone."""
        ...

    def path(self, sha256: str) -> Path: ...
    def collect(self, in_use: Iterable[str]) -> int:
        """Delete what nobody refers to; give the number of bytes freed."""
        ...


class DraftStore(Protocol):
    """Drafts, whole values; an older revision never overwrites a newer one."""

    def load(self, uid: str) -> Draft | None: ...
    def save(self, draft: Draft) -> None: ...
    def discard(self, uid: str) -> None: ...
    def list_drafts(self, limit: int = 200) -> list[Draft]: ...


class AccountStore(Protocol):
    """Accounts and their mailboxes. Never tokens."""

    def list_accounts(self) -> list[Account]: ...
    def list_mailboxes(self) -> list[Mailbox]: ...
    def save(self, account: Account, mailboxes: Sequence[Mailbox]) -> None: ...
    def set_state(self, account_uid: str, state: AccountState, at: datetime) -> None: ...
    def set_default(self, mailbox_uid: str) -> None: ...
    def remove(self, account_uid: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyClaim:
    """An idempotency key, whose it is (`scope`) and the fingerprint of what it was used for."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """What `OutboxStore.enqueue` did: the record, and whether it existed under the same key."""

    record: OutboundEmail
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a repair found: empty `damage` means that the database was whole.

    `rebuilt` names the search indexes that did not hold.
    """

    damage: str = ""
    set_aside: str = ""
    saved: dict[str, int] = field(default_factory=dict)
    broken_files: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    freed_bytes: int = 0


class OutboxView(StrEnum):
    """Which records a list shows."""

    OUTBOX = "outbox"
    SCHEDULED = "scheduled"
    SENT = "sent"
    # Cancelled, taken back, or failed and dismissed.
    NOT_SENT = "not_sent"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """Records for a list: without their bodies. `before` asks for the next page, None: no more."""

    records: tuple[OutboundEmail, ...]
    before: int | None = None


Standing = tuple["OutboundState", "Reason"]


class OutboxLists(Protocol):
    """Long lists of records, page by page."""

    def page(
        self, view: OutboxView, text: str = "", before: int | None = None, limit: int = 100
    ) -> RecordPage:
        """Give the next records, newest first, that hold every word of `text`."""
        ...

    def count(self, view: OutboxView) -> int: ...
    def tally(self, view: OutboxView, text: str = "") -> dict[Standing, int]:
        """Count the records of a view that hold every word of `text`, by how they stand."""
        ...

    def uids(
        self, view: OutboxView, text: str = "", standing: Collection[Standing] | None = None
    ) -> list[str]:
        """Give every such record, newest first; with `standing` only those that stand so."""
        ...


class OutboxStore(Protocol):
    """Records and their history; every write is durable when the call returns."""

    def enqueue(
        self,
        record: OutboundEmail,
        draft: Draft,
        entry: HistoryEntry,
        key: KeyClaim | None = None,
        spool: bytes = b"",
    ) -> Enqueued:
        """Claim the key and write the record in one transaction.

        Also moves the draft from the drafts into the record, and keeps the rendered bytes if they
        are given (`spool`) and not in a file already. Raises IdempotencyConflict,
        StoreFull, StoreBusy.
        """
        ...

    def advance(
        self,
        old: OutboundEmail,
        new: OutboundEmail,
        entry: HistoryEntry,
        restore: Draft | None = None,
        *,
        before: HistoryEntry | None = None,
    ) -> OutboundEmail:
        """Write `new` and its history if the row is still exactly `old`; the only way to change one.

        `restore` becomes a draft again in the same transaction; `before` is a line of history that
        comes before `entry`, for a step that was taken since `old` was written.

        Raises:
            TooLate: the row has moved on since `old` was read.
        """
        ...

    def find(self, uid: str) -> OutboundEmail | None: ...
    def list_records(
        self, view: OutboxView, text: str = "", limit: int = 500
    ) -> list[OutboundEmail]: ...
    def history(self, uid: str) -> list[HistoryEntry]: ...
    def submitted_draft(self, uid: str) -> Draft | None:
        """Give exactly the draft version that was submitted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The few columns the dispatcher plans with."""

    uid: str
    state: OutboundState
    reason: Reason
    account_uid: str
    mailbox_uid: str
    recipients: int
    due_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A message an account sent, through our outbox or by another program.

    `key` is the provider's id of it, or the record's where that is not known.
    """

    key: str
    sent_at: datetime
    recipients: int
    is_ours: bool


class OutboxPlans(Protocol):
    """What is due, for whom, and what was sent."""

    def list_next(self, now: datetime, busy: Collection[str]) -> list[Waiting]:
        """Give the first due record of every account that is not busy."""
        ...

    def find_next_due(self, now: datetime) -> datetime | None: ...
    def list_open(self) -> list[Waiting]: ...
    def list_sent(self, account_uid: str, since: datetime) -> list[SentMail]:
        """Give what an account sent, as far as records and the index of conversations tell."""
        ...

    def find_twin(self, likeness: str, since: datetime) -> str | None: ...
    def blobs_in_use(self) -> set[str]:
        """Give the SHA-256 of every kept file that a draft or a record refers to."""
        ...


class SentCopies(Protocol):
    """Which sent messages nobody has compared with the provider's copy."""

    def list_unread(self, since: datetime) -> list[tuple[str, str]]:
        """Give account and record of what was sent since a moment and never read back."""
        ...


class Lease(Protocol):
    """One process delivers per profile."""

    def acquire(self) -> bool:
        """Take or keep the lease; False while another live process holds it."""
        ...

    def release(self) -> None: ...
    def changed_elsewhere(self) -> bool:
        """Say whether another process wrote to the profile since the last call."""
        ...
