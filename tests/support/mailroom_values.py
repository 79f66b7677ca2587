"""Records, accounts and drafts with sensible defaults, for tests of texts and windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.domain.account import Account, AccountState, Capability, Mailbox, ProviderKind
from app.domain.address import Address
from app.domain.draft import Body, Draft, Recipients
from app.domain.outbound import (
    Envelope,
    MessageContent,
    OutboundEmail,
    OutboundState,
    Reason,
    RenderedMessage,
)

NOW = datetime(2026, 7, 14, 14, 7, tzinfo=UTC)
ADA = Address("ada@acme.example", "Ada Reyes")
JANE = Address("jane@northwind.example", "Jane Doe")
RAJ = Address("raj@northwind.example", "Raj Patel")


def minutes(count: float) -> datetime:
    """Give the moment so many minutes after NOW (before it, if negative)."""
    return NOW + timedelta(minutes=count)


def make_content(**changes: object) -> MessageContent:
    values: dict[str, object] = {
        "envelope": Envelope(sender=ADA, to=(JANE, RAJ)),
        "subject": "Re: Pricing for Q3",
        "text": "Hi Jane",
        "html": "<p>Hi Jane</p>",
        "attachments": (),
        "message_id": "<1@acme.example>",
        "marker": "m1",
        "date": minutes(-2),
    }
    return MessageContent(**{**values, **changes})  # type: ignore[arg-type]


def make_record(
    state: OutboundState = OutboundState.QUEUED,
    reason: Reason = Reason.NONE,
    *,
    content: dict[str, object] | None = None,
    **changes: object,
) -> OutboundEmail:
    message = RenderedMessage(
        content=make_content(**(content or {})), sha256="ab" * 32, size_bytes=4_500_000,
        frozen_hash="3f9c" + "0" * 58 + "e1",
    )  # fmt: skip
    values: dict[str, object] = {
        "uid": "record-1",
        "state": state,
        "reason": reason,
        "account_uid": "gmail-1",
        "mailbox_uid": "box-1",
        "provider": ProviderKind.GMAIL,
        "created_at": minutes(-2),
        "updated_at": minutes(-1),
        "due_at": minutes(1),
        "message": message,
    }
    return OutboundEmail(**{**values, **changes})  # type: ignore[arg-type]


def make_account(**changes: object) -> Account:
    values: dict[str, object] = {
        "uid": "gmail-1",
        "provider": ProviderKind.GMAIL,
        "address": "ada@acme.example",
        "display_name": "Ada Reyes",
        "state": AccountState.CONNECTED,
        "capabilities": frozenset(Capability),
        "added_at": minutes(-9000),
    }
    return Account(**{**values, **changes})  # type: ignore[arg-type]


def make_mailbox(**changes: object) -> Mailbox:
    values: dict[str, object] = {
        "uid": "box-1",
        "account_uid": "gmail-1",
        "provider": ProviderKind.GMAIL,
        "address": "ada@acme.example",
        "display_name": "Ada Reyes",
        "is_default": True,
    }
    return Mailbox(**{**values, **changes})  # type: ignore[arg-type]


def make_draft(uid: str = "draft-1", **changes: object) -> Draft:
    values: dict[str, object] = {
        "uid": uid,
        "created_at": minutes(-60),
        "updated_at": minutes(-5),
        "revision": 3,
        "mailbox_uid": "box-1",
        "recipients": Recipients(to=(JANE,)),
        "subject": "Quote for 40 seats",
        "body": Body(html="<p>Hi Jane, here is the quote</p>"),
    }
    return Draft(**{**values, **changes})  # type: ignore[arg-type]
