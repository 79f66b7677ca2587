"""What Microsoft Graph's refusals mean (learn.microsoft.com/graph/errors and Exchange codes). Pure.

A final request that ends with 5xx is uncertain, except for the few codes by which Exchange says
itself that it took nothing.
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
from app.providers.values import inner, text

if TYPE_CHECKING:
    from datetime import datetime

    from app.providers.http import Answer, Call

_PROVIDER = "microsoft"
_BUSY = frozenset(
    {"ApplicationThrottled", "ErrorServerBusy", "TooManyRequests", "ErrorTooManyRequests"}
)
_LIMIT = frozenset({"ErrorMessageSubmissionBlocked", "ErrorQuotaExceeded"})
_LIMIT_PREFIX = "ErrorExceeded"
_POLICY = frozenset(
    {
        "ErrorAccessDenied",
        "Authorization_RequestDenied",
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        "MailboxNotHostedInExchangeOnline",
        "ErrorAccountSuspend",
        "ErrorAccountSuspendShowTierUpgrade",
    }
)
_GONE = frozenset({"ErrorItemNotFound", "ErrorInvalidMailboxItemId", "itemNotFound"})
# Said about a draft that is being sent or was sent: what became of it must be asked.
_SENT_BEFORE = frozenset(
    {
        "ErrorInvalidOperation",
        "ErrorItemSave",
        "ErrorIrresolvableConflict",
        "ErrorMessageAlreadySent",
    }
)
_REJECTED_FIELDS = {
    "ErrorInvalidRecipients": "to",
    "ErrorSendAsDenied": "from",
    "ErrorSubmissionQuotaExceeded": "",
}


def judge_graph(call: Call, answer: Answer, now: datetime) -> AppError:
    """Map one refusal."""
    error = inner(answer.json(), "error")
    code = text(error, "code")
    message = text(error, "message")[:300]
    detail = f"{code}: {message}" if code and message else code or message
    about: dict[str, object] = {
        "provider": _PROVIDER,
        "status": answer.status,
        "detail": detail or f"HTTP {answer.status}",
        "request_id": answer.request_id or text(inner(error, "innerError"), "request-id"),
    }
    wait_s = retry_after_s(answer.headers, now)
    if code in _LIMIT or code.startswith(_LIMIT_PREFIX):
        return NeedsPerson(reason=Reason.DAILY_LIMIT, **about)
    if answer.status == 429:
        return Throttled(retry_after_s=wait_s, **about)
    if answer.status >= 500 or answer.status in {408, 423}:
        return _failed(call, code, wait_s, about)
    return _refused(call, answer.status, code, about)


def _failed(call: Call, code: str, wait_s: float | None, about: dict[str, object]) -> AppError:
    if call.is_final:
        return DeliveryUncertain(**about)
    if code in _BUSY:
        return Throttled(retry_after_s=wait_s, **about)
    return Unavailable(retry_after_s=wait_s, **about)


def _refused(call: Call, status: int, code: str, about: dict[str, object]) -> AppError:
    if status == 401:
        # Upload URLs carry their own token: there a 401 means that the session is over.
        return SignInRequired(provider=_PROVIDER) if call.is_authorized else Unavailable(**about)
    if call.is_final and (status == 409 or code in _SENT_BEFORE):
        return DeliveryUncertain(**about)
    if code in _POLICY:
        return NeedsPerson(reason=Reason.POLICY, **about)
    if status in {404, 410} or code in _GONE:
        return DraftGone(**about) if call.is_final else Rejected(field="", **about)
    if code in _REJECTED_FIELDS:
        return Rejected(field=_REJECTED_FIELDS[code], **about)
    if status == 403:
        return NeedsPerson(reason=Reason.POLICY, **about)
    if status in {409, 412} or status < 400:
        return Unavailable(**about)
    return Rejected(field="", **about)
