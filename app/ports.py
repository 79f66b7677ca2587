"""What the core asks of its adapters, written from the caller's need. Protocols and plain values only.

Methods that do I/O may raise the AppErrors named; none may be called on the GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from app.domain.account import Account, AccountState, Capability, Mailbox, ProviderKind
    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.domain.draft import Draft, ReplyContext
    from app.domain.outbound import (
        HistoryEntry,
        OutboundEmail,
        OutboundState,
        Reason,
        Receipt,
        RenderedMessage,
    )
    from app.runtime.cancel import CancelToken


class Clock(Protocol):
    """Time, injected."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class Ids(Protocol):
    """The mint of ids, injected."""

    def new_uid(self) -> str: ...
    def new_token(self, size_bytes: int = 12) -> str: ...


# --- local state -------------------------------------------------------------------------------


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


class OutboxView(StrEnum):
    """Which records a list shows."""

    OUTBOX = "outbox"
    SCHEDULED = "scheduled"
    SENT = "sent"
    ALL = "all"


class OutboxStore(Protocol):
    """Records and their history; every write is durable when the call returns."""

    def enqueue(
        self, record: OutboundEmail, draft: Draft, entry: HistoryEntry, key: KeyClaim | None = None
    ) -> Enqueued:
        """Claim the key and write the record in one transaction.

        Also moves the draft from the drafts into the record. Raises IdempotencyConflict,
        StoreFull, StoreBusy.
        """
        ...

    def advance(
        self,
        old: OutboundEmail,
        new: OutboundEmail,
        entry: HistoryEntry,
        restore: Draft | None = None,
    ) -> OutboundEmail:
        """Write `new` and its history if the row is still exactly `old`; the only way to change one.

        `restore` becomes a draft again in the same transaction.

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
class Usage:
    """What a mailbox sent in a window of time, and when the earliest of it was accepted."""

    messages: int
    recipients: int
    earliest_at: datetime | None


class OutboxPlans(Protocol):
    """What is due, for whom, and what was sent."""

    def list_next(self, now: datetime, busy: Collection[str]) -> list[Waiting]:
        """Give the first due record of every account that is not busy."""
        ...

    def find_next_due(self, now: datetime) -> datetime | None: ...
    def list_open(self) -> list[Waiting]: ...
    def usage(self, mailbox_uid: str, since: datetime) -> Usage: ...
    def find_twin(self, fingerprint: str, since: datetime) -> str | None: ...


class ConversationStore(Protocol):
    """The local index of conversations."""

    def save_conversations(self, conversations: Sequence[Conversation]) -> None: ...
    def search(self, account_uid: str, text: str, limit: int = 100) -> list[Conversation]: ...
    def save_original(self, original: OriginalMessage) -> None: ...
    def find_latest(self, ref: ThreadRef) -> OriginalMessage | None: ...
    def forget_account(self, account_uid: str) -> None: ...


class Lease(Protocol):
    """One process delivers per profile."""

    def acquire(self) -> bool:
        """Take or keep the lease; False while another live process holds it."""
        ...

    def release(self) -> None: ...
    def changed_elsewhere(self) -> bool:
        """Say whether another process wrote to the profile since the last call."""
        ...


# --- secrets and sign-in -----------------------------------------------------------------------


class Vault(Protocol):
    """Sealed secrets by name."""

    def load(self, name: str) -> bytes | None: ...
    def save(self, name: str, secret: bytes) -> None: ...
    def forget(self, name: str) -> None: ...


class TokenSource(Protocol):
    """Access tokens of one account."""

    def token(self, cancel: CancelToken | None = None) -> str:
        """Give a token that should work. Raises SignInRequired, Unavailable, VaultUnavailable."""
        ...

    def refreshed(self, stale: str, cancel: CancelToken | None = None) -> str:
        """Give a token other than `stale` after a 401; single flight. Raises as `token`."""
        ...


class SignInFlow(StrEnum):
    """How the person signs in."""

    LOOPBACK = "loopback"
    DEVICE = "device"
    PASTE = "paste"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPrompt:
    """What the person must do now: open `url`; with `user_code` type it there."""

    provider: ProviderKind
    flow: SignInFlow
    url: str
    user_code: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A finished sign-in: who it is, what was granted. Tokens are already in the vault."""

    provider: ProviderKind
    address: str
    display_name: str
    scopes: tuple[str, ...]
    capabilities: frozenset[Capability]


class SignIn(Protocol):
    """Signs people in, out and in again. Blocking; runs on a worker."""

    def sign_in(  # noqa: PLR0913  one sign-in in one call
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        account_uid: str,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
        login_hint: str = "",
        ask_redirect: Callable[[], str] | None = None,
    ) -> SignedIn:
        """Run one flow to its end and seal the tokens under `account_uid`.

        `show` is called from the worker thread, once, when the person has something to do;
        `ask_redirect` (paste flow) blocks until the person gives the redirected URL.
        Raises SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable,
        VaultUnavailable, Cancelled.
        """
        ...

    def move_tokens(self, provider: ProviderKind, from_uid: str, to_uid: str) -> None:
        """Keep the tokens sealed under `from_uid` under `to_uid` instead (the account was known)."""
        ...

    def tokens(self, account: Account) -> TokenSource: ...
    def sign_out(self, account: Account) -> None:
        """Revoke where the provider can, and forget the tokens in any case."""
        ...


# --- providers ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDraft:
    """The one-shot token of a send: the provider's own draft.

    Gmail: `draft_id` is the draft's id, `message_id` the draft message's id.
    Graph: both are the message's immutable id.
    """

    draft_id: str
    message_id: str = ""
    thread_id: str = ""


class Verdict(StrEnum):
    """What the provider answered when asked about an uncertain send."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer to "was it sent?" with what it rests on, in words for the record."""

    verdict: Verdict
    found: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """What a provider needs to carry one message, and where to report.

    `open_spool` gives the rendered MIME; `open_blob` an attachment by its SHA-256.
    """

    uid: str
    message: RenderedMessage
    reply: ReplyContext | None
    open_spool: Callable[[], IO[bytes]]
    open_blob: Callable[[str], IO[bytes]]
    cancel: CancelToken
    progress: Callable[[int, int], None]


class Carrier(Protocol):
    """Draft first, then send (PROVIDERS: the once-only rules). Runs on a courier thread.

    create_draft, send_draft raise: Unavailable, Throttled, Rejected, NeedsPerson (certainly not
    accepted), SignInRequired, Cancelled; send_draft also DeliveryUncertain, and DraftGone when the
    provider says that there is no such draft. A create_draft whose answer is lost is Unavailable:
    the draft it may have left is found again by `find_draft`.
    """

    def create_draft(self, carriage: Carriage) -> ProviderDraft: ...
    def find_draft(self, carriage: Carriage) -> ProviderDraft | None:
        """Find a draft made by an attempt whose answer was lost, by our marker; None if there is none."""
        ...

    def send_draft(self, draft: ProviderDraft, carriage: Carriage) -> Receipt: ...
    def ask_outcome(self, draft: ProviderDraft, carriage: Carriage, since: datetime) -> Evidence:
        """Ask whether an uncertain send happened. Raises Unavailable, Throttled, SignInRequired."""
        ...

    def read_back(self, receipt: Receipt, carriage: Carriage) -> Receipt:
        """Add wire Message-ID, thread id and differences from the Sent copy; best effort, may raise ProviderError."""
        ...

    def discard_draft(self, draft: ProviderDraft) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """One page of conversations and where the next begins ("" at the end)."""

    conversations: tuple[Conversation, ...]
    next_page: str = ""


class ConversationSource(Protocol):
    """Conversations as the provider has them. Raises ProviderError, SignInRequired."""

    def list_conversations(self, *, page: str = "", limit: int = 50) -> ConversationPage: ...
    def search_conversations(self, text: str, *, limit: int = 50) -> ConversationPage: ...
    def fetch_latest(self, ref: ThreadRef) -> OriginalMessage: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxInfo:
    """One address an account may send from, as the provider tells it."""

    address: str
    display_name: str = ""
    is_default: bool = False
    reply_to: str = ""
    signature_html: str = ""


class Provider(Carrier, ConversationSource, Protocol):
    """One account at Gmail or Outlook."""

    @property
    def capabilities(self) -> frozenset[Capability]: ...
    def fetch_mailboxes(self) -> list[MailboxInfo]: ...
    def close(self) -> None: ...


class ProviderFactory(Protocol):
    """Makes (and keeps) the provider of an account."""

    def provider(self, account: Account) -> Provider: ...
    def forget(self, account_uid: str) -> None: ...
