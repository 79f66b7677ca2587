"""Time and ids, injected everywhere. Protocols and plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """Time, injected."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class Ids(Protocol):
    """The mint of ids, injected."""

    def new_uid(self) -> str: ...
    def new_token(self, size_bytes: int = 12) -> str: ...
