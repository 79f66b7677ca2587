"""How often a key may call, and how much it may send a day. The day's count survives restarts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.domain.errors import QuotaExceeded
from app.domain.texts import usage_text
from app.gateway.refusals import Refusal

if TYPE_CHECKING:
    from app.outbox.limits import DayUsage
    from app.ports import Clock
    from app.ports.gateway import UseStore


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the headers of an answer tell: of the two limits the one that is nearer."""

    limit: int
    remaining: int
    reset_at: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give them as headers; Reset is a Unix time in seconds."""
        return [
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(max(0, self.remaining)).encode()),
            (b"x-ratelimit-reset", str(self.reset_at).encode()),
        ]


class RateGate:
    """Counts calls by the second and sends by the day (UTC)."""

    def __init__(self, *, uses: UseStore, clock: Clock, per_second: int, per_day: int) -> None:
        self._uses = uses
        self._clock = clock
        self._per_second = per_second
        self._per_day = per_day
        self._lock = threading.Lock()
        self._second = 0
        self._calls: dict[str, int] = {}

    def admit(self, caller: str) -> None:
        """Count a call.

        Raises:
            Refusal: 429, too many this second.
        """
        now = self._clock.now()
        calls = self._count(caller, int(now.timestamp()))
        if calls > self._per_second:
            raise Refusal(
                429, "Too many requests in this second. Try again in a second.", retry_after_s=1
            )

    def allowance(self, caller: str) -> Allowance:
        """Give what is left, without counting."""
        now = self._clock.now()
        calls = self._calls.get(caller, 0) if self._second == int(now.timestamp()) else 0
        brief = Allowance(self._per_second, self._per_second - calls, int(now.timestamp()) + 1)
        if not caller:
            return brief
        left = self._per_day - self._uses.used(caller, _day(now))
        if left < brief.remaining:
            return Allowance(self._per_day, left, int(_midnight(now).timestamp()))
        return brief

    def take_send(self, caller: str) -> None:
        """Count a message against the day.

        Raises:
            Refusal: 429, the day's are used up.
        """
        now = self._clock.now()
        if self._uses.take(caller, _day(now), self._per_day) is None:
            wait_s = (_midnight(now) - now).total_seconds()
            message = "The messages this key may send today are used up. Try again tomorrow (UTC)."
            raise Refusal(429, message, retry_after_s=wait_s)

    def give_back(self, caller: str) -> None:
        """Uncount a message that was not accepted."""
        self._uses.give_back(caller, _day(self._clock.now()))

    def check_mailbox(self, usage: DayUsage, recipients: int) -> None:
        """Hold a message against the daily cap of the mailbox's account.

        Raises:
            QuotaExceeded: it would be passed.
        """
        if usage.used + recipients <= usage.cap:
            return
        now = self._clock.now()
        wait_s = (usage.frees_at - now).total_seconds() if usage.frees_at else 86_400.0
        raise QuotaExceeded(
            retry_after_s=max(1.0, wait_s),
            scope="mailbox",
            usage=usage_text(usage.used, usage.cap, usage.elsewhere),
        )

    def _count(self, caller: str, second: int) -> int:
        with self._lock:
            if second != self._second:
                self._second = second
                self._calls.clear()
            self._calls[caller] = calls = self._calls.get(caller, 0) + 1
        return calls


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _midnight(now: datetime) -> datetime:
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)
