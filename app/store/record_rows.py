"""An OutboundEmail as database columns and back. Pure."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.errors import StoreDamaged
from app.domain.outbound import (
    DeliveryStep,
    Keeper,
    OutboundEmail,
    OutboundState,
    Reason,
    Receipt,
    RenderedMessage,
)
from app.mime.draft_json import (
    content_from_dict,
    content_to_dict,
    links_from_list,
    links_to_list,
    reply_from_dict,
    reply_to_dict,
)
from app.store.times import from_text, from_text_or_none, to_text

if TYPE_CHECKING:
    from app.store.database import Row

FIXED = (
    "uid",
    "account_uid",
    "mailbox_uid",
    "provider",
    "created_at",
    "idempotency_key",
    "source",
    "spool_sha256",
    "spool_bytes",
    "frozen_hash",
    "draft_uid",
    "haystack",
    "fingerprint",
    "likeness",
    "recipients",
)
CHANGING = (
    "state",
    "reason",
    "updated_at",
    "due_at",
    "step",
    "attempts",
    "asks",
    "priority",
    "provider_draft_id",
    "provider_draft_message_id",
    "upload_state",
    "receipt",
    "planned_at",
    "keeper",
    "sent_at",
    "uncertain_at",
    "detail",
)
COLUMNS = (*FIXED, *CHANGING, "version")


def record_values(record: OutboundEmail) -> dict[str, object]:
    """Give every column of the row by name."""
    return {
        "uid": record.uid,
        "account_uid": record.account_uid,
        "mailbox_uid": record.mailbox_uid,
        "provider": record.provider.value,
        "created_at": to_text(record.created_at),
        "idempotency_key": record.idempotency_key,
        "source": record.source,
        "spool_sha256": record.message.sha256,
        "spool_bytes": record.message.size_bytes,
        "frozen_hash": record.message.frozen_hash,
        "draft_uid": record.draft_uid,
        "haystack": _haystack(record),
        "fingerprint": record.fingerprint,
        "likeness": record.likeness,
        "recipients": len(record.envelope.recipients),
        **changing_values(record),
        "version": record.version,
    }


def changing_values(record: OutboundEmail) -> dict[str, object]:
    """Give the columns that a step may change, in the order of CHANGING."""
    return {name: _column(getattr(record, name)) for name in CHANGING}


def changed_values(old: OutboundEmail, new: OutboundEmail) -> dict[str, object]:
    """Give the columns in which two versions differ: what stays costs no index its place."""
    differing = [name for name in CHANGING if getattr(old, name) != getattr(new, name)]
    return {name: _column(getattr(new, name)) for name in differing}


def _column(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return to_text(value)
        case Receipt():
            return json.dumps({one.name: getattr(value, one.name) for one in fields(Receipt)})
        case _:
            return value


def content_values(record: OutboundEmail) -> tuple[str, str | None, str]:
    """Give the columns that never change: content, reply and links as JSON text."""
    return (
        _dump(content_to_dict(record.message.content)),
        _dump(reply_to_dict(record.reply)) if record.reply else None,
        _dump(links_to_list(record.links)),
    )


def load_record(row: Row) -> OutboundEmail:
    """Read a row of COLUMNS, content, reply, links."""
    try:
        return _load(row)
    except (ValueError, KeyError, TypeError) as error:
        # A row that says what no version of ours wrote: its page was damaged.
        raise StoreDamaged(path=str(row[0]), detail=f"unreadable record: {error}") from error


def _load(row: Row) -> OutboundEmail:
    value = dict(zip((*COLUMNS, "content", "reply", "links"), row, strict=True))
    return OutboundEmail(
        uid=value["uid"],
        state=OutboundState(value["state"]),
        reason=Reason(value["reason"]),
        account_uid=value["account_uid"],
        mailbox_uid=value["mailbox_uid"],
        provider=ProviderKind(value["provider"]),
        created_at=from_text(value["created_at"]),
        updated_at=from_text(value["updated_at"]),
        due_at=from_text(value["due_at"]),
        message=_message(value),
        draft_uid=value["draft_uid"],
        reply=reply_from_dict(json.loads(value["reply"])) if value["reply"] else None,
        links=links_from_list(json.loads(value["links"])),
        step=DeliveryStep(value["step"]),
        attempts=value["attempts"],
        asks=value["asks"],
        priority=value["priority"],
        fingerprint=value["fingerprint"],
        likeness=value["likeness"],
        provider_draft_id=value["provider_draft_id"],
        provider_draft_message_id=value["provider_draft_message_id"],
        upload_state=value["upload_state"],
        receipt=_receipt(value["receipt"]),
        planned_at=from_text_or_none(value["planned_at"]),
        keeper=Keeper(value["keeper"]),
        sent_at=from_text_or_none(value["sent_at"]),
        uncertain_at=from_text_or_none(value["uncertain_at"]),
        idempotency_key=value["idempotency_key"],
        source=value["source"],
        detail=value["detail"],
        version=value["version"],
    )


def _message(value: dict[str, str]) -> RenderedMessage:
    return RenderedMessage(
        content=content_from_dict(json.loads(value["content"])),
        sha256=value["spool_sha256"],
        size_bytes=int(value["spool_bytes"]),
        frozen_hash=value["frozen_hash"],
    )


def _receipt(text: str | None) -> Receipt | None:
    if text is None:
        return None
    value = json.loads(text)
    return Receipt(**{**value, "differences": tuple(value["differences"])})


def _haystack(record: OutboundEmail) -> str:
    """Give what a filter looks in: subject and everybody's name and address, case folded."""
    people = (record.envelope.sender, *record.envelope.recipients)
    words = [record.subject, *(f"{one.name} {one.addr_spec}" for one in people)]
    words += [link.label for link in record.links]
    return " ".join(words).casefold()


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
