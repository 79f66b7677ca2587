"""Every way a request is refused: status, code and sentence, the same in every dialect. Pure.

The codes are a contract: they are never renamed and never carry anything of the program's inside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from app.domain.errors import (
    AppError,
    AttachmentError,
    DraftRejected,
    IdempotencyConflict,
    KeyInvalid,
    KeyLacks,
    MailboxAmbiguous,
    NotConnected,
    NotFound,
    PortUnusable,
    ProviderError,
    QuotaExceeded,
    SignInError,
    StoreError,
    TooLate,
    VaultUnavailable,
)
from app.domain.texts import error_sentence, problem_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.problem import Problem

CODES: dict[int, str] = {
    400: "validation_error",
    401: "invalid_key",
    403: "insufficient_permissions",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "idempotency_conflict",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
    502: "provider_error",
    503: "unavailable",
}
# The first class that fits decides.
STATUSES: tuple[tuple[type[AppError], int], ...] = (
    (DraftRejected, 400),
    (MailboxAmbiguous, 400),
    (AttachmentError, 400),
    (KeyInvalid, 401),
    (KeyLacks, 403),
    (NotConnected, 403),
    (SignInError, 403),
    (VaultUnavailable, 403),
    (NotFound, 404),
    (IdempotencyConflict, 409),
    (TooLate, 409),
    (QuotaExceeded, 429),
    (ProviderError, 502),
    (StoreError, 503),
    (PortUnusable, 503),
)
_CODES_BY_ERROR: tuple[tuple[type[AppError], str], ...] = ((TooLate, "too_late"),)


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong, and in which field."""

    field: str
    message: str


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(
        self,
        status: int,
        message: str,
        details: Iterable[Detail] = (),
        *,
        code: str = "",
        retry_after_s: float | None = None,
        allow: str = "",
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.code = code or CODES.get(status, "validation_error" if status < 500 else CODES[500])
        self.message = message
        self.details = tuple(details)
        self.retry_after_s = retry_after_s
        self.allow = allow

    def body(self, request_id: str) -> bytes:
        """Give the JSON that says so."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "details": [{"field": one.field, "message": one.message} for one in self.details],
        }
        return json_bytes({"error": error, "request_id": request_id})


def json_bytes(value: object) -> bytes:
    """Write JSON as it goes out; half characters are escaped, which no encoding could carry."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def invalid(details: Iterable[Detail]) -> Refusal:
    """Refuse a request for everything that is wrong with it at once."""
    found = tuple(dict.fromkeys(details))
    message = " ".join(dict.fromkeys(one.message for one in found[:3]))
    if len(found) > 3:
        message += f" And {len(found) - 3} more."
    return Refusal(400, message or "The request is not valid.", found)


def invalid_field(field: str, message: str) -> Refusal:
    """Refuse a request for one field."""
    return invalid([Detail(field, message)])


def refusal_of(error: AppError, fields: dict[str, str] | None = None) -> Refusal:
    """Give the refusal an expected failure becomes.

    Args:
        error: what happened.
        fields: what the dialect calls our fields.
    """
    if isinstance(error, DraftRejected):
        stopping = [one for one in error.problems if one.is_error]
        return invalid(_detail(problem, fields or {}) for problem in stopping)
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    code = next((code for kind, code in _CODES_BY_ERROR if isinstance(error, kind)), "")
    details: tuple[Detail, ...] = ()
    if isinstance(error, MailboxAmbiguous):
        details = (Detail("provider", error_sentence(error)),)
    elif isinstance(error, AttachmentError):
        details = (Detail("attachments", error_sentence(error)),)
    sentence = error_sentence(error)
    if isinstance(error, NotFound):
        sentence = f"There is no {error.params.get('kind', 'such thing')} with this id."
    return Refusal(status, sentence, details, code=code, retry_after_s=error.retry_after_s)


def unknown_status(status: int) -> Refusal:
    """Refuse with a status that only the HTTP layer knows."""
    return Refusal(status, f"{HTTPStatus(status).phrase}.")


def _detail(problem: Problem, fields: dict[str, str]) -> Detail:
    return Detail(fields.get(problem.field, problem.field), problem_sentence(problem))
