"""A Google client in Testing: its sign-ins end after seven days. Said before, said then, nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.account import AccountState
from app.domain.outbound import OutboundState, Reason
from app.domain.submission import Submission
from app.domain.texts_account import ending_sentence, state_sentence
from app.ports import SignInFlow
from app.runtime.cancel import CancelToken
from tests.support.drafts import draft
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, open_profile, settle, sign_in, visit
from tests.support.sandbox import sandbox

WEEK_S = 7 * 86_400


@pytest.fixture
def server():
    with sandbox() as running:
        yield running


def test_a_sign_in_that_will_end_says_so(server, tmp_path):
    server.control.settings(refresh_lifetime_s=WEEK_S)
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, ADA_GMAIL)
        sign_in(services, ADA_OUTLOOK)
        gmail, outlook = services.book.list_accounts()
        now = services.clock.now()
        assert timedelta(days=6, hours=23) < gmail.ends_at - now <= timedelta(days=7)
        assert outlook.ends_at is None
        said = ending_sentence(gmail, now, UTC)
        assert said.startswith("This sign-in ends by itself: ")
        assert "Testing" in said
        assert ending_sentence(outlook, now) == ""
    server.control.settings(refresh_lifetime_s=None)
    with open_profile(tmp_path, server.url) as services:
        services.book.reconnect(
            gmail.uid, flow=SignInFlow.LOOPBACK, show=visit, cancel=CancelToken()
        )
        assert services.book.list_accounts()[0].ends_at is None, "a published client's lasts"


def test_when_it_has_ended_mail_waits_and_the_reason_is_said(server, tmp_path):
    # A short week, and access tokens that are renewed at once.
    server.control.settings(refresh_lifetime_s=1.0, token_lifetime_s=60.0)
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, ADA_GMAIL)
        [box, *_] = services.book.list_mailboxes()
        server.control.settings(refresh_lifetime_s=0.0)
        services.submitter.submit(Submission(draft=draft(mailbox_uid=box.uid)))
        [held] = settle(services, lambda rows: rows[0].state is OutboundState.HELD)
        assert held.reason is Reason.SIGN_IN
        [account] = services.book.list_accounts()
        assert account.state is AccountState.SIGNED_OUT
        said = state_sentence(account, 1, services.clock.now(), UTC)
        assert "the sign-in was over" in said
        assert "after 7 days while a client id is in Testing" in said
        assert said.endswith("1 mail is waiting")

        server.control.settings(refresh_lifetime_s=None, token_lifetime_s=3599.0)
        services.book.reconnect(
            account.uid, flow=SignInFlow.LOOPBACK, show=visit, cancel=CancelToken()
        )
        settle(services, lambda rows: rows[0].state is OutboundState.SENT)
    assert len(server.control.deliveries()) == 1


def test_another_end_is_not_explained_by_testing(server, tmp_path):
    server.control.settings(refresh_lifetime_s=WEEK_S)
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, ADA_GMAIL)
        [account] = services.book.list_accounts()
        services.accounts.set_state(
            account.uid, AccountState.SIGNED_OUT, datetime.now(UTC) + timedelta(days=2)
        )
        [account] = services.book.list_accounts()
        said = state_sentence(account, 0, services.clock.now(), UTC)
        assert said.startswith("Signed out by Google at")
        assert "Testing" not in said
