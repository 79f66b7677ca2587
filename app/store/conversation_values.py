"""Conversations, headers, people and originals as columns, and back. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.domain.address import Address
from app.domain.conversation import (
    Conversation,
    MessageHeader,
    OriginalAttachment,
    OriginalKind,
    OriginalMessage,
    Person,
    ThreadRef,
)
from app.domain.folding import index_words
from app.store.times import from_text, from_text_or_none, to_text, to_text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.store.database import Row

CONVERSATION_COLUMNS = (
    "account_uid, thread_id, subject, participants, snippet, last_at, last_sender, message_count,"
    " has_attachments"
)
HEADER_COLUMNS = (
    "account_uid, message_id, thread_id, sent_at, subject, sender, recipients, snippet,"
    " has_attachments, is_sent, hidden"
)
PERSON_COLUMNS = "account_uid, address, name, written, received, last_at"


def people_to_text(addresses: Iterable[Address]) -> str:
    """Write addresses as JSON."""
    return json.dumps([[one.addr_spec, one.name] for one in addresses], ensure_ascii=False)


def people_from_text(text: str) -> tuple[Address, ...]:
    """Read addresses."""
    return _addresses(json.loads(text))


def conversation_values(one: Conversation) -> tuple[object, ...]:
    """Give the columns of a conversation."""
    return (
        one.ref.account_uid,
        one.ref.thread_id,
        one.subject,
        people_to_text(one.participants),
        one.snippet,
        to_text(one.last_at),
        one.last_sender,
        one.message_count,
        int(one.has_attachments),
    )


def searchable_words(one: Conversation) -> str:
    """Give the words a conversation is found by."""
    people = (text for who in one.participants for text in (who.name, who.addr_spec))
    return index_words((one.subject, *people, one.snippet))


def conversation_from_row(row: Row) -> Conversation:
    """Read the columns of a conversation."""
    return Conversation(
        ref=ThreadRef(row[0], row[1]),
        subject=row[2],
        participants=people_from_text(row[3]),
        snippet=row[4],
        last_at=from_text(row[5]),
        last_sender=row[6],
        message_count=row[7],
        has_attachments=bool(row[8]),
    )


def header_values(one: MessageHeader) -> tuple[object, ...]:
    """Give the columns of a message header."""
    return (
        one.ref.account_uid,
        one.provider_message_id,
        one.ref.thread_id,
        to_text(one.sent_at),
        one.subject,
        people_to_text((one.sender,) if one.sender else ()),
        people_to_text(one.recipients),
        one.snippet,
        int(one.has_attachments),
        int(one.is_sent),
        one.hidden,
    )


def header_from_row(row: Row) -> MessageHeader:
    """Read the columns of a message header."""
    sender = people_from_text(row[5])
    return MessageHeader(
        ref=ThreadRef(row[0], row[2]),
        provider_message_id=row[1],
        sent_at=from_text(row[3]),
        subject=row[4],
        sender=sender[0] if sender else None,
        recipients=people_from_text(row[6]),
        snippet=row[7],
        has_attachments=bool(row[8]),
        is_sent=bool(row[9]),
        hidden=row[10],
    )


def person_from_row(row: Row) -> Person:
    """Read the columns of a person."""
    return Person(
        account_uid=row[0],
        address=Address(row[1], row[2]),
        written=row[3],
        received=row[4],
        last_at=from_text(row[5]),
    )


def original_to_text(original: OriginalMessage) -> str:
    """Write a message as JSON."""
    value = {
        "provider_message_id": original.provider_message_id,
        "message_id": original.message_id,
        "references": original.references,
        "in_reply_to": original.in_reply_to,
        "subject": original.subject,
        "sender": _pairs([original.sender] if original.sender else []),
        "to": _pairs(original.to),
        "cc": _pairs(original.cc),
        "reply_to": _pairs(original.reply_to),
        "mail_followup_to": _pairs(original.mail_followup_to),
        "sent_at": to_text_or_none(original.sent_at),
        "text": original.text,
        "html": original.html,
        "attachments": [
            [
                one.provider_id,
                one.filename,
                one.media_type,
                one.size_bytes,
                one.content_id,
                one.kind.value,
            ]
            for one in original.attachments
        ],
    }
    return json.dumps(value, ensure_ascii=False)


def original_from_text(ref: ThreadRef, text: str) -> OriginalMessage:
    """Read a message."""
    fields: dict[str, Any] = json.loads(text)
    sender = _addresses(fields.pop("sender"))
    files = fields.pop("attachments")
    people: dict[str, Any] = {
        name: _addresses(fields.pop(name)) for name in ("to", "cc", "reply_to", "mail_followup_to")
    }
    return OriginalMessage(
        ref=ref,
        sender=sender[0] if sender else None,
        sent_at=from_text_or_none(fields.pop("sent_at")),
        references=tuple(fields.pop("references")),
        attachments=tuple(_file_of(*one) for one in files),
        **people,
        **fields,
    )


def _file_of(  # noqa: PLR0917  the columns in their order
    provider_id: str,
    filename: str,
    media_type: str,
    size_bytes: int,
    content_id: str = "",
    kind: str = OriginalKind.FILE,
) -> OriginalAttachment:
    """Read a file; messages kept by earlier versions have the first four fields."""
    return OriginalAttachment(
        provider_id=provider_id,
        filename=filename,
        media_type=media_type,
        size_bytes=size_bytes,
        content_id=content_id,
        kind=OriginalKind(kind),
    )


def _pairs(addresses: Iterable[Address]) -> list[list[str]]:
    return [[one.addr_spec, one.name] for one in addresses]


def _addresses(pairs: Iterable[Sequence[str]]) -> tuple[Address, ...]:
    return tuple(Address(spec, name) for spec, name in pairs)
