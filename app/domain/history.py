"""The chain of a record's history: each entry is bound to the record and to the entry before. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.outbound import HistoryEntry


def chain_hash(previous: str, uid: str, entry: HistoryEntry) -> str:
    """Give the SHA-256 (hexadecimal) of an entry that follows one with hash `previous`."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [previous, uid, at, entry.state.value, entry.event, entry.detail]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken_link(uid: str, entries: Sequence[HistoryEntry]) -> int | None:
    """Give the position of the first entry whose hash does not fit; None if the chain holds."""
    previous = ""
    for position, entry in enumerate(entries):
        if entry.hash != chain_hash(previous, uid, entry):
            return position
        previous = entry.hash
    return None
