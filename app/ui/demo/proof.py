"""Compares what the providers delivered with what was composed. No Qt; the judge is the sandbox.

Delivered bytes are read with the standard library, not with our own reader: what we wrote wrongly
and read wrongly alike must not pass.
"""

from __future__ import annotations

import base64
import email
import hashlib
import re
from dataclasses import dataclass, field
from email import policy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage

    from app.domain.outbound import OutboundEmail


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One mail: what was compared, and what did not match."""

    subject: str
    provider: str
    recipients: tuple[str, ...]
    checks: dict[str, bool] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Say whether everything matched."""
        return all(self.checks.values())


def prove(record: OutboundEmail, accepted: dict[str, Any], copies: list[dict[str, Any]]) -> Proof:
    """Compare one record with the provider's accepted send and the copies people got."""
    content = record.message.content
    receipt = record.receipt
    raw = base64.b64decode(copies[0]["raw_base64"]) if copies else b""
    message: EmailMessage = email.message_from_bytes(raw, policy=policy.default)
    names = {one.addr_spec for one in content.envelope.recipients}
    thread = record.reply.ref.thread_id if record.reply else None
    checks = {
        "recipients": {copy["recipient"] for copy in copies} == names,
        "subject": str(message["Subject"]) == content.subject,
        "html body": _same(_body(message, "html"), content.html),
        "text body": _same_words(_body(message, "plain"), content.text),
        "files": _digests(message) == sorted(one.sha256 for one in content.attachments),
        "In-Reply-To": str(message["In-Reply-To"] or "") == content.in_reply_to,
        "References": (message["References"] or "").split() == list(content.references),
        "thread": thread is None or accepted["thread_id"] == thread,
        "receipt": receipt is not None
        and receipt.provider_message_id == accepted["provider_message_id"],
    }
    return Proof(
        subject=content.subject,
        provider=str(accepted["provider"]),
        recipients=tuple(sorted(names)),
        checks=checks,
        digests={one.filename: one.sha256 for one in content.attachments},
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _same_words(one: str, other: str) -> bool:
    """Compare text by its words: a flowed body is wrapped, and Exchange writes its own text part."""
    return re.findall(r"\w+", one) == re.findall(r"\w+", other)


def _digests(message: EmailMessage) -> list[str]:
    return sorted(
        hashlib.sha256(part.get_payload(decode=True) or b"").hexdigest()  # type: ignore[arg-type]
        for part in message.iter_attachments()
    )
