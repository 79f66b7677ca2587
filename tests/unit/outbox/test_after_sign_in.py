"""Signing in again puts everything back in line that waited for it, whatever somebody else does meanwhile."""

from __future__ import annotations

import pytest

from app.domain.errors import SignInRequired
from app.domain.outbound import OutboundState, Reason
from tests.support.outbox_lab import OutboxLab

MAILS = ("one", "two", "three")


@pytest.fixture
def lab(tmp_path):
    made = OutboxLab(tmp_path)

    def signed_out():
        raise SignInRequired(provider="gmail", address="ada@acme.example")

    for uid in MAILS:
        made.submit(uid)
        made.carrier.script["create before"] = signed_out
        made.work(uid)
        assert made.get(uid).reason is Reason.SIGN_IN
    yield made
    made.close()


class StalePlans:
    """Gives what was waiting a moment ago."""

    def __init__(self, plans, act):
        self._plans, self._act = plans, act

    def list_open(self):
        found = self._plans.list_open()
        self._act()
        return found


def resume(lab, act):
    lab.outbox._plans = StalePlans(lab.plans, act)
    return lab.outbox.resume_account("gmail-1")


def test_all_that_waited_goes_on(lab):
    assert resume(lab, lambda: None) == 3
    for uid in MAILS:
        lab.work(uid)
        assert lab.get(uid).state is OutboundState.SENT


def test_one_that_was_cancelled_meanwhile_holds_up_no_other(lab):
    assert resume(lab, lambda: lab.outbox.cancel("one")) == 2
    states = [lab.get(uid).state for uid in MAILS]
    assert states == [OutboundState.CANCELLED, OutboundState.QUEUED, OutboundState.QUEUED]


def test_one_that_goes_on_already_is_left_alone(lab):
    def retried():
        record = lab.outbox.retry("two")
        lab.ledger.change(record, "", reason=Reason.THROTTLED, due_at=lab.clock.now())

    assert resume(lab, retried) == 2
    after = lab.get("two")
    assert after.reason is Reason.THROTTLED
