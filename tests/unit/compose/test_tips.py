from __future__ import annotations

from dataclasses import replace

import pytest

from app.compose.tips import KEPT_S, MOST_KEPT, REST_S, RecipientTips
from app.domain.account import AccountState, Capability, ProviderKind
from app.domain.errors import NeedsPerson, Throttled, Unavailable
from app.domain.mail_tips import MailTip
from app.runtime.cancel import CancelToken
from tests.support.mailroom_values import make_account
from tests.support.outbox_lab import FakeClock

OUTLOOK = make_account(uid="outlook-1", provider=ProviderKind.MICROSOFT)
RAJ = "raj@northwind.example"
JANE = "jane@northwind.example"


class Teller:
    """Tells that Raj's mailbox is full; counts who was asked about."""

    def __init__(self):
        self.asked = []
        self.error = None

    def provider(self, account):
        return self

    def fetch_tips(self, addresses, cancel):
        self.asked.append(list(addresses))
        if self.error is not None:
            raise self.error
        return {RAJ: MailTip(address=RAJ, is_full=True)} if RAJ in addresses else {}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def teller():
    return Teller()


@pytest.fixture
def look(teller, clock):
    tips = RecipientTips(providers=teller, clock=clock)
    return lambda *people, account=OUTLOOK: tips.look(account, people, CancelToken())


def test_each_recipient_is_asked_about_once_in_some_minutes(look, teller, clock):
    assert look("Raj@Northwind.example")[RAJ].is_full
    assert look(RAJ, JANE)[RAJ].is_full
    assert look(JANE) == {}
    assert teller.asked == [[RAJ], [JANE]]
    clock.run_on(KEPT_S + 1)
    look(RAJ, JANE)
    assert teller.asked[-1] == [RAJ, JANE]


def test_accounts_are_told_different_things(look, teller):
    look(RAJ)
    look(RAJ, account=replace(OUTLOOK, uid="outlook-2"))
    assert len(teller.asked) == 2


@pytest.mark.parametrize(
    "account",
    [
        make_account(),
        replace(OUTLOOK, capabilities=frozenset({Capability.SEND})),
        replace(OUTLOOK, state=AccountState.SIGNED_OUT),
    ],
    ids=["gmail", "may not read", "signed out"],
)
def test_nobody_is_asked_who_cannot_tell(look, teller, account):
    assert look(RAJ, account=account) == {}
    assert teller.asked == []


@pytest.mark.parametrize("error", [Unavailable(), NeedsPerson(provider="microsoft")])
def test_trouble_is_silent_and_not_asked_about_at_once_again(look, teller, clock, error):
    teller.error = error
    assert look(RAJ) == {}
    assert look(RAJ) == {}
    assert len(teller.asked) == 1
    teller.error = None
    clock.run_on(REST_S + 1)
    assert look(RAJ)[RAJ].is_full


def test_the_pause_the_provider_asks_for_is_kept(look, teller, clock):
    teller.error = Throttled(retry_after_s=500)
    look(RAJ)
    teller.error = None
    clock.run_on(400)
    assert look(RAJ) == {}
    clock.run_on(200)
    assert look(RAJ)[RAJ].is_full


def test_what_is_kept_does_not_grow_for_ever(look, teller):
    for start in range(0, MOST_KEPT + 500, 500):
        look(*(f"p{number}@northwind.example" for number in range(start, start + 500)))
    look("p0@northwind.example")
    assert teller.asked[-1] == ["p0@northwind.example"]
