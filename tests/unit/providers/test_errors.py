"""What each refusal means: the tables, and the same over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.account import ProviderKind
from app.domain.errors import (
    DeliveryUncertain,
    DraftGone,
    NeedsPerson,
    Rejected,
    SignInRequired,
    Throttled,
    Unavailable,
)
from app.domain.outbound import Reason
from app.providers.gmail_errors import judge_gmail
from app.providers.graph_errors import judge_graph
from app.providers.http import Answer, Call
from app.providers.retry_after import retry_after_s
from tests.support.carriages import Parcel

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
ADDRESS = {GMAIL: "ada@acme.example", MICROSOFT: "nina@fabrikam.example"}
BOTH = pytest.mark.parametrize("kind", [GMAIL, MICROSOFT])
NOW = datetime(2026, 1, 21, 12, 45, 0, tzinfo=UTC)


def gmail(status, reason="", message="", *, final=False, authorized=True, headers=None):
    error = {"code": status, "message": message, "errors": [{"reason": reason}]}
    answer = Answer(
        status=status, headers=headers or {}, content=json.dumps({"error": error}).encode()
    )
    call = Call(method="POST", url="x", is_final=final, is_authorized=authorized)
    return judge_gmail(call, answer, NOW)


def graph(status, code="", *, final=False, authorized=True, headers=None):
    error = {"code": code, "message": "Sorry.", "innerError": {"request-id": "r-1"}}
    answer = Answer(
        status=status, headers=headers or {}, content=json.dumps({"error": error}).encode()
    )
    call = Call(method="POST", url="x", is_final=final, is_authorized=authorized)
    return judge_graph(call, answer, NOW)


@pytest.mark.parametrize(
    ("status", "reason", "before", "final"),
    [
        (400, "invalidArgument", Rejected, Rejected),
        (400, "failedPrecondition", NeedsPerson, NeedsPerson),
        (401, "authError", SignInRequired, SignInRequired),
        (403, "userRateLimitExceeded", Throttled, Throttled),
        (403, "rateLimitExceeded", Throttled, Throttled),
        (403, "dailyLimitExceeded", NeedsPerson, NeedsPerson),
        (403, "domainPolicy", NeedsPerson, NeedsPerson),
        (403, "insufficientPermissions", NeedsPerson, NeedsPerson),
        (403, "somethingNew", NeedsPerson, NeedsPerson),
        (404, "notFound", Rejected, DraftGone),
        (408, "", Unavailable, DeliveryUncertain),
        (409, "", Unavailable, DeliveryUncertain),
        (413, "uploadTooLarge", Rejected, Rejected),
        (429, "rateLimitExceeded", Throttled, Throttled),
        (429, "", Throttled, Throttled),
        (500, "backendError", Unavailable, DeliveryUncertain),
        (502, "", Unavailable, DeliveryUncertain),
        (503, "backendError", Unavailable, DeliveryUncertain),
        (504, "", Unavailable, DeliveryUncertain),
        (302, "", Unavailable, Unavailable),
    ],
)
def test_gmail_table(status, reason, before, final):
    assert type(gmail(status, reason)) is before
    assert type(gmail(status, reason, final=True)) is final


@pytest.mark.parametrize(
    ("reason", "held"),
    [
        ("dailyLimitExceeded", Reason.DAILY_LIMIT),
        ("domainPolicy", Reason.POLICY),
        ("insufficientPermissions", Reason.SIGN_IN),
    ],
)
def test_gmail_reasons_to_hold(reason, held):
    assert gmail(403, reason).params["reason"] is held


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Invalid To header", "to"),
        ("Recipient address required", "to"),
        ("Invalid Bcc header", "bcc"),
        ("Something else", ""),
    ],
)
def test_gmail_names_the_field(message, field):
    assert gmail(400, "invalidArgument", message).params["field"] == field


def test_gmail_says_that_a_draft_is_gone_with_400_too():
    assert type(gmail(400, "invalidArgument", "Invalid draft", final=True)) is DraftGone


def test_gmail_time_in_the_sentence():
    message = "User-rate limit exceeded.  Retry after 2026-01-21T12:57:51.196Z"
    error = gmail(429, "rateLimitExceeded", message)
    assert error.retry_after_s == pytest.approx(771.196)


@pytest.mark.parametrize(
    ("status", "code", "before", "final"),
    [
        (400, "ErrorInvalidRecipients", Rejected, Rejected),
        (400, "ErrorInvalidRequest", Rejected, Rejected),
        (401, "InvalidAuthenticationToken", SignInRequired, SignInRequired),
        (403, "ErrorAccessDenied", NeedsPerson, NeedsPerson),
        (403, "ErrorSendAsDenied", Rejected, Rejected),
        (403, "ErrorInvalidOperation", NeedsPerson, DeliveryUncertain),
        (403, "MailboxNotEnabledForRESTAPI", NeedsPerson, NeedsPerson),
        (404, "MailboxNotEnabledForRESTAPI", NeedsPerson, NeedsPerson),
        (404, "ErrorItemNotFound", Rejected, DraftGone),
        (409, "ErrorItemSave", Unavailable, DeliveryUncertain),
        (412, "ErrorIrresolvableConflict", Unavailable, DeliveryUncertain),
        (413, "ErrorMessageSizeExceeded", Rejected, Rejected),
        (423, "", Unavailable, DeliveryUncertain),
        (429, "ApplicationThrottled", Throttled, Throttled),
        (500, "ErrorInternalServerError", Unavailable, DeliveryUncertain),
        (503, "ErrorServerBusy", Throttled, DeliveryUncertain),
        (504, "", Unavailable, DeliveryUncertain),
        (554, "ErrorMessageSubmissionBlocked", NeedsPerson, NeedsPerson),
        (429, "ErrorExceededMessageLimit", NeedsPerson, NeedsPerson),
        (507, "ErrorQuotaExceeded", NeedsPerson, NeedsPerson),
    ],
)
def test_graph_table(status, code, before, final):
    assert type(graph(status, code)) is before
    assert type(graph(status, code, final=True)) is final


def test_graph_keeps_the_request_id():
    assert graph(500).params["request_id"] == "r-1"
    assert graph(500, headers={"request-id": "r-2"}).params["request_id"] == "r-2"


def test_a_401_of_an_upload_url_is_no_reason_to_sign_in():
    assert type(graph(401, authorized=False)) is Unavailable
    assert type(gmail(401, authorized=False)) is Unavailable


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"errors": 3}}']
)
@pytest.mark.parametrize("judge", [judge_gmail, judge_graph])
def test_errors_without_sense_are_judged_by_status(judge, content):
    call = Call(method="POST", url="x")
    answer = Answer(status=500, headers={}, content=content)
    assert type(judge(call, answer, NOW)) is Unavailable


@pytest.mark.parametrize(
    ("header", "message", "seconds"),
    [
        ("30", "", 30),
        ("1.5", "", 1.5),
        ("Wed, 21 Jan 2026 12:46:00 GMT", "", 60),
        ("2026-01-21T12:46:00Z", "", 60),
        ("Wed, 21 Jan 2026 12:00:00 GMT", "", 0),
        ("-5", "", 0),
        ("999999999", "", 86400),
        ("soon", "", None),
        ("", "", None),
        ("", "Retry after 2026-01-21T12:46:00.500Z please", 60.5),
        ("10", "Retry after 2026-01-21T12:46:00Z", 10),
        ("nan", "", None),
    ],
)
def test_retry_after(header, message, seconds):
    assert retry_after_s({"retry-after": header}, NOW, message) == seconds


@BOTH
@pytest.mark.parametrize("form", ["seconds", "http_date", "gmail_text", "none"])
def test_throttling_over_the_wire(server, either, kind, form):
    carriage = Parcel(sender=ADDRESS[kind]).carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "throttle", form=form, delay_s=90)
    with pytest.raises(Throttled) as caught:
        either.send_draft(draft, carriage)
    wait_s = caught.value.retry_after_s
    said = form in {"seconds", "http_date"} or (form == "gmail_text" and kind is GMAIL)
    assert 80 < wait_s <= 91 if said else wait_s is None
    either.send_draft(draft, carriage)
    assert len(server.control.deliveries()) == 1


@BOTH
def test_no_recipients_are_rejected_over_the_wire(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind], to="not an address")
    carriage = parcel.carriage()
    with pytest.raises(Rejected):
        either.send_draft(either.create_draft(carriage), carriage)
    assert not server.control.deliveries()


def test_outlook_refuses_a_foreign_sender(server, desk, providers, graph):
    parcel = Parcel(sender="stranger@elsewhere.example")
    carriage = parcel.carriage()
    with pytest.raises(Rejected) as caught:
        graph.send_draft(graph.create_draft(carriage), carriage)
    assert caught.value.params["field"] == "from"


def test_time_of_the_answer_is_the_injected_one():
    late = NOW + timedelta(seconds=30)
    assert retry_after_s({"retry-after": "Wed, 21 Jan 2026 12:46:00 GMT"}, late) == 30


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("Wed, 21 Jan 2026 12:46:00 GMT", ""),
        ("", "User-rate limit exceeded.  Retry after 2026-01-21T12:46:00.000Z"),
    ],
)
def test_a_moment_is_one_by_the_clock_of_whoever_named_it(days, named, message):
    headers = {"date": "Wed, 21 Jan 2026 12:45:00 GMT", "retry-after": named}
    wrong = NOW + timedelta(days=days)
    assert retry_after_s(headers, wrong, message) == 60


@pytest.mark.parametrize(
    "value",
    ["-0.5", "1e9", "0x10", "inf", "120, 120", "12:30", "tomorrow", "\x00", "9" * 400, "--5", "."],
)
def test_whatever_is_said_there_is_a_wait_that_ends(value):
    wait_s = retry_after_s({"retry-after": value, "date": value}, NOW)
    assert wait_s is None or 0 <= wait_s <= 86_400
