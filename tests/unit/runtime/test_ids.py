from __future__ import annotations

import time
import uuid

from app.runtime.clock import RandomIds


def test_uids_are_uuids_and_none_is_given_twice() -> None:
    made = [RandomIds().new_uid() for _ in range(2000)]

    assert len(set(made)) == 2000
    for text in made:
        value = uuid.UUID(text)
        assert (str(value), value.version, value.variant) == (text, 7, uuid.RFC_4122)


def test_uids_made_later_sort_later() -> None:
    before_ms = time.time_ns() // 1_000_000
    first, second = RandomIds().new_uid(), ""
    while not second[:13] > first[:13]:
        second = RandomIds().new_uid()
    after_ms = time.time_ns() // 1_000_000

    assert second > first
    assert before_ms <= uuid.UUID(first).int >> 80 <= after_ms


def test_uids_of_one_moment_share_nothing_but_the_moment() -> None:
    tails = [uuid.UUID(RandomIds().new_uid()).int & (1 << 62) - 1 for _ in range(2000)]

    assert len(set(tails)) == 2000
    # Each of the 62 random bits is set in about half of them.
    for bit in range(62):
        assert 800 < sum(tail >> bit & 1 for tail in tails) < 1200


def test_tokens_have_the_length_that_is_asked_for() -> None:
    assert len(RandomIds().new_token(32)) == 64
