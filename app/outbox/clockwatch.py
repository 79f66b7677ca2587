"""Notices that somebody set this computer's clock while we ran. Pure but for the injected clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports import Clock

# Less than this is drift and correction, not somebody setting the clock.
TOLERANCE_S = 90.0


class ClockWatch:
    """Compares the wall clock with one that cannot be set and runs through sleep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = clock.now()
        self._elapsed = clock.monotonic()

    def jump_s(self) -> float:
        """Give by how many seconds the clock was set forward (back: negative) since the last call."""
        wall, elapsed = self._clock.now(), self._clock.monotonic()
        expected = self._wall + timedelta(seconds=elapsed - self._elapsed)
        self._wall, self._elapsed = wall, elapsed
        jump = (wall - expected).total_seconds()
        return jump if abs(jump) > TOLERANCE_S else 0.0


def is_behind(now: datetime, updated_at: datetime) -> bool:
    """Say whether the clock stands before something that has already happened."""
    return (updated_at - now).total_seconds() > TOLERANCE_S
