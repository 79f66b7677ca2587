"""Drafts, mailboxes and originals for tests, with everything optional."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.domain.account import Mailbox, ProviderKind
from app.domain.address import Address
from app.domain.conversation import OriginalMessage, ThreadRef
from app.domain.draft import Body, BodyMode, Draft, Recipients
from app.domain.outbound import Envelope, MessageContent

NOW = datetime(2026, 7, 14, 9, 41, tzinfo=UTC)
JANE = Address("jane@northwind.example", "Jane Doe")
RAJ = Address("raj@northwind.example", "Raj")
ADA = Address("ada@acme.example", "Ada Reyes")


def mailbox(**changes: Any) -> Mailbox:
    values: dict[str, Any] = {
        "uid": "m1",
        "account_uid": "a1",
        "provider": ProviderKind.GMAIL,
        "address": ADA.addr_spec,
        "display_name": ADA.name,
    }
    return Mailbox(**{**values, **changes})


def draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "uid": "d1",
        "created_at": NOW,
        "updated_at": NOW,
        "recipients": Recipients(to=(JANE,)),
        "subject": "Pricing",
        "body": Body(BodyMode.PLAIN, "", "Hi Jane"),
    }
    return Draft(**{**values, **changes})


def content(**changes: Any) -> MessageContent:
    values: dict[str, Any] = {
        "envelope": Envelope(sender=ADA, to=(JANE,)),
        "subject": "Pricing",
        "text": "Hi Jane",
        "html": "",
        "attachments": (),
        "message_id": "<1@acme.example>",
        "marker": "m-1",
        "date": NOW,
    }
    return MessageContent(**{**values, **changes})


def original(**changes: Any) -> OriginalMessage:
    values: dict[str, Any] = {
        "ref": ThreadRef("a1", "t1"),
        "provider_message_id": "p1",
        "message_id": "<3@northwind.example>",
        "references": ("<1@acme.example>", "<2@northwind.example>"),
        "subject": "Pricing for Q3",
        "sender": JANE,
        "to": (ADA,),
        "cc": (),
        "sent_at": NOW,
        "text": "What does it cost?",
        "html": "<p>What does it cost?</p>",
    }
    return OriginalMessage(**{**values, **changes})
