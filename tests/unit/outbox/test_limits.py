"""The day's count: what is known, what is over, what a clock that was set changes (nothing)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.account import ProviderKind
from app.domain.address import Address
from app.domain.outbound import Envelope, OutboundState, Receipt
from app.outbox.day_count import DAY_S, DayCount, Sent
from app.outbox.limits import NEWS_REST_S, READ_AGAIN_S, Caps, Limits
from app.ports import SentMail
from tests.support.mailroom_values import ADA, make_account, make_record
from tests.support.outbox_lab import FakeClock

GMAIL = ProviderKind.GMAIL


class Plans:
    """Has what it is given, and counts how often it is asked."""

    def __init__(self) -> None:
        self.sent: list[SentMail] = []
        self.asked = 0

    def list_sent(self, account_uid, since):
        self.asked += 1
        return [one for one in self.sent if one.sent_at > since]


class Accounts:
    def __init__(self, address: str = "ada@acme.example") -> None:
        self.asked = 0
        self._accounts = [make_account(uid="account-1", address=address)]

    def list_accounts(self):
        self.asked += 1
        return self._accounts


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def plans():
    return Plans()


def limits_of(plans, clock, *, day=10, minute=100, second=100, accounts=None):
    caps = dict.fromkeys(ProviderKind, Caps(day, minute, second))
    return Limits(plans=plans, accounts=accounts or Accounts(), clock=clock, caps=caps)


def record_to(count, uid="r1"):
    people = tuple(Address(f"p{number}@x.example") for number in range(count))
    return make_record(
        OutboundState.QUEUED,
        uid=uid,
        account_uid="account-1",
        content={"envelope": Envelope(sender=ADA, to=people)},
    )


def accept(limits, count, uid="r1", message_id=""):
    limits.count(record_to(count, uid), Receipt(provider_message_id=message_id))


def test_a_hundred_sends_ask_the_store_once(plans, clock):
    accounts = Accounts()
    limits = limits_of(plans, clock, day=1000, accounts=accounts)
    for number in range(100):
        assert limits.blocked_until(record_to(1, f"r{number}")) is None
        accept(limits, 1, f"r{number}")
    assert limits.today("account-1", GMAIL).used == 100
    assert (plans.asked, accounts.asked) == (1, 1)


def test_news_are_read_after_a_rest_and_the_store_now_and_then(plans, clock):
    limits = limits_of(plans, clock)
    limits.today("account-1", GMAIL)
    for _ in range(50):
        limits.read_again("account-1")
        limits.today("account-1", GMAIL)
    assert plans.asked == 1
    clock.run_on(NEWS_REST_S)
    limits.today("account-1", GMAIL)
    assert plans.asked == 2
    clock.run_on(NEWS_REST_S)
    limits.today("account-1", GMAIL)
    assert plans.asked == 2
    clock.run_on(READ_AGAIN_S)
    limits.today("account-1", GMAIL)
    assert plans.asked == 3


def test_a_mail_waits_until_enough_is_free_not_until_the_first_is(plans, clock):
    limits = limits_of(plans, clock)
    for number, count in enumerate((1, 4, 5)):
        accept_after(limits, clock, count, f"r{number}")
    until = limits.blocked_until(record_to(4, "next"))
    # The first frees one, the second four more: at the second's hour there is room for four.
    assert until is not None
    waits = until - clock.now()
    assert timedelta(hours=21, minutes=59) < waits < timedelta(hours=22, minutes=1)


def accept_after(limits, clock, count, uid):
    limits.today("account-1", GMAIL)
    accept(limits, count, uid)
    clock.run_on(3600)


def test_more_recipients_than_the_cap_go_once_the_day_is_clear(plans, clock):
    limits = limits_of(plans, clock, day=3)
    assert limits.blocked_until(record_to(5)) is None
    accept(limits, 1, "small")
    until = limits.blocked_until(record_to(5))
    assert until is not None
    clock.run_on(DAY_S)
    assert limits.blocked_until(record_to(5)) is None


def test_the_minute_is_counted_apart(plans, clock):
    limits = limits_of(plans, clock, minute=2)
    limits.today("account-1", GMAIL)
    for number in range(2):
        accept(limits, 1, f"r{number}")
        clock.run_on(10)
    until = limits.blocked_until(record_to(1, "third"))
    assert until is not None
    assert timedelta(seconds=39) < until - clock.now() < timedelta(seconds=41)
    clock.run_on(40.1)
    assert limits.blocked_until(record_to(1, "third")) is None


def test_a_burst_is_held_back_for_parts_of_a_second(plans, clock):
    limits = limits_of(plans, clock, second=2)
    limits.today("account-1", GMAIL)
    for number, pause_s in enumerate((0.0, 0.3)):
        assert limits.second_wait_s(record_to(1)) == 0
        accept(limits, 1, f"r{number}")
        clock.run_on(pause_s)
    assert limits.second_wait_s(record_to(1)) == pytest.approx(0.7)
    assert limits.blocked_until(record_to(1)) is None
    clock.run_on(0.71)
    assert limits.second_wait_s(record_to(1)) == 0


def test_a_consumer_account_has_its_provider_s_cap_for_every_address(plans, clock):
    limits = limits_of(plans, clock, day=2000, accounts=Accounts("ada@gmail.com"))
    assert limits.today("account-1", GMAIL).cap == 500


def test_told_by_the_provider_first_it_is_ours_all_the_same(plans, clock):
    limits = limits_of(plans, clock)
    plans.sent = [SentMail(key="m1", sent_at=clock.now(), recipients=2, is_ours=False)]
    assert limits.today("account-1", GMAIL).elsewhere == 2
    accept(limits, 2, "r1", "m1")
    usage = limits.today("account-1", GMAIL)
    assert (usage.used, usage.elsewhere) == (2, 0)


@pytest.mark.parametrize("step_s", [DAY_S, -DAY_S, 3 * DAY_S, -40 * DAY_S])
def test_a_clock_that_is_set_changes_no_count(plans, clock, step_s):
    limits = limits_of(plans, clock)
    plans.sent = [
        SentMail(key="old", sent_at=clock.now() - timedelta(hours=30), recipients=5, is_ours=True),
        SentMail(key="new", sent_at=clock.now() - timedelta(hours=20), recipients=3, is_ours=True),
    ]
    assert limits.today("account-1", GMAIL).used == 3
    clock.set_by(step_s)
    clock.run_on(READ_AGAIN_S + 1)
    assert limits.today("account-1", GMAIL).used == 3
    frees_at = limits.today("account-1", GMAIL).frees_at
    assert frees_at is not None
    assert timedelta() < frees_at - clock.now() < timedelta(hours=4)
    clock.run_on(4 * 3600)
    assert limits.today("account-1", GMAIL).used == 0


def test_what_a_clock_of_tomorrow_wrote_counts_for_a_day_and_no_longer(plans, clock):
    plans.sent = [
        SentMail(key="m", sent_at=clock.now() + timedelta(days=1), recipients=4, is_ours=True)
    ]
    limits = limits_of(plans, clock)
    assert limits.today("account-1", GMAIL).used == 4
    frees_at = limits.today("account-1", GMAIL).frees_at
    assert frees_at is not None
    assert frees_at - clock.now() <= timedelta(days=1)


ONE = st.builds(
    Sent,
    key=st.sampled_from("abcdefgh"),
    at_s=st.floats(0, 2 * DAY_S),
    recipients=st.integers(1, 9),
    is_ours=st.booleans(),
)


@given(readings=st.lists(st.lists(ONE, max_size=6, unique_by=lambda one: one.key), max_size=5))
def test_the_sums_are_those_of_what_is_kept(readings):
    count, now_s = DayCount(), DAY_S
    for found in readings:
        count.know(found, now_s)
        now_s += DAY_S / 3
        count.forget(now_s)
        kept = list(count._known.values())
        assert count.used == sum(one.recipients for one in kept)
        assert count.elsewhere == sum(one.recipients for one in kept if not one.is_ours)
        assert all(one.at_s > now_s - DAY_S for one in kept)
        assert [one.at_s for one in kept] == sorted(one.at_s for one in kept)
