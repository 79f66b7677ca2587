"""The three dialects side by side: how each is read and how each answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.gateway import dialect_account, dialect_mailbox, dialect_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.outbound import OutboundEmail
    from app.gateway.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it was understood: an order or a draft, and the key in its body."""

    order: Order | None = None
    draft_uid: str = ""
    key: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One endpoint's wire form."""

    name: str
    path: str
    read: Callable[[Any], Asked]
    write: Callable[[OutboundEmail, Asked], dict[str, Any]]
    model: type
    fields: dict[str, str] = field(default_factory=dict)


def _read_workspace(value: Any) -> Asked:
    return Asked(order=dialect_workspace.order_of(value))


def _read_mailbox(value: Any) -> Asked:
    order = dialect_mailbox.order_of(value)
    return Asked(order=order, body=(order.html or order.text) or "")


def _read_account(value: Any) -> Asked:
    asked = dialect_account.read_send(value)
    key = asked.idempotency_key or ""
    if asked.draft_uid:
        return Asked(draft_uid=asked.draft_uid, key=key)
    return Asked(order=dialect_account.order_of(asked, asked.reply_to_message_uid), key=key)


WORKSPACE = Dialect(
    name="workspace",
    path="/v1/email/send",
    read=_read_workspace,
    write=lambda record, _: dialect_workspace.answer(record),
    model=dialect_workspace.WorkspaceSend,
    fields=dialect_workspace.FIELDS,
)
MAILBOX = Dialect(
    name="mailbox",
    path="/api/email/messages/send",
    read=_read_mailbox,
    write=lambda record, asked: dialect_mailbox.answer(record, asked.body),
    model=dialect_mailbox.MailboxSend,
    fields=dialect_mailbox.FIELDS,
)
ACCOUNT = Dialect(
    name="account",
    path="/api/email/send",
    read=_read_account,
    write=lambda record, _: dialect_account.answer(record),
    model=dialect_account.AccountSend,
    fields=dialect_account.FIELDS,
)
DIALECTS = (WORKSPACE, MAILBOX, ACCOUNT)
