"""A Gmail account that may only send: one request, no draft, and what is lost stays uncertain."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.auth.records import GoogleTokens
from app.domain.account import Account, AccountState, Capability, ProviderKind
from app.domain.errors import DeliveryUncertain, NeedsPerson
from app.ports import Verdict
from tests.support.carriages import Parcel

ADDRESS = "ada@acme.example"
SCOPE = "https://www.googleapis.com/auth/gmail.send"
READS = "https://www.googleapis.com/auth/gmail.readonly"


def connect(server, desk, providers, scopes, capabilities):
    tokens = server.control.token("gmail", ADDRESS, ["openid", *scopes])
    kept = GoogleTokens(
        refresh_token=tokens["refresh_token"],
        access_token=tokens["access_token"],
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        scopes=tuple(scopes),
    )
    desk.vault.save("gmail/uid", kept.to_bytes())
    return providers.provider(
        Account(
            uid="uid",
            provider=ProviderKind.GMAIL,
            address=ADDRESS,
            display_name="Ada",
            state=AccountState.CONNECTED,
            capabilities=frozenset(capabilities),
            added_at=datetime.now(UTC),
        )
    )


@pytest.fixture
def sender(server, desk, providers):
    return connect(server, desk, providers, [SCOPE], {Capability.SEND})


@pytest.mark.parametrize("size", [100, 200_000, 6_000_000])
def test_sends_in_one_request(server, sender, size):
    parcel = Parcel(sender=ADDRESS, files={"a.pdf": os.urandom(size)})
    carriage = parcel.carriage()
    assert sender.find_draft(carriage) is None
    draft = sender.create_draft(carriage)
    assert not server.control.requests(operation="gmail.drafts.create")
    receipt = sender.send_draft(draft, carriage)
    assert receipt.provider_message_id
    assert sender.read_back(receipt, carriage) == receipt
    assert len(server.control.deliveries()) == 1
    sender.discard_draft(draft)


@pytest.mark.parametrize("size", [100, 200_000])
def test_a_lost_answer_stays_uncertain(server, sender, size):
    carriage = Parcel(sender=ADDRESS, files={"a.pdf": os.urandom(size)}).carriage()
    draft = sender.create_draft(carriage)
    server.control.fault("send", "drop_after")
    with pytest.raises(DeliveryUncertain):
        sender.send_draft(draft, carriage)
    evidence = sender.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is Verdict.UNKNOWN
    assert len(server.control.deliveries()) == 1


def test_rights_given_later_help_to_settle(server, desk, providers, sender):
    carriage = Parcel(sender=ADDRESS).carriage()
    draft = sender.create_draft(carriage)
    server.control.fault("send", "drop_after")
    with pytest.raises(DeliveryUncertain):
        sender.send_draft(draft, carriage)
    everything = set(Capability) - {Capability.DEFER}
    later = connect(server, desk, providers, [SCOPE, READS], everything)
    assert later.ask_outcome(draft, carriage, datetime.now(UTC)).verdict is Verdict.SENT
    never = replace(carriage, message=Parcel(sender=ADDRESS, marker="no").carriage().message)
    assert later.ask_outcome(draft, never, datetime.now(UTC)).verdict is Verdict.UNKNOWN


def test_without_any_right_it_says_so(server, desk, providers):
    nothing = connect(server, desk, providers, [READS], {Capability.READ})
    with pytest.raises(NeedsPerson):
        nothing.create_draft(Parcel(sender=ADDRESS).carriage())
