"""What a courier left to be done: which sent copies are looked for, and when."""

from __future__ import annotations

import pytest

from app.outbox.aftercare import LONG_S, READ_AGAIN_S, Aftercare
from tests.support.outbox_lab import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def care(clock: FakeClock) -> Aftercare:
    return Aftercare(clock)


def test_a_copy_left_to_be_read_is_due_at_once_and_costs_no_try(
    care: Aftercare, clock: FakeClock
) -> None:
    care.is_done("a", "u", is_read=None)
    assert (care.to_read(), care.will_read_soon("u")) == ([("a", "u")], True)

    care.is_done("a", "u", is_read=False)
    assert (care.to_read(), care.will_read_soon("u")) == ([], True)
    clock.elapsed_s += READ_AGAIN_S[0]
    assert care.to_read() == [("a", "u")]

    care.is_done("a", "u", is_read=False)
    assert not care.will_read_soon("u")


def test_a_copy_that_was_read_is_looked_for_no_more(care: Aftercare) -> None:
    care.is_done("a", "u", is_read=None)
    care.is_done("a", "u", is_read=True)

    assert (care.to_read(), care.will_read_soon("u"), care.wait_s(())) == ([], False, LONG_S)


def test_a_copy_that_never_appears_is_given_up(care: Aftercare, clock: FakeClock) -> None:
    care.is_done("a", "u", is_read=None)
    for pause_s in READ_AGAIN_S:
        care.is_done("a", "u", is_read=False)
        clock.elapsed_s += pause_s
        assert care.to_read() == [("a", "u")]
    care.is_done("a", "u", is_read=False)

    assert care.to_read() == []


def test_of_each_account_the_first_copy_is_next(care: Aftercare) -> None:
    for account, uid in (("a", "first"), ("a", "second"), ("b", "other")):
        care.is_unread(account, uid)

    assert care.to_read() == [("a", "first"), ("b", "other")]


def test_accounts_that_are_busy_are_not_waited_for(care: Aftercare) -> None:
    care.is_unread("a", "u")

    assert care.wait_s({"a"}) == LONG_S
    assert care.wait_s(()) < 1


def test_an_account_rests_as_long_as_it_is_told(care: Aftercare, clock: FakeClock) -> None:
    care.rest("a", 0.4)

    assert (care.resting(), care.wait_s(())) == ({"a"}, pytest.approx(0.4))
    clock.elapsed_s += 0.4
    assert (care.resting(), care.wait_s(())) == (set(), LONG_S)
