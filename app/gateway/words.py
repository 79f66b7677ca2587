"""Times as the documented examples write them, and ids of conversations. Pure."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC
from typing import TYPE_CHECKING

from app.domain.conversation import ThreadRef

if TYPE_CHECKING:
    from datetime import datetime

_PREFIX = "cv_"


def seconds_text(at: datetime | None) -> str | None:
    """Write `2026-04-17T10:22:11Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def millis_text(at: datetime | None) -> str | None:
    """Write `2026-05-18T12:34:56.000Z`."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def conversation_id(ref: ThreadRef) -> str:
    """Give the id of a conversation: it says which one it is, so that nothing need be kept."""
    text = f"{ref.account_uid}\n{ref.thread_id}".encode()
    return _PREFIX + base64.urlsafe_b64encode(text).decode().rstrip("=")


def conversation_of(identifier: str) -> ThreadRef | None:
    """Read an id that `conversation_id` gave; None if it is none."""
    if not identifier.startswith(_PREFIX):
        return None
    coded = identifier[len(_PREFIX) :]
    try:
        text = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        account_uid, mark, thread_id = text.decode().partition("\n")
    except (ValueError, binascii.Error):
        return None
    return ThreadRef(account_uid, thread_id) if mark and account_uid and thread_id else None
