"""What is known of recipients, asked over real sockets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.account import ProviderKind
from app.domain.errors import Cancelled, NeedsPerson, ProviderError
from app.domain.mail_tips import MailTip
from app.runtime.cancel import CancelToken

RAJ = "raj@northwind.example"
NINA = "nina@fabrikam.example"


def tips_of(provider, *addresses):
    return provider.fetch_tips(list(addresses), CancelToken())


def test_everything_exchange_says_is_read(graph, server):
    server.control.settings(
        recipient_tips={
            RAJ: {
                "automaticReplies": {
                    "message": "<style>p{margin:0}</style><p>On leave.<br>Ask Jane.</p>",
                    "scheduledStartTime": {
                        "dateTime": "2026-08-07T02:00:00.0000000", "timeZone": "UTC"
                    },
                    "scheduledEndTime": {
                        "dateTime": "2026-08-09T02:00:00.0000000", "timeZone": "UTC"
                    },
                },
                "mailboxFull": True,
                "deliveryRestricted": True,
                "isModerated": True,
                "totalMemberCount": 340,
                "externalMemberCount": 12,
                "customMailTip": "<b>Not</b> read at weekends",
            }
        }
    )  # fmt: skip
    assert tips_of(graph, RAJ) == {
        RAJ: MailTip(
            address=RAJ,
            away="On leave. Ask Jane.",
            away_from=datetime(2026, 8, 7, 2, tzinfo=UTC),
            away_until=datetime(2026, 8, 9, 2, tzinfo=UTC),
            is_full=True,
            is_restricted=True,
            is_moderated=True,
            is_outside=True,
            members=340,
            outside=12,
            custom="Not read at weekends",
        )
    }


def test_who_has_nothing_to_say_is_inside_or_outside(graph, server):
    server.control.settings(recipient_tips={})
    found = tips_of(graph, "Colleague@Fabrikam.example", RAJ)
    assert {address: tip.is_outside for address, tip in found.items()} == {
        "colleague@fabrikam.example": False,
        RAJ: True,
    }
    assert not any(tip.is_worth_a_look(datetime.now(UTC)) for tip in found.values())


def test_unknown_recipients_are_told_from_other_errors(graph, server):
    server.control.settings(
        recipient_tips={
            RAJ: {"error": {"code": "ErrorInvalidRecipients", "message": "no such mailbox"}},
            NINA: {"error": {"code": "ErrorMailTipsDisabled", "message": "not today"}},
        }
    )
    assert tips_of(graph, RAJ, NINA) == {RAJ: MailTip(address=RAJ, is_unknown=True)}


def test_many_recipients_are_asked_about_a_hundred_at_a_time(graph, server):
    server.control.settings(recipient_tips={})
    before = len(server.control.requests(operation="graph.getMailTips"))
    found = tips_of(graph, *(f"p{number}@northwind.example" for number in range(230)))
    assert len(found) == 230
    assert len(server.control.requests(operation="graph.getMailTips")) - before == 3


def test_gmail_knows_nothing_of_recipients(gmail, server):
    before = len(server.control.requests())
    assert tips_of(gmail, RAJ) == {}
    assert len(server.control.requests()) == before


@pytest.mark.parametrize("kind", ["status_before", "drop_after", "throttle"])
def test_trouble_is_an_error_of_ours(graph, server, kind):
    server.control.fault("tips", kind, status=503)
    with pytest.raises(ProviderError):
        tips_of(graph, RAJ)


def test_wrong_answers_say_nothing(graph, server):
    server.control.fault("tips", "wrong_json", when="after")
    assert tips_of(graph, RAJ) == {}


def test_without_the_right_to_read_nobody_is_asked(connect, server):
    _, provider = connect(ProviderKind.MICROSOFT, unticked=["Mail.ReadWrite"])
    with pytest.raises(NeedsPerson):
        tips_of(provider, RAJ)
    assert server.control.requests(operation="graph.getMailTips") == []


def test_cancelled_it_is_not_asked(graph):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        graph.fetch_tips([RAJ], token)
