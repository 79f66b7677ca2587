"""`POST /api/email/send`: from an account, a draft, or into a conversation. Request, order, answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from app.domain.draft import ContextLink, LinkKind
from app.gateway.dialect_mailbox import thread_of
from app.gateway.dialect_workspace import people, status_word
from app.gateway.fields import (
    MAX_FILES,
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
from app.gateway.validation import is_given, read
from app.gateway.words import seconds_text

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail

FIELDS = {"from": "from_account_id", "body": "body_text"}
MAX_KEY = 255
WITH_DRAFT = frozenset({"draft_uid", "idempotency_key"})


class AccountFile(Strict):
    """An attachment."""

    filename: Line
    content_type: MediaType | None = None
    data_base64: Base64


class AccountMessage(Strict):
    """What a message from an account is made of."""

    from_account_id: Uuid | None = None
    to: People | None = None
    subject: Annotated[Subject, Field(min_length=1)] | None = None
    cc: MorePeople | None = None
    bcc: MorePeople | None = None
    body_text: str | None = None
    body_html: str | None = None
    attachments: Annotated[list[AccountFile], Field(max_length=MAX_FILES)] | None = None
    context_type: Annotated[Line, Field(max_length=100)] | None = None
    context_id: Uuid | None = None


class AccountSend(AccountMessage):
    """A message from an account: a draft, a fresh one, or a reply."""

    draft_uid: Uuid | None = None
    reply_to_message_uid: Uuid | None = None
    idempotency_key: Annotated[Line, Field(max_length=MAX_KEY)] | None = None


def _fields_of_mode(value: Mapping[str, Any]) -> Iterable[Detail]:
    if is_given(value, "draft_uid"):
        for name in AccountSend.model_fields:
            if name not in WITH_DRAFT and is_given(value, name):
                yield Detail(name, f"{name} must not be given together with draft_uid.")
        return
    wanted = ["to", "subject"]
    if not is_given(value, "reply_to_message_uid"):
        wanted.insert(0, "from_account_id")
    for name in wanted:
        if not is_given(value, name):
            yield Detail(name, f"{name} is required.")


def whole_context(value: Mapping[str, Any]) -> Iterable[Detail]:
    """Require both halves of a context, or none."""
    pair = ("context_type", "context_id")
    if is_given(value, pair[0]) != is_given(value, pair[1]):
        missing = next(name for name in pair if not is_given(value, name))
        yield Detail(missing, "context_type and context_id belong together.")


RULES = (_fields_of_mode, whole_context)


def read_send(value: Any) -> AccountSend:
    """Read the request. Raises Refusal."""
    return read(AccountSend, value, RULES)


def order_of(asked: AccountMessage, reply_to_message_uid: str | None = None) -> Order:
    """Give the order of a fresh message or a reply."""
    thread = None
    if reply_to_message_uid:
        thread = ThreadOrder(field="reply_to_message_uid", message_uid=reply_to_message_uid)
    account_uid = "" if thread else asked.from_account_id or ""
    return Order(
        sender=SenderOrder(field="from_account_id", account_uid=account_uid),
        to=people(asked.to),
        cc=people(asked.cc),
        bcc=people(asked.bcc),
        subject=asked.subject,
        html=asked.body_html,
        text=asked.body_text,
        thread=thread,
        files=tuple(_file(one, index) for index, one in enumerate(asked.attachments or ())),
        links=(ContextLink(LinkKind.CONTEXT, asked.context_id, asked.context_type or ""),)
        if asked.context_id
        else (),
    )


def _file(one: AccountFile, index: int) -> FileOrder:
    data: Any = one.data_base64
    return FileOrder(
        field=f"attachments[{index}]",
        filename=one.filename,
        media_type=one.content_type or "",
        data=data,
    )


def answer(record: OutboundEmail) -> dict[str, Any]:
    """Give the documented answer: the outbound record's details."""
    receipt = record.receipt
    return {
        "outbound_email_uid": record.uid,
        "provider_message_id": (receipt.provider_message_id if receipt else "") or None,
        "provider_thread_id": thread_of(record) or None,
        "status": status_word(record, "sent"),
        "sent_at": seconds_text(record.sent_at),
    }
