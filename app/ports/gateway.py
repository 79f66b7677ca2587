"""What the loopback gateway keeps and asks for: keys, answers, counters, files, far files.

Protocols and plain values only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.domain.conversation import ThreadRef
    from app.domain.permission import Permission
    from app.ports.local import Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key somebody may call the gateway with; never its secret."""

    uid: str
    name: str
    secret_sha256: str
    permissions: frozenset[Permission]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class KeyStore(Protocol):
    """API keys, by their public id."""

    def save_key(self, key: ApiKey) -> None: ...
    def find_key(self, uid: str) -> ApiKey | None: ...
    def list_keys(self) -> list[ApiKey]: ...
    def revoke_key(self, uid: str, at: datetime) -> None: ...
    def touch_key(self, uid: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """A response as it was given, byte for byte."""

    status: int
    body: bytes
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One use of an idempotency key; `claim` names it in the outbox, `answer` is there once it ended."""

    claim: str
    fingerprint: str
    answer: StoredAnswer | None = None


class AnswerStore(Protocol):
    """Uses of idempotency keys; every write is durable when the call returns."""

    def find(self, scope: str, key: str, now: datetime) -> Run | None:
        """Give the use of a key that has not expired."""
        ...

    def begin(self, scope: str, key: str, run: Run, *, now: datetime, until: datetime) -> Run:
        """Write `run` down, or give the one that is there and has not expired.

        Its answer is kept with it if it is known already.
        """
        ...

    def finish(self, scope: str, key: str, claim: str, answer: StoredAnswer) -> None: ...
    def give_up(self, scope: str, key: str, claim: str) -> None: ...
    def find_claimed(self, scope: str, claim: str) -> str | None:
        """Give the uid of the record that was enqueued under a claim."""
        ...

    def sweep(self, now: datetime) -> int:
        """Forget what has expired; give how many."""
        ...


class UseStore(Protocol):
    """How many messages a key sent on a day."""

    def take(self, key_uid: str, day: str, cap: int) -> int | None:
        """Count one more; give how many it makes, None if that would be more than `cap`."""
        ...

    def give_back(self, key_uid: str, day: str) -> None: ...
    def used(self, key_uid: str, day: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that was uploaded to be attached later."""

    key: str
    owner_uid: str
    filename: str
    media_type: str
    size_bytes: int
    sha256: str
    created_at: datetime


class FileStore(Protocol):
    """Uploaded files by their storage key. The key is looked up, never used as a path."""

    def save_file(self, file: KeptFile) -> None: ...
    def find_file(self, key: str, owner_uid: str) -> KeptFile | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message that was shown to a caller, with all that a reply to it needs."""

    uid: str
    ref: ThreadRef
    owner_address: str
    provider_message_id: str
    message_id: str
    ancestors: tuple[str, ...]
    subject: str


class Threads(Protocol):
    """Finds conversations and messages by the ids callers know."""

    def save_shown(self, message: ShownMessage) -> None: ...
    def find_shown(self, uid: str) -> ShownMessage | None: ...
    def find_account(self, thread_id: str) -> str | None:
        """Give the account whose conversation this is, as far as it is known here."""
        ...

    def records_of_thread(self, account_uid: str, thread_id: str) -> list[str]:
        """Give the uids of what we sent into a conversation, oldest first."""
        ...

    def record_of_draft(self, draft_uid: str) -> str | None:
        """Give the newest record that a draft became and that was not cancelled."""
        ...

    def list_outbound(self, *, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Give number and uid of records, newest first, with a number below `before`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A far file, kept."""

    blob: Blob
    filename: str
    media_type: str


class FileFetcher(Protocol):
    """Gets a file from a web address that somebody else wrote down."""

    def fetch(self, url: str, limit_bytes: int) -> Fetched:
        """Get and keep it.

        Raises:
            AttachmentBlocked: the address or what is there is refused (`detail` says why).
            AttachmentMissing: nothing came.
            AttachmentTooLarge: more than `limit_bytes`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayData:
    """Everything the gateway keeps.

    What is written inside `together` is one transaction, durable at its end; one inside another is a
    part of it that is undone alone if it raises.
    """

    together: Callable[[], AbstractContextManager[object]]
    answers: AnswerStore
    uses: UseStore
    files: FileStore
    threads: Threads
