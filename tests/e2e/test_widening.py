"""A permission that is given later: the account, its mail and its tokens stay, more works."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.account import AccountState, Capability
from app.domain.errors import NotConnected
from app.domain.outbound import OutboundState, Reason
from app.domain.submission import Submission
from app.ports import OutboxView, SignInFlow
from app.runtime.cancel import CancelToken
from tests.support.drafts import draft
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, settle, sign_in, visit
from tests.support.sandbox import sandbox

READONLY = "https://www.googleapis.com/auth/gmail.readonly"
# What the person leaves unticked (or an administrator takes away) at first.
REDUCED = {ADA_GMAIL: ("gmail", [READONLY]), NINA_OUTLOOK: ("microsoft", ["Mail.ReadWrite"])}


@pytest.fixture
def server():
    with sandbox() as running:
        yield running


def widen(services, uid):
    return services.book.reconnect(uid, flow=SignInFlow.LOOPBACK, show=visit, cancel=CancelToken())


def states(services):
    return [one.state for one in services.records.list_records(OutboxView.ALL)]


@pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
def test_reading_allowed_later_unlocks_it_and_keeps_everything(server, tmp_path, address):
    provider, missing = REDUCED[address]
    server.control.consent(provider, account=address, unticked=missing)
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, address)
        [before] = services.book.list_accounts()
        [box] = services.book.list_mailboxes()
        assert Capability.READ not in before.capabilities
        with pytest.raises(NotConnected):
            services.conversations.refresh(before.uid, CancelToken())
        later = services.clock.now() + timedelta(hours=1)
        kept = services.submitter.submit(
            Submission(draft=draft(mailbox_uid=box.uid), not_before=later)
        )

        server.control.consent(provider, account=address)
        after = widen(services, before.uid)

        assert (after.uid, after.added_at) == (before.uid, before.added_at)
        assert after.capabilities > before.capabilities
        assert {Capability.READ, Capability.RECONCILE} <= after.capabilities
        assert services.conversations.refresh(after.uid, CancelToken()) > 0
        assert box.uid in {one.uid for one in services.book.list_mailboxes()}
        [record] = services.records.list_records(OutboxView.ALL)
        assert (record.uid, record.state) == (kept.uid, OutboundState.SCHEDULED)


def test_at_google_the_second_consent_adds_to_the_first(server, tmp_path):
    """Whatever is unticked the second time was given the first time: nothing is lost by asking."""
    server.control.consent("gmail", account=ADA_GMAIL, unticked=[READONLY])
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, ADA_GMAIL)
        [before] = services.book.list_accounts()
        compose = "https://www.googleapis.com/auth/gmail.compose"
        server.control.consent("gmail", account=ADA_GMAIL, unticked=[compose])
        after = widen(services, before.uid)
        assert {Capability.SEND, Capability.DRAFTS, Capability.READ} <= after.capabilities
        assert {READONLY, compose} <= set(after.scopes)


@pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
def test_mail_that_waited_for_the_sign_in_goes_out_by_itself(server, tmp_path, address):
    provider, missing = REDUCED[address]
    missing = missing if provider == "gmail" else []
    server.control.consent(provider, account=address, unticked=missing)
    with open_profile(tmp_path, server.url) as services:
        sign_in(services, address)
        [account] = services.book.list_accounts()
        box = services.book.list_mailboxes()[0]
        server.control.revoke(address)
        services.submitter.submit(Submission(draft=draft(mailbox_uid=box.uid)))
        [held] = settle(services, lambda rows: rows[0].state is OutboundState.HELD)
        assert held.reason is Reason.SIGN_IN
        assert services.book.list_accounts()[0].state is AccountState.SIGNED_OUT

        server.control.consent(provider, account=address)
        widen(services, account.uid)

        [sent] = settle(services, lambda rows: rows[0].state is OutboundState.SENT)
        assert sent.uid == held.uid
        assert Capability.READ in services.book.list_accounts()[0].capabilities
    assert len(server.control.deliveries()) == 1
