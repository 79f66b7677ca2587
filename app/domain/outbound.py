"""The durable record of a send: states, reasons and the one transition table. Pure.

scheduled ─due─▶ queued ─claim─▶ sending ─▶ sent
    │              │                │ ├──▶ failed     refused, or gave up; ─dismiss─▶ cancelled
    └──cancel──▶ cancelled          │ ├──▶ queued     not accepted; due_at = back-off
                                    │ ├──▶ held       needs the person
                                    └─┴──▶ uncertain ─reconcile─▶ sent | queued | failed
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.address import Address
from app.domain.errors import TooLate

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.attachment import Attachment
    from app.domain.draft import ContextLink, ReplyContext


class OutboundState(StrEnum):
    """Where a record stands."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Say whether nothing more happens by itself or by the person's retry of the same act."""
        return self in _FINAL


_FINAL = frozenset({OutboundState.SENT, OutboundState.FAILED, OutboundState.CANCELLED})


class Reason(StrEnum):
    """Why a record waits or failed; one of these is on every row that is not moving."""

    NONE = "none"
    UNDO_WINDOW = "undo_window"
    SCHEDULED = "scheduled"
    OFFLINE = "offline"
    PROVIDER_DOWN = "provider_down"
    THROTTLED = "throttled"
    DAILY_LIMIT = "daily_limit"
    OWN_LIMIT = "own_limit"
    SIGN_IN = "sign_in"
    VAULT = "vault"
    POLICY = "policy"
    MISSED = "missed"
    SETTLING = "settling"
    UNSETTLED = "unsettled"
    REJECTED = "rejected"
    TOO_LARGE = "too_large"
    CONTENT_CHANGED = "content_changed"
    GAVE_UP = "gave_up"
    BY_PERSON = "by_person"
    BUG = "bug"


class DeliveryStep(StrEnum):
    """How far the present attempt got; persisted before each step (the point of no return is SEND)."""

    NONE = "none"
    DRAFTING = "drafting"
    DRAFTED = "drafted"
    SENDING = "sending"
    ACCEPTED = "accepted"


_S = OutboundState
TRANSITIONS: dict[OutboundState, frozenset[OutboundState]] = {
    _S.SCHEDULED: frozenset({_S.QUEUED, _S.SENDING, _S.CANCELLED, _S.HELD}),
    _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.HELD, _S.FAILED, _S.SCHEDULED}),
    _S.SENDING: frozenset({_S.SENT, _S.FAILED, _S.QUEUED, _S.HELD, _S.UNCERTAIN}),
    _S.UNCERTAIN: frozenset({_S.SENT, _S.QUEUED, _S.FAILED, _S.HELD, _S.UNCERTAIN}),
    _S.HELD: frozenset({_S.QUEUED, _S.CANCELLED, _S.FAILED, _S.UNCERTAIN}),
    _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
    _S.SENT: frozenset(),
}


def check_transition(old: OutboundState, new: OutboundState) -> None:
    """Refuse a change of state that is not in the table.

    Raises:
        TooLate: the record has moved on.
    """
    if new not in TRANSITIONS[old]:
        raise TooLate(state=old.value, wanted=new.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who it is from and everybody it goes to, Bcc included (RFC 5321 sense)."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Give everybody it goes to."""
        return (*self.to, *self.cc, *self.bcc)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """What goes out, before any wire form: complete bodies (quote included) and threading headers."""

    envelope: Envelope
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    message_id: str
    marker: str
    date: datetime
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """The finished MIME in the spool."""

    content: MessageContent
    sha256: str
    size_bytes: int
    frozen_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider gave back for an accepted send."""

    provider_message_id: str
    provider_thread_id: str = ""
    wire_message_id: str = ""
    request_id: str = ""
    http_status: int = 0
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One step of a record, chained by hash to the one before."""

    at: datetime
    state: OutboundState
    event: str
    detail: dict[str, str]
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundEmail:
    """The durable record a submission creates: in the outbox until final, then history."""

    uid: str
    state: OutboundState
    reason: Reason
    account_uid: str
    mailbox_uid: str
    provider: ProviderKind
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    message: RenderedMessage
    draft_uid: str = ""
    reply: ReplyContext | None = None
    links: tuple[ContextLink, ...] = ()
    step: DeliveryStep = DeliveryStep.NONE
    attempts: int = 0
    asks: int = 0
    priority: int = 0
    fingerprint: str = ""
    provider_draft_id: str = ""
    provider_draft_message_id: str = ""
    # Sealed by the provider; in no export, answer, history or log.
    upload_state: str = field(default="", repr=False)
    receipt: Receipt | None = None
    sent_at: datetime | None = None
    uncertain_at: datetime | None = None
    idempotency_key: str = ""
    source: str = "window"
    detail: str = ""
    version: int = 0

    @property
    def subject(self) -> str:
        """Give the subject as composed."""
        return self.message.content.subject

    @property
    def envelope(self) -> Envelope:
        """Give sender and recipients."""
        return self.message.content.envelope
