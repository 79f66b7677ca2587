"""A bell: the first ring is answered at once, the rest together."""

from __future__ import annotations

import threading

from app.runtime.bell import Bell
from tests.support.waiting import wait_until


def test_many_rings_are_few_answers_and_the_last_one_counts() -> None:
    seen: list[int] = []
    rung = [0]
    bell = Bell(lambda: seen.append(rung[0]), gap_s=0.05, name="bell")

    for number in range(1, 1001):
        rung[0] = number
        bell.ring()

    assert wait_until(lambda: seen and seen[-1] == 1000)
    assert len(seen) <= 20
    bell.close()


def test_a_closed_bell_is_silent() -> None:
    seen = threading.Event()
    bell = Bell(seen.set, gap_s=0.0, name="bell")

    bell.close()
    bell.ring()

    assert not seen.wait(0.2)
