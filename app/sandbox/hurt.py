"""What a fault answers instead of, or after, the real answer. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from app.sandbox import gmail_errors, graph_errors, tokens
from app.sandbox.dispatch import iso_ms
from app.sandbox.faults import Fault
from app.sandbox.wire import JSON_TYPE, Response
from app.sandbox.world import Sandbox

DEFAULT_RETRY_S = 2.0
_CODES = {
    500: "InternalServerError",
    502: "BadGateway",
    503: "ErrorServerBusy",
    504: "GatewayTimeout",
    429: "ApplicationThrottled",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    413: "ErrorMessageSizeExceeded",
}
_REASONS = {
    500: "backendError",
    502: "backendError",
    503: "backendError",
    504: "backendError",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    400: "invalidArgument",
}


def instead(sandbox: Sandbox, fault: Fault, provider: str, account: str) -> Response | None:
    """Return the answer of a fault that keeps the request from being carried out."""
    match fault.kind:
        case "status_before":
            return with_status(fault, provider)
        case "throttle":
            return throttled(sandbox, fault, provider)
        case "unauthorized":
            return _unauthorized(provider)
        case "wrong_json" if fault.when == "before":
            return wrong_json(fault)
        case "revoked":
            tokens.revoke_account(sandbox, provider, account)
            sandbox.changes += 1
    return None


def afterwards(fault: Fault, provider: str, answer: Response) -> Response:
    """Return what the client sees of a request that was carried out."""
    match fault.kind:
        case "half_answer":
            return Response(
                status=answer.status, body=answer.body or b"..", headers=answer.headers, cut=True
            )
        case "status_after":
            return with_status(fault, provider)
        case "wrong_json" if fault.when != "before":
            return wrong_json(fault)
        case "accepted_retry_after" if answer.status < 300:
            seconds = str(int(fault.delay_s or DEFAULT_RETRY_S))
            headers = {**answer.headers, "Retry-After": seconds, **fault.headers}
            return Response(status=fault.status or 202, body=answer.body, headers=headers)
    return answer


def _unauthorized(provider: str) -> Response:
    return gmail_errors.unauthorized() if provider == "gmail" else graph_errors.unauthorized()


def wrong_json(fault: Fault) -> Response:
    body = b'{"unexpected": [' if fault.body is None else _body(fault.body)
    return Response(
        status=fault.status or 200, body=body, headers={"Content-Type": JSON_TYPE, **fault.headers}
    )


def _body(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def with_status(fault: Fault, provider: str) -> Response:
    status = fault.status or 503
    if fault.body is None:
        answer = plain_error(status, provider)
    else:
        answer = Response(
            status=status, body=_body(fault.body), headers={"Content-Type": JSON_TYPE}
        )
    answer.headers.update(fault.headers)
    return answer


def plain_error(status: int, provider: str) -> Response:
    if provider == "microsoft":
        return graph_errors.error_response(
            status, _CODES.get(status, "UnknownError"), "The request could not be completed."
        )
    reason = _REASONS.get(status, "backendError")
    code = (
        "UNAVAILABLE" if status == 503 else "INTERNAL" if status >= 500 else "FAILED_PRECONDITION"
    )
    return gmail_errors.error_response(
        status, "The service is currently unavailable.", reason, code
    )


def too_many(provider: str) -> Response:
    """Return the 429 for too many requests of one mailbox at the same time."""
    if provider == "gmail":
        text = "Too many concurrent requests for user."
        return gmail_errors.error_response(
            429, text, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "usageLimits"
        )
    text = "Application is over its MailboxConcurrency limit."
    answer = graph_errors.error_response(429, "ApplicationThrottled", text)
    answer.headers["Retry-After"] = "1"
    return answer


def throttled(sandbox: Sandbox, fault: Fault, provider: str) -> Response:
    """Return a 429; `form` chooses where the moment to come back stands."""
    seconds = DEFAULT_RETRY_S if fault.delay_s is None else fault.delay_s
    until = datetime.fromtimestamp(sandbox.now(), tz=UTC) + timedelta(seconds=seconds)
    if provider == "microsoft":
        answer = graph_errors.error_response(
            429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."
        )
    else:
        answer = gmail_errors.rate_limited(iso_ms(until), text=fault.form == "gmail_text")
    answer.status = fault.status or 429
    answer.headers["Date"] = format_datetime(
        datetime.fromtimestamp(sandbox.now(), tz=UTC), usegmt=True
    )
    if fault.form == "seconds":
        answer.headers["Retry-After"] = str(int(seconds) if seconds == int(seconds) else seconds)
    elif fault.form == "http_date":
        answer.headers["Retry-After"] = format_datetime(until, usegmt=True)
    answer.headers.update(fault.headers)
    return answer
