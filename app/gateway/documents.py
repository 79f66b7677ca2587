"""Drafts, records and conversations as JSON documents. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.draft import BodyMode, LinkKind
from app.gateway.dialect_account import answer as account_answer
from app.gateway.words import conversation_id, millis_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.account import Mailbox
    from app.domain.attachment import Attachment
    from app.domain.conversation import Conversation, OriginalMessage
    from app.domain.draft import Draft
    from app.domain.outbound import HistoryEntry, OutboundEmail


def draft_document(
    draft: Draft, mailbox: Mailbox | None, record: OutboundEmail | None = None
) -> dict[str, Any]:
    """Give a draft; `record` is what it became when it was scheduled or sent."""
    recipients = draft.recipients
    context = next((one for one in draft.links if one.kind is LinkKind.CONTEXT), None)
    is_planned = record is not None and record.state.value == "scheduled"
    return {
        "draft_uid": draft.uid,
        "from_account_id": mailbox.account_uid if mailbox else None,
        "to": [one.format() for one in recipients.to],
        "cc": [one.format() for one in recipients.cc],
        "bcc": [one.format() for one in recipients.bcc],
        "subject": draft.subject,
        "body_text": draft.body.text or None,
        "body_html": draft.body.html if draft.body.mode is BodyMode.HTML else None,
        "attachments": [_file(one) for one in draft.attachments],
        "context_type": context.context_type if context else None,
        "context_id": context.uid if context else None,
        "status": record.state.value if record else "draft",
        "planned_send_at": seconds_text(record.goes_at) if record and is_planned else None,
        "outbound_email_uid": record.uid if record else None,
        "created_at": seconds_text(draft.created_at),
        "updated_at": seconds_text(draft.updated_at),
    }


def outbound_document(
    record: OutboundEmail, history: Iterable[HistoryEntry] | None = None
) -> dict[str, Any]:
    """Give the audit record of a message, with every step if asked for."""
    envelope, content = record.envelope, record.message.content
    document = {
        **account_answer(record),
        "state": record.state.value,
        "reason": record.reason.value,
        "detail": record.detail or None,
        "provider": record.provider.value,
        "from_account_id": record.account_uid,
        "from": envelope.sender.format(),
        "to": [one.format() for one in envelope.to],
        "cc": [one.format() for one in envelope.cc],
        "bcc": [one.format() for one in envelope.bcc],
        "subject": record.subject,
        "attachments": [_file(one) for one in content.attachments],
        "message_id": content.message_id,
        "attempts": record.attempts,
        "planned_send_at": seconds_text(record.goes_at) if record.state == "scheduled" else None,
        "created_at": seconds_text(record.created_at),
        "updated_at": seconds_text(record.updated_at),
        "sha256": record.message.sha256,
        "links": [
            {"kind": one.kind.value, "id": one.uid, "type": one.context_type or None}
            for one in record.links
        ],
    }
    if history is not None:
        document["history"] = [
            {
                "at": millis_text(one.at),
                "state": one.state.value,
                "event": one.event,
                "detail": one.detail,
                "hash": one.hash,
            }
            for one in history
        ]
    return document


def conversation_document(one: Conversation) -> dict[str, Any]:
    """Give a row of the list of conversations; `channelIdentifier` is the thread id."""
    return {
        "_id": conversation_id(one.ref),
        "channelType": "email",
        "channelIdentifier": one.ref.thread_id,
        "accountId": one.ref.account_uid,
        "subject": one.subject,
        "participants": [who.format() for who in one.participants],
        "snippet": one.snippet,
        "messageCount": one.message_count,
        "lastMessageAt": millis_text(one.last_at),
    }


def original_document(original: OriginalMessage, uid: str) -> dict[str, Any]:
    """Give a message somebody wrote to us (or we from elsewhere) as a message document."""
    return {
        "_id": uid,
        "conversationId": conversation_id(original.ref),
        "channelType": "email",
        "isIncoming": True,
        "isInternal": False,
        "status": "received",
        "subject": original.subject,
        "body": original.text,
        "attachments": [
            {"filename": one.filename, "contentType": one.media_type, "size": one.size_bytes}
            for one in original.attachments
        ],
        "emailMetadata": {
            "threadId": original.ref.thread_id,
            "messageId": original.message_id or None,
            "providerMessageId": original.provider_message_id,
            "from": original.sender.format() if original.sender else None,
            "to": [one.format() for one in original.to],
            "cc": [one.format() for one in original.cc],
            "inReplyTo": original.in_reply_to or None,
        },
        "createdAt": millis_text(original.sent_at),
    }


def _file(one: Attachment) -> dict[str, Any]:
    return {
        "filename": one.filename,
        "content_type": one.media_type,
        "size_bytes": one.size_bytes,
        "sha256": one.sha256,
    }
