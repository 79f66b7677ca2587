"""Reading JSON that somebody else wrote: never raises, a wrong type reads as empty. Pure."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def inner(found: object, key: str) -> Json:
    """Give the object under `key`, or an empty one."""
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, dict) else {}


def rows(found: object, key: str) -> list[Json]:
    """Give the objects in the list under `key`."""
    value = found.get(key) if isinstance(found, dict) else None
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(found: object, key: str) -> str:
    """Give the text under `key`, or an empty one; numbers become text."""
    value = found.get(key) if isinstance(found, dict) else None
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def number(found: object, key: str) -> int:
    """Give the whole number under `key`, or 0; Gmail writes 64-bit numbers as text."""
    try:
        return int(text(found, key) or 0)
    except ValueError:
        return 0


def texts(found: object, key: str) -> list[str]:
    """Give the texts in the list under `key`."""
    value = found.get(key) if isinstance(found, dict) else None
    return [row for row in value if isinstance(row, str)] if isinstance(value, list) else []
