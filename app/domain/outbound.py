"""The durable record of a send: states, reasons and the one transition table. Pure.

scheduled ─due─▶ queued ─claim─▶ sending ─▶ sent
    │              │                │ ├──▶ failed     refused, or gave up; ─dismiss─▶ cancelled
    └──cancel──▶ cancelled          │ ├──▶ queued     not accepted; due_at = back-off
                                    │ ├──▶ held       needs the person
                                    └─┴──▶ uncertain ─reconcile─▶ sent | queued | failed

A message that the provider keeps until its moment goes from sending back to scheduled, and from there
to sent or uncertain once the provider was asked.
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
    HAND_OVER = "hand_over"
    AT_PROVIDER = "at_provider"
    CANCELLING = "cancelling"
    TAKING_BACK = "taking_back"
    TOO_LATE = "too_late"
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
    # Handed over and kept by the provider until its moment; then about to be taken away from there.
    WAITING = "waiting"
    WITHDRAWING = "withdrawing"


class Keeper(StrEnum):
    """Who keeps a scheduled message until its moment and sends it then."""

    COMPUTER = "computer"
    PROVIDER = "provider"


_S = OutboundState
TRANSITIONS: dict[OutboundState, frozenset[OutboundState]] = {
    _S.SCHEDULED: frozenset({_S.QUEUED, _S.SENDING, _S.CANCELLED, _S.HELD, _S.SENT, _S.UNCERTAIN}),
    _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.HELD, _S.FAILED, _S.SCHEDULED}),
    _S.SENDING: frozenset({_S.SENT, _S.FAILED, _S.QUEUED, _S.HELD, _S.UNCERTAIN, _S.SCHEDULED}),
    _S.UNCERTAIN: frozenset({_S.SENT, _S.QUEUED, _S.FAILED, _S.HELD, _S.UNCERTAIN, _S.SCHEDULED}),
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
    likeness: str = ""
    provider_draft_id: str = ""
    provider_draft_message_id: str = ""
    # Sealed by the provider; in no export, answer, history or log.
    upload_state: str = field(default="", repr=False)
    receipt: Receipt | None = None
    # The moment that was chosen; `due_at` is when the outbox looks at the record next.
    planned_at: datetime | None = None
    keeper: Keeper = Keeper.COMPUTER
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

    @property
    def goes_at(self) -> datetime:
        """Give the moment a scheduled message is to go out."""
        return self.planned_at or self.due_at

    @property
    def is_at_provider(self) -> bool:
        """Say whether the provider keeps it, to send it by itself."""
        return self.step in _AT_PROVIDER

    @property
    def is_at_work(self) -> bool:
        """Say whether a scheduled record is about to be handed over, or to be got back."""
        return self.state is OutboundState.SCHEDULED and self.reason in _AT_WORK

    def is_for_later(self, now: datetime) -> bool:
        """Say whether the provider is to send it at a moment that has not come."""
        is_ahead = self.planned_at is not None and self.planned_at > now
        return is_ahead and self.keeper is Keeper.PROVIDER


_AT_PROVIDER = frozenset({DeliveryStep.WAITING, DeliveryStep.WITHDRAWING})
_AT_WORK = frozenset({Reason.HAND_OVER, Reason.CANCELLING, Reason.TAKING_BACK})
