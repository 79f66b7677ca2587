"""Every refusal of both providers, from its answer to the sentence a person reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from app.domain.texts import error_sentence
from app.domain.texts_provider import provider_words
from app.providers import graph_errors
from app.providers.gmail_errors import judge_gmail
from app.providers.graph_errors import judge_graph
from app.providers.http import Answer, Call

NOW = datetime(2026, 1, 21, 12, 40, tzinfo=UTC)
CALL = Call(method="POST", url="https://x.example")
GMAIL = [
    (429, "rateLimitExceeded", "User-rate limit exceeded.  Retry after 2026-01-21T12:57:51.196Z",
     "Gmail asks to wait. Try again in 17 min."),
    (403, "userRateLimitExceeded", "User Rate Limit Exceeded", "Gmail asks to wait."),
    (403, "dailyLimitExceeded", "Daily Limit Exceeded", "its limit for a day is reached"),
    (403, "domainPolicy", "The domain administrators have disabled Gmail apps.",
     "the domain's administrator does not allow this program"),
    (403, "insufficientPermissions", "Request had insufficient authentication scopes.",
     "the permission for it was not given at sign-in"),
    (400, "invalidArgument", "Invalid To header", "an address in To is not valid"),
    (400, "invalidArgument", "Recipient address required", "nobody is named in To, Cc or Bcc"),
    (400, "invalidArgument", "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed",
     "it was damaged on its way"),
    (400, "failedPrecondition", "Mail service not enabled", "not switched on for this account"),
    (401, "authError", "Invalid Credentials", "Sign in again"),
    (413, "uploadTooLarge", "Request too large", "it is larger than Gmail takes"),
    (500, "backendError", "Backend Error", "Gmail cannot be reached"),
    (503, "backendError", "Backend Error", "Gmail cannot be reached"),
]  # fmt: skip
GRAPH = [
    (401, "InvalidAuthenticationToken", "Sign in again"),
    (403, "ErrorAccessDenied", "its administrator does not allow access to this mailbox"),
    (403, "ErrorSendAsDenied", "this account may not send from that address"),
    (404, "MailboxNotEnabledForRESTAPI", "programs cannot use this mailbox"),
    (404, "ErrorItemNotFound", "the message it belongs to is no longer there"),
    (400, "ErrorInvalidRecipients", "an address in To, Cc or Bcc is not valid"),
    (413, "ErrorMessageSizeExceeded", "it is larger than the mailbox allows"),
    (403, "ErrorExceededMessageLimit", "its sending limit is reached"),
    (403, "ErrorExceededConnectionCount", "its sending limit is reached"),
    (554, "ErrorMessageSubmissionBlocked", "Microsoft has blocked sending from this account"),
    (429, "ApplicationThrottled", "Outlook asks to wait"),
    (503, "ErrorServerBusy", "Outlook asks to wait"),
    (500, "ErrorInternalServerError", "Outlook cannot be reached"),
]
# What no person should have to read: codes in one word, names of fields, protocol.
JARGON = re.compile(r"\b[a-z]*[A-Z][a-z]+[A-Z]\w*|TYPE_|scopes|REST|HTTP|invalidArg|\bheader\b")
OURS = re.compile("Postrider|OneDrive|SharePoint|PowerPoint")


def answer(status, error):
    return Answer(status=status, headers={}, content=json.dumps({"error": error}).encode())


def assert_plain(sentence, said):
    assert said in sentence
    assert not JARGON.search(OURS.sub("", sentence)), sentence
    # What is, then what to do.
    assert sentence.count(". ") >= 1, sentence


@pytest.mark.parametrize(("status", "reason", "message", "said"), GMAIL)
def test_gmail_refusals_are_sentences(status, reason, message, said):
    row = {"domain": "global", "reason": reason, "message": message}
    error = judge_gmail(
        CALL, answer(status, {"code": status, "message": message, "errors": [row]}), NOW
    )
    assert_plain(error_sentence(error), said)


@pytest.mark.parametrize(("status", "code", "said"), GRAPH)
def test_outlook_refusals_are_sentences(status, code, said):
    error = judge_graph(CALL, answer(status, {"code": code, "message": "As Exchange says."}), NOW)
    assert_plain(error_sentence(error), said)


def test_every_code_that_is_known_has_words():
    known = graph_errors._POLICY | graph_errors._LIMIT | set(graph_errors._REJECTED_FIELDS)
    for code in known:
        words = provider_words(f"{code}: As Exchange says.")
        assert code not in words
        assert "Exchange says" not in words


@pytest.mark.parametrize("detail", ["Something new.", "ErrorOfTomorrow: It is so.", "a: b"])
def test_what_is_unknown_is_shown_as_it_came(detail):
    assert provider_words(detail) == detail.rstrip(".")
