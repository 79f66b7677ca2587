"""`POST /api/email/messages/send`: from a mailbox named by its address. Request, order, answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from app.domain.account import ProviderKind
from app.domain.conversation import ThreadRef
from app.domain.draft import LinkKind
from app.gateway.dialect_workspace import people, status_word
from app.gateway.fields import (
    MAX_FILES,
    AddressField,
    Line,
    MessageId,
    MessageIds,
    MorePeople,
    People,
    Strict,
    Subject,
)
from app.gateway.order import FileOrder, Order, SenderOrder, ThreadOrder
from app.gateway.refusals import Detail
from app.gateway.validation import exactly_one, read
from app.gateway.words import conversation_id, millis_text

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail

FIELDS = {"reply_to": "to"}
MAX_URL = 2048


class MailboxFile(Strict):
    """An attachment."""

    storageKey: Line | None = None  # noqa: N815  the documented name
    url: Annotated[Line, Field(max_length=MAX_URL)] | None = None


class MailboxSend(Strict):
    """A message from a connected mailbox."""

    sender: Annotated[AddressField, Field(alias="from")]
    to: People
    body: Annotated[str, Field(min_length=1)]
    provider: Literal["gmail", "outlook"] | None = None
    cc: MorePeople | None = None
    bcc: MorePeople | None = None
    subject: Subject | None = None
    isHtml: bool | None = None  # noqa: N815
    threadId: Line | None = None  # noqa: N815
    inReplyTo: MessageId | None = None  # noqa: N815
    references: MessageIds | None = None
    isInternal: bool | None = None  # noqa: N815
    attachments: Annotated[list[MailboxFile], Field(max_length=MAX_FILES)] | None = None


def _not_internal(value: Mapping[str, Any]) -> Iterable[Detail]:
    if value.get("isInternal") is True:
        yield Detail("isInternal", "isInternal must be false: notes are not sent by this endpoint.")


RULES = (_not_internal, exactly_one("attachments", "storageKey", "url"))


def order_of(value: Any) -> Order:
    """Read the request. Raises Refusal."""
    asked = read(MailboxSend, value, RULES)
    sender: Any = asked.sender
    references: Any = asked.references or ()
    thread = None
    if asked.threadId or asked.inReplyTo or references:
        thread = ThreadOrder(
            field="threadId",
            thread_id=asked.threadId or "",
            in_reply_to=asked.inReplyTo or "",
            references=tuple(references),
        )
    return Order(
        sender=SenderOrder(
            field="from",
            address=sender,
            provider=ProviderKind.parse(asked.provider) if asked.provider else None,
        ),
        to=people(asked.to),
        cc=people(asked.cc),
        bcc=people(asked.bcc),
        subject=asked.subject,
        html=asked.body if asked.isHtml else None,
        text=None if asked.isHtml else asked.body,
        thread=thread,
        files=tuple(
            FileOrder(
                field=f"attachments[{index}]",
                storage_key=one.storageKey or "",
                url=one.url or "",
            )
            for index, one in enumerate(asked.attachments or ())
        ),
    )


def answer(record: OutboundEmail, body: str) -> dict[str, Any]:
    """Give the documented answer; `delivered` is its word for accepted by the provider."""
    thread_id = thread_of(record)
    made: dict[str, Any] = {
        "message": message_document(record, body),
        "conversationId": conversation_of_record(record),
    }
    if thread_id:
        made["threadId"] = thread_id
    return made


def thread_of(record: OutboundEmail) -> str:
    """Give the provider's id of a record's conversation, "" while there is none."""
    if record.receipt is not None and record.receipt.provider_thread_id:
        return record.receipt.provider_thread_id
    return record.reply.ref.thread_id if record.reply is not None else ""


def conversation_of_record(record: OutboundEmail) -> str:
    """Give the id of a record's conversation; until the provider made one, the record's own."""
    thread_id = thread_of(record)
    return conversation_id(ThreadRef(record.account_uid, thread_id)) if thread_id else record.uid


def message_document(record: OutboundEmail, body: str) -> dict[str, Any]:
    """Give one of our own messages as a message document."""
    contact = next((one.uid for one in record.links if one.kind is LinkKind.CONTACT), None)
    content = record.message.content
    receipt = record.receipt
    document = {
        "_id": record.uid,
        "organizationId": record.mailbox_uid,
        "conversationId": conversation_of_record(record),
        "contactId": contact,
        "userId": record.account_uid,
        "channelType": "email",
        "isIncoming": False,
        "isInternal": False,
        "status": status_word(record, "delivered"),
        "body": body,
        "subject": record.subject,
        "attachments": [
            {
                "filename": one.filename,
                "contentType": one.media_type,
                "size": one.size_bytes,
            }
            for one in content.attachments
        ],
        "emailMetadata": {
            "threadId": thread_of(record) or None,
            "messageId": (receipt.wire_message_id if receipt else "") or content.message_id,
            "providerMessageId": (receipt.provider_message_id if receipt else "") or None,
            "from": record.envelope.sender.format(),
            "to": [one.format() for one in record.envelope.to],
            "cc": [one.format() for one in record.envelope.cc],
            "inReplyTo": content.in_reply_to or None,
        },
        "createdAt": millis_text(record.created_at),
        "updatedAt": millis_text(record.updated_at),
    }
    return {name: value for name, value in document.items() if value is not None}
