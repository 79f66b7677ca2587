"""Sending from an alias of Gmail: its name, its Reply-To and its signature; and keeping them."""

from __future__ import annotations

import base64
import email
import email.policy

import pytest

from app.domain.address import Address
from app.domain.draft import Recipients
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.ports import SignInFlow
from app.runtime.cancel import CancelToken
from tests.support.drafts import draft
from tests.support.profile import ADA_GMAIL, open_profile, settle, sign_in, visit
from tests.support.sandbox import sandbox

JANE = "jane@northwind.example"


@pytest.fixture
def server():
    with sandbox() as running:
        yield running


@pytest.fixture
def services(server, tmp_path):
    with open_profile(tmp_path, server.url) as opened:
        sign_in(opened, ADA_GMAIL)
        yield opened


def box_of(services, address):
    return next(one for one in services.book.list_mailboxes() if one.address == address)


def delivered(server):
    [copy] = server.control.delivered(recipient=JANE)
    raw = base64.b64decode(copy["raw_base64"])
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_an_alias_sends_under_its_name_with_reply_to_and_signature(services, server):
    box = box_of(services, "sales@acme.example")
    services.submitter.submit(Submission(draft=draft(mailbox_uid=box.uid, is_signed=True)))
    [sent] = settle(services, lambda rows: rows[0].state is OutboundState.SENT)
    assert sent.receipt.differences == ()

    message = delivered(server)
    assert message["From"] == "Acme Sales <sales@acme.example>"
    assert message["Reply-To"] == "sales@acme.example"
    text = message.get_body(("plain",)).get_content()
    assert "Hi Jane\n\n-- \n" in text.replace("\r\n", "\n")
    # Of the account's own address there is nothing left.
    assert "ada@acme.example" not in message["From"]


def test_a_reply_to_of_the_draft_goes_before_the_alias_s(services, server):
    box = box_of(services, "sales@acme.example")
    people = Recipients(to=(Address(JANE),), reply_to=(Address("desk@acme.example"),))
    services.submitter.submit(Submission(draft=draft(mailbox_uid=box.uid, recipients=people)))
    settle(services, lambda rows: rows[0].state is OutboundState.SENT)
    assert delivered(server)["Reply-To"] == "desk@acme.example"


@pytest.mark.expects_log("auth: the mailboxes of")
def test_aliases_survive_a_sign_in_during_an_outage(services, server):
    """Drafts and schedules name a mailbox: one that cannot be read just now is not gone."""
    before = {one.address: one.uid for one in services.book.list_mailboxes()}
    [account] = services.book.list_accounts()
    server.control.fault("aliases", "status_before", status=503, count=-1)
    services.book.reconnect(account.uid, flow=SignInFlow.LOOPBACK, show=visit, cancel=CancelToken())
    assert {one.address: one.uid for one in services.book.list_mailboxes()} == before
    box = box_of(services, "sales@acme.example")
    assert (box.display_name, box.reply_to) == ("Acme Sales", "sales@acme.example")
    assert box.signature_html


def test_an_alias_that_was_deleted_at_google_goes(services, server):
    [account] = services.book.list_accounts()
    kept = server.sandbox.world.gmail[ADA_GMAIL].send_as
    server.sandbox.world.gmail[ADA_GMAIL].send_as = [one for one in kept if one["isPrimary"]]
    services.book.refresh_mailboxes(account.uid)
    assert [one.address for one in services.book.list_mailboxes()] == [ADA_GMAIL]


def test_an_alias_that_was_never_confirmed_is_not_offered(services, server):
    [account] = services.book.list_accounts()
    for one in server.sandbox.world.gmail[ADA_GMAIL].send_as:
        if not one["isPrimary"]:
            one["verificationStatus"] = "pending"
    services.book.refresh_mailboxes(account.uid)
    assert [one.address for one in services.book.list_mailboxes()] == [ADA_GMAIL]
