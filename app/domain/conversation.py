"""Conversations and the messages in them, as far as a composer needs. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.address import Address

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """The provider's join key: Gmail threadId or Graph conversationId, per account."""

    account_uid: str
    thread_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One row of the picker."""

    ref: ThreadRef
    subject: str
    participants: tuple[Address, ...]
    snippet: str
    last_at: datetime
    message_count: int
    has_attachments: bool = False
    last_sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalAttachment:
    """A file of an original message, not fetched yet."""

    provider_id: str
    filename: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalMessage:
    """A message one may reply to. `html` and `text` are as the provider gave them: untrusted."""

    ref: ThreadRef
    provider_message_id: str
    message_id: str
    references: tuple[str, ...]
    subject: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    sent_at: datetime | None
    text: str
    html: str
    reply_to: tuple[Address, ...] = ()
    mail_followup_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    attachments: tuple[OriginalAttachment, ...] = ()
