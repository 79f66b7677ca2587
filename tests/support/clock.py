"""A clock that tests set: wall time may jump, elapsed time only runs on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SettableClock:
    """Runs like the real one; `set_by` sets the wall clock, `sleep` lets both run on at once."""

    def __init__(self) -> None:
        self._wall_offset = timedelta()
        self._slept_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + self._wall_offset + timedelta(seconds=self._slept_s)

    def monotonic(self) -> float:
        return time.monotonic() + self._slept_s

    def set_by(self, step: timedelta) -> None:
        """Set the wall clock forward or back."""
        self._wall_offset += step

    def sleep(self, duration: timedelta) -> None:
        """Let the computer have slept: both clocks are later."""
        self._slept_s += duration.total_seconds()
