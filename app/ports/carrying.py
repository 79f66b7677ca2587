"""One account at a provider: carrying mail, reading conversations, naming mailboxes. Protocols and plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from app.domain.account import Account, Capability
    from app.domain.conversation import (
        Conversation,
        MessageHeader,
        OriginalAttachment,
        OriginalMessage,
        ThreadRef,
    )
    from app.domain.draft import ReplyContext
    from app.domain.mail_tips import MailTip
    from app.domain.outbound import Receipt, RenderedMessage
    from app.runtime.cancel import CancelToken


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
    """What the provider answered when asked about an uncertain send.

    WAITING: it has the message and its moment has not come, by its own clock.
    """

    SENT = "sent"
    NOT_SENT = "not_sent"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer to "was it sent?" with what it rests on, in words for the record.

    `sent_at` is when, if the provider says so. Of a message it was to send later: `left_s` are the
    seconds until that moment by the provider's clock, `draft` is where it is kept now.
    """

    verdict: Verdict
    found: str
    receipt: Receipt | None = None
    sent_at: datetime | None = None
    left_s: float = 0.0
    draft: ProviderDraft | None = None


def _not_kept(state: str) -> None:
    """Keep nothing: an upload that breaks off begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """What a provider needs to carry one message, and where to report.

    `open_spool` gives the rendered MIME; `open_blob` an attachment by its SHA-256. `upload_state` is
    what an earlier attempt gave to `save_upload_state`: sealed by the provider, for it alone.
    `send_at` asks the provider to keep the message and send it then; a moment that is past: at once.
    """

    uid: str
    message: RenderedMessage
    reply: ReplyContext | None
    open_spool: Callable[[], IO[bytes]]
    open_blob: Callable[[str], IO[bytes]]
    cancel: CancelToken
    progress: Callable[[int, int], None]
    upload_state: str = field(default="", repr=False)
    save_upload_state: Callable[[str], None] = _not_kept
    send_at: datetime | None = None


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


class Withdrawer(Protocol):
    """Gets back what the provider keeps until its moment. Only where Capability.DEFER is."""

    def withdraw(self, draft: ProviderDraft, carriage: Carriage) -> Evidence:
        """Delete it there, then look whether it went all the same; NOT_SENT: it will not go.

        Raises Unavailable, Throttled, SignInRequired: it may be deleted or not.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """One page of conversations and where the next begins ("" at the end)."""

    conversations: tuple[Conversation, ...]
    next_page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """One step of a synchronisation.

    `headers` are messages as they are now; of the threads in `whole_threads` they are all there are.
    `gone` are ids of messages that are no more. `cursor` says where to go on, also after a restart;
    without `has_more` there is nothing new for the time being. `is_expired`: the provider no longer
    knows the cursor, so everything must be read again from an empty one.
    """

    headers: tuple[MessageHeader, ...] = ()
    whole_threads: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    cursor: str = ""
    has_more: bool = False
    is_expired: bool = False


class ConversationSource(Protocol):
    """Conversations as the provider has them. Raises ProviderError, SignInRequired."""

    def fetch_changes(self, cursor: str, *, since: datetime, cancel: CancelToken) -> SyncPage:
        """Give what changed after the cursor; with an empty one all mail since a day, newest first."""
        ...

    def list_conversations(self, *, page: str = "", limit: int = 50) -> ConversationPage: ...
    def search_conversations(self, text: str, *, limit: int = 50) -> ConversationPage: ...
    def fetch_latest(self, ref: ThreadRef, kept: OriginalMessage | None = None) -> OriginalMessage:
        """Give the newest message; `kept` if that is it: a message never changes."""
        ...

    def fetch_attachment(
        self,
        message_id: str,
        file: OriginalAttachment,
        take: Callable[[bytes], object],
        cancel: CancelToken,
    ) -> None:
        """Give a file of a message piece by piece. Raises NotFound if it is no more, Cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxInfo:
    """One address an account may send from, as the provider tells it."""

    address: str
    display_name: str = ""
    is_default: bool = False
    reply_to: str = ""
    signature_html: str = ""


class TipSource(Protocol):
    """What the provider knows of recipients before a message is sent. Only with Capability.READ."""

    def fetch_tips(self, addresses: Sequence[str], cancel: CancelToken) -> dict[str, MailTip]:
        """Give what is known, by address (casefolded). Raises ProviderError, SignInRequired, Cancelled."""
        ...


class Provider(Carrier, Withdrawer, ConversationSource, TipSource, Protocol):
    """One account at Gmail or Outlook."""

    @property
    def capabilities(self) -> frozenset[Capability]: ...
    def fetch_mailboxes(self) -> list[MailboxInfo]: ...
    def close(self) -> None: ...


class ProviderFactory(Protocol):
    """Makes (and keeps) the provider of an account."""

    def provider(self, account: Account) -> Provider: ...
    def forget(self, account_uid: str) -> None: ...
