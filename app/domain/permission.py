"""What an API key may do. Pure."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """A right of an API key; the values are what people and callers write."""

    READ = "read:email"
    WRITE = "write:email"
