"""Times in the database: ISO 8601 UTC text with microseconds, which sorts as it reads. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Write a moment."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_text_or_none(moment: datetime | None) -> str | None:
    """Write a moment that may be missing."""
    return None if moment is None else to_text(moment)


def from_text(text: str) -> datetime:
    """Read a moment."""
    return datetime.fromisoformat(text)


def from_text_or_none(text: str | None) -> datetime | None:
    """Read a moment that may be missing."""
    return None if text is None else from_text(text)
