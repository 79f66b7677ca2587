"""What one account sent in the last 24 hours, kept in memory: asking costs nothing. Pure.

Moments are those of a clock that cannot be set and runs through sleep, so that whoever sets the
computer's clock neither forgets what was sent nor counts it for two days.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_S = 24 * 3600.0
MINUTE_S = 60.0
SECOND_S = 1.0


@dataclass(slots=True)
class Sent:
    """One message: when (elapsed seconds), to how many, and whether it went through our outbox."""

    key: str
    at_s: float
    recipients: int
    is_ours: bool


class DayCount:
    """Not safe from several threads: its owner locks."""

    def __init__(self) -> None:
        # In order of time: a dict keeps the order of insertion.
        self._known: dict[str, Sent] = {}
        self._minute: deque[float] = deque()
        self.used = 0
        self.elsewhere = 0

    def know(self, found: Iterable[Sent], now_s: float) -> None:
        """Take in what the store has; what is known keeps its moment, and is never uncounted early."""
        merged = dict(self._known)
        for one in found:
            before = merged.get(one.key)
            at_s = before.at_s if before else one.at_s
            is_ours = one.is_ours or (before is not None and before.is_ours)
            merged[one.key] = Sent(one.key, at_s, one.recipients, is_ours)
        ordered = sorted(merged.values(), key=lambda one: one.at_s)
        self._known = {one.key: one for one in ordered}
        self._minute = deque(one.at_s for one in ordered if one.is_ours)
        self.used = sum(one.recipients for one in ordered)
        self.elsewhere = sum(one.recipients for one in ordered if not one.is_ours)
        self.forget(now_s)

    def add(self, key: str, recipients: int, now_s: float) -> None:
        """Count one that was accepted just now."""
        self._minute.append(now_s)
        before = self._known.get(key)
        if before is None:
            self._known[key] = Sent(key, now_s, recipients, is_ours=True)
            self.used += recipients
        elif not before.is_ours:
            # The provider told of it before our own record did.
            before.is_ours = True
            self.elsewhere -= before.recipients

    def forget(self, now_s: float) -> None:
        """Uncount what is over."""
        while self._known:
            oldest = next(iter(self._known.values()))
            if oldest.at_s > now_s - DAY_S:
                break
            del self._known[oldest.key]
            self.used -= oldest.recipients
            self.elsewhere -= 0 if oldest.is_ours else oldest.recipients
        while self._minute and self._minute[0] <= now_s - MINUTE_S:
            self._minute.popleft()

    def day_wait_s(self, recipients: int, cap: int, now_s: float) -> float:
        """Give the seconds until so many more are within the cap; 0 if they are, or never can be."""
        over = self.used + recipients - cap
        wait_s = 0.0
        for one in self._known.values():
            if over <= 0:
                break
            over -= one.recipients
            wait_s = one.at_s + DAY_S - now_s
        return wait_s

    def minute_wait_s(self, cap: int, now_s: float) -> float:
        """Give the seconds until another message is within a minute's cap."""
        over = len(self._minute) - max(cap, 1)
        return self._minute[over] + MINUTE_S - now_s if over >= 0 else 0.0

    def second_wait_s(self, cap: int, now_s: float) -> float:
        """Give the seconds until another message is within a second's cap."""
        if not 0 < cap <= len(self._minute):
            return 0.0
        return max(0.0, self._minute[-cap] + SECOND_S - now_s)

    def oldest_ends_s(self, now_s: float) -> float | None:
        """Give the seconds until the first of them stops counting."""
        oldest = next(iter(self._known.values()), None)
        return None if oldest is None else oldest.at_s + DAY_S - now_s
