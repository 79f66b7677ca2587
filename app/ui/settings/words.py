"""What the Settings window says of keys and calls. Pure; no Qt here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.permission import Permission
from app.domain.texts import moment_text

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.domain.account import Mailbox
    from app.ports.gateway import ApiKey

# In the order they are offered: what is ticked, what it lets a program do.
PERMISSIONS: dict[Permission, tuple[str, str]] = {
    Permission.WRITE: ("Send mail", "Send, schedule, keep drafts and upload files."),
    Permission.READ: ("Read", "See drafts, conversations and what was sent."),
}
EXPIRIES: tuple[tuple[str, int], ...] = (
    ("Never", 0),
    ("In 30 days", 30),
    ("In 90 days", 90),
    ("In a year", 365),
)
DIALECTS: dict[str, tuple[str, str]] = {
    "workspace": ("Workspace", "From the account that new mail is sent from."),
    "mailbox": ("Mailbox", "From a mailbox named by its address."),
    "account": ("Account", "From an account named by its id; also sends drafts and replies."),
}
_PATHS = {
    "workspace": "/v1/email/send",
    "mailbox": "/api/email/messages/send",
    "account": "/api/email/send",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWords:
    """What a row says of a key."""

    name: str
    rights: str
    detail: str
    is_good: bool


def key_words(
    key: ApiKey, now: datetime, used: int, per_day: int, tz: tzinfo | None = None
) -> KeyWords:
    """Say everything about a key."""
    return KeyWords(
        name=key.name,
        rights=rights_text(key.permissions),
        detail=" · ".join(_details(key, now, used, per_day, tz)),
        is_good=key.is_good(now),
    )


def rights_text(permissions: frozenset[Permission]) -> str:
    """Give the permissions as a person knows them."""
    names = [PERMISSIONS[one][0] for one in PERMISSIONS if one in permissions]
    return ", ".join(names[:1] + [name.lower() for name in names[1:]]) or "Nothing"


def _details(key: ApiKey, now: datetime, used: int, per_day: int, tz: tzinfo | None) -> list[str]:
    def when(at: datetime) -> str:
        return moment_text(at, now, tz)

    found = [f"made {when(key.created_at)}"]
    if key.revoked_at is not None:
        found.append(f"revoked {when(key.revoked_at)}")
    elif key.expires_at is not None:
        verb = "expires" if key.is_good(now) else "expired"
        found.append(f"{verb} {when(key.expires_at)}")
    found.append(f"last used {when(key.last_used_at)}" if key.last_used_at else "never used")
    if used and key.is_good(now):
        found.append(f"{used:,} of {per_day:,} sent today")
    return found


def expiry_of(days: int, now: datetime) -> datetime | None:
    """Give when a key made now ends."""
    return now + timedelta(days=days) if days else None


def curl_call(dialect: str, url: str, sender: Mailbox | None) -> str:
    """Give a call that works as it stands once `YOUR_KEY` is replaced; for a shell of Unix."""
    body = json.dumps(_body(dialect, sender), indent=2, ensure_ascii=False)
    quoted = body.replace("'", "'\\''")
    return (
        f"curl {url}{_PATHS[dialect]} \\\n"
        "  -H 'Authorization: Bearer YOUR_KEY' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{quoted}'"
    )


def _body(dialect: str, sender: Mailbox | None) -> dict[str, Any]:
    address = sender.address if sender else "you@your.example"
    subject = "A first message"
    if dialect == "workspace":
        return {"to": address, "subject": subject, "body_text": "Sent by the local API."}
    if dialect == "mailbox":
        return {
            "from": address,
            "to": [address],
            "subject": subject,
            "body": "Sent by the local API.",
        }
    return {
        "from_account_id": sender.account_uid if sender else "YOUR_ACCOUNT_ID",
        "to": [address],
        "subject": subject,
        "body_text": "Sent by the local API.",
    }
