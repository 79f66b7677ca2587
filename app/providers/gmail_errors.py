"""What Gmail's refusals mean (developers.google.com/gmail/api/guides/handle-errors). Pure.

A final request that ends with 5xx is uncertain: nobody knows whether it was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import (
    AppError,
    DeliveryUncertain,
    DraftGone,
    NeedsPerson,
    Rejected,
    SignInRequired,
    Throttled,
    Unavailable,
)
from app.domain.outbound import Reason
from app.providers.retry_after import retry_after_s
from app.providers.values import Json, inner, rows, text

if TYPE_CHECKING:
    from datetime import datetime

    from app.providers.http import Answer, Call

_PROVIDER = "gmail"
_RATE = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "concurrentRateLimitExceeded"})
_DAILY = frozenset({"dailyLimitExceeded", "quotaExceeded", "dailyLimitExceededUnreg"})
_SCOPES = frozenset({"insufficientPermissions", "insufficientScopes"})
_FOR_THE_PERSON = {
    "domainPolicy": "the domain's administrator does not allow this program",
    "accessNotConfigured": "the Gmail API is not switched on for this program",
    "failedPrecondition": "Gmail is not switched on for this account",
}


def judge_gmail(call: Call, answer: Answer, now: datetime) -> AppError:
    """Map one refusal."""
    error = inner(answer.json(), "error")
    reason = _reason(error)
    message = text(error, "message")[:300]
    wait_s = retry_after_s(answer.headers, now, message)
    about: dict[str, object] = {
        "provider": _PROVIDER,
        "status": answer.status,
        "detail": message or f"HTTP {answer.status}",
    }
    if answer.status == 429 or (answer.status == 403 and reason in _RATE):
        return Throttled(retry_after_s=wait_s, **about)
    if answer.status >= 500 or answer.status in {408, 409}:
        if call.is_final:
            return DeliveryUncertain(**about)
        return Unavailable(retry_after_s=wait_s, **about)
    if answer.status == 401:
        # For an upload session without our token it means that the session is over.
        return SignInRequired(provider=_PROVIDER) if call.is_authorized else Unavailable(**about)
    return _refused(call, answer.status, reason, about)


def _refused(call: Call, status: int, reason: str, about: dict[str, object]) -> AppError:
    detail = str(about["detail"])
    if call.is_final and _is_about_the_draft(status, detail):
        return DraftGone(**about)
    if reason in _FOR_THE_PERSON:
        return NeedsPerson(reason=Reason.POLICY, **{**about, "detail": _FOR_THE_PERSON[reason]})
    if status == 403:
        return NeedsPerson(reason=_reason_to_hold(reason), **about)
    if status < 400:
        return Unavailable(**about)
    return Rejected(field=_field(detail), **about)


def _is_about_the_draft(status: int, detail: str) -> bool:
    """A consumed draft is refused with 404, or 400 with a word about the draft (likely)."""
    return status in {404, 410} or (status == 400 and "draft" in detail.lower())


def _reason_to_hold(reason: str) -> Reason:
    if reason in _DAILY:
        return Reason.DAILY_LIMIT
    return Reason.SIGN_IN if reason in _SCOPES else Reason.POLICY


def _reason(error: Json) -> str:
    found = rows(error, "errors")
    return text(found[0], "reason") if found else text(error, "status")


def _field(message: str) -> str:
    """Name the field that Gmail complains about, as far as its sentence tells."""
    lowered = message.lower()
    for field, words in (
        ("to", ("invalid to header", "recipient address required")),
        ("cc", ("invalid cc header",)),
        ("bcc", ("invalid bcc header",)),
        ("from", ("invalid from header",)),
    ):
        if any(word in lowered for word in words):
            return field
    return ""
