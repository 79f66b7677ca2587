"""`POST /v1/email/send`: from the workspace's connected account. Request, order, answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from app.domain.draft import ContextLink, LinkKind
from app.domain.outbound import OutboundState
from app.gateway.fields import (
    MAX_FILES,
    AddressField,
    Base64,
    Line,
    MediaType,
    MorePeople,
    People,
    Strict,
    Subject,
    Uuid,
)
from app.gateway.order import FileOrder, Order, SenderOrder, ThreadOrder
from app.gateway.refusals import Detail
from app.gateway.validation import exactly_one, is_given, read
from app.gateway.words import seconds_text

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail

FIELDS = {"from": "thread_id", "body": "body_html"}


class WorkspaceFile(Strict):
    """An attachment; an uploaded file has a name already."""

    filename: Line | None = None
    mime_type: MediaType | None = None
    content_base64: Base64 | None = None
    storage_path: Line | None = None


class WorkspaceSend(Strict):
    """A message from the workspace's connected account."""

    to: People
    subject: Annotated[Subject, Field(min_length=1)]
    body_html: str | None = None
    body_text: str | None = None
    cc: MorePeople | None = None
    bcc: MorePeople | None = None
    reply_to: AddressField | None = None
    contact_id: Uuid | None = None
    deal_id: Uuid | None = None
    thread_id: Line | None = None
    attachments: Annotated[list[WorkspaceFile], Field(max_length=MAX_FILES)] | None = None


def _a_body(value: Mapping[str, Any]) -> Iterable[Detail]:
    if not (value.get("body_html") or value.get("body_text")):
        for name in ("body_html", "body_text"):
            yield Detail(name, "Either body_html or body_text is required.")


def _named_files(value: Mapping[str, Any]) -> Iterable[Detail]:
    files = value.get("attachments")
    for index, one in enumerate(files if isinstance(files, list) else ()):
        is_uploaded = isinstance(one, dict) and is_given(one, "storage_path")
        if isinstance(one, dict) and not is_uploaded and not is_given(one, "filename"):
            yield Detail(
                f"attachments[{index}].filename", f"attachments[{index}].filename is required."
            )


RULES = (_a_body, _named_files, exactly_one("attachments", "content_base64", "storage_path"))


def order_of(value: Any) -> Order:
    """Read the request. Raises Refusal."""
    asked = read(WorkspaceSend, value, RULES)
    return Order(
        sender=SenderOrder(field="thread_id"),
        to=people(asked.to),
        cc=people(asked.cc),
        bcc=people(asked.bcc),
        reply_to=people([asked.reply_to] if asked.reply_to else None),
        subject=asked.subject,
        html=asked.body_html,
        text=asked.body_text,
        thread=ThreadOrder(field="thread_id", thread_id=asked.thread_id)
        if asked.thread_id
        else None,
        files=tuple(_file(one, index) for index, one in enumerate(asked.attachments or ())),
        links=links(asked.contact_id, asked.deal_id),
    )


def people(addresses: Any) -> tuple[Any, ...]:
    """Give the addresses a validated field holds; the model's annotation names what came in."""
    return tuple(addresses or ())


def links(contact_id: str | None, deal_id: str | None) -> tuple[ContextLink, ...]:
    """Give what a message is logged against."""
    found = []
    if contact_id:
        found.append(ContextLink(LinkKind.CONTACT, contact_id))
    if deal_id:
        found.append(ContextLink(LinkKind.DEAL, deal_id))
    return tuple(found)


def _file(one: WorkspaceFile, index: int) -> FileOrder:
    data: Any = one.content_base64
    return FileOrder(
        field=f"attachments[{index}]",
        filename=one.filename or "",
        media_type=one.mime_type or "",
        data=data,
        storage_key=one.storage_path or "",
    )


def answer(record: OutboundEmail) -> dict[str, Any]:
    """Give the documented answer. Until the provider names the message, `id` is the record's own."""
    receipt = record.receipt
    thread_id = receipt.provider_thread_id if receipt else ""
    if not thread_id and record.reply is not None:
        thread_id = record.reply.ref.thread_id
    return {
        "data": {
            "id": (receipt.provider_message_id if receipt else "") or record.uid,
            "thread_id": thread_id or None,
            "provider": record.provider.value,
            "status": status_word(record, "sent"),
            "sent_at": seconds_text(record.sent_at),
        }
    }


def status_word(record: OutboundEmail, accepted: str) -> str:
    """Give the dialect's word for where a record stands; what is not certain is still queued."""
    match record.state:
        case OutboundState.SENT:
            return accepted
        case OutboundState.FAILED | OutboundState.CANCELLED:
            return "failed"
        case _:
            return "queued"
