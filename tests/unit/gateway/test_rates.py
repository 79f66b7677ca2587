"""The numbers of the rate headers, exactly, by a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.gateway.rates import RateGate
from app.gateway.refusals import Refusal

MORNING = datetime(2026, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)
MIDNIGHT = int(datetime(2026, 3, 5, tzinfo=UTC).timestamp())


class StandingClock:
    def __init__(self) -> None:
        self.at = MORNING

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Uses:
    """Counts in memory."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}

    def take(self, key_uid: str, day: str, cap: int) -> int | None:
        used = self.used(key_uid, day)
        if used >= cap:
            return None
        self.counts[key_uid, day] = used + 1
        return used + 1

    def give_back(self, key_uid: str, day: str) -> None:
        self.counts[key_uid, day] -= 1

    def used(self, key_uid: str, day: str) -> int:
        return self.counts.get((key_uid, day), 0)


def gate(clock: StandingClock, per_second: int = 5, per_day: int = 100) -> RateGate:
    return RateGate(uses=Uses(), clock=clock, per_second=per_second, per_day=per_day)


def told(gate: RateGate, caller: str = "k") -> tuple[int, int, int]:
    headers = dict(gate.allowance(caller).headers)
    names = (b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset")
    limit, remaining, reset = (int(headers[name]) for name in names)
    return limit, remaining, reset


def test_second_counts_down_and_begins_anew() -> None:
    clock = StandingClock()
    made = gate(clock)
    second = int(MORNING.timestamp())

    numbers = []
    for _ in range(5):
        made.admit("k")
        numbers.append(told(made))
    with pytest.raises(Refusal) as refused:
        made.admit("k")

    assert numbers == [(5, left, second + 1) for left in (4, 3, 2, 1, 0)]
    assert (refused.value.status, refused.value.code) == (429, "rate_limited")
    assert refused.value.retry_after_s == 1
    assert told(made) == (5, 0, second + 1)
    clock.at += timedelta(seconds=0.75)
    made.admit("k")
    assert told(made) == (5, 4, second + 2)


def test_callers_do_not_count_for_each_other() -> None:
    made = gate(StandingClock())

    for _ in range(5):
        made.admit("k")
    made.admit("other")

    assert told(made)[1] == 0
    assert told(made, "other")[1] == 4
    # Whoever has no key yet is told the limit and nothing of anybody.
    assert told(made, "")[:2] == (5, 5)


def test_day_is_told_when_it_is_nearer_and_ends_at_midnight_in_utc() -> None:
    clock = StandingClock()
    made = gate(clock, per_second=50, per_day=3)

    numbers = []
    for _ in range(3):
        made.take_send("k")
        numbers.append(told(made))
    with pytest.raises(Refusal) as refused:
        made.take_send("k")

    assert numbers == [(3, 2, MIDNIGHT), (3, 1, MIDNIGHT), (3, 0, MIDNIGHT)]
    assert refused.value.retry_after_s == pytest.approx(MIDNIGHT - MORNING.timestamp())
    made.give_back("k")
    assert told(made) == (3, 1, MIDNIGHT)
    clock.at = datetime.fromtimestamp(MIDNIGHT, UTC)
    assert told(made) == (3, 3, MIDNIGHT + 86_400)
