"""Conversations and the messages in them, as far as a composer needs. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.address import Address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

_MOST_PARTICIPANTS = 50


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


class OriginalKind(StrEnum):
    """What stands among the files of an original message."""

    FILE = "file"
    MESSAGE = "message"
    """Another item of the mailbox: mostly a message, sometimes an event or a person."""
    LINK = "link"
    """Only the address of a file that lies elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalAttachment:
    """A file of an original message, not fetched yet.

    `provider_id` finds it in its message, also later: Gmail's part number, Graph's attachment id.
    """

    provider_id: str
    filename: str
    media_type: str
    size_bytes: int
    content_id: str = ""
    kind: OriginalKind = OriginalKind.FILE


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHeader:
    """What the local index keeps of one message; `is_sent`: the account itself sent it.

    `hidden` is to how many it went as Bcc, as far as the account may know.
    """

    ref: ThreadRef
    provider_message_id: str
    sent_at: datetime
    subject: str
    sender: Address | None
    recipients: tuple[Address, ...]
    snippet: str = ""
    has_attachments: bool = False
    is_sent: bool = False
    hidden: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody an account wrote to or heard from, with how often and when last."""

    account_uid: str
    address: Address
    written: int
    received: int
    last_at: datetime


def conversation_of(headers: Sequence[MessageHeader], own: Collection[str]) -> Conversation:
    """Sum up the messages of one conversation (at least one); `own` are the account's addresses."""
    ordered = sorted(headers, key=lambda one: one.sent_at)
    last = ordered[-1]
    people = [
        person
        for one in reversed(ordered)
        for person in (*((one.sender,) if one.sender else ()), *one.recipients)
    ]
    return Conversation(
        ref=last.ref,
        subject=next((one.subject for one in ordered if one.subject), ""),
        participants=participants(people, own),
        snippet=last.snippet,
        last_at=last.sent_at,
        message_count=len(ordered),
        has_attachments=any(one.has_attachments for one in ordered),
        last_sender=last.sender.label if last.sender else "",
    )


def participants(people: Iterable[Address], own: Collection[str]) -> tuple[Address, ...]:
    """Give everybody once, in order, without oneself unless one is alone."""
    mine = {address.casefold() for address in own}
    everybody: dict[str, Address] = {}
    for person in people:
        known = everybody.get(person.key)
        if known is None or (person.name and not known.name):
            everybody[person.key] = person
    others = [one for one in everybody.values() if one.addr_spec.casefold() not in mine]
    return tuple((others or list(everybody.values()))[:_MOST_PARTICIPANTS])
