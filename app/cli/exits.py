"""Exit codes (sysexits.h) and which failure ends with which. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import (
    AppError,
    AttachmentError,
    DraftRejected,
    IdempotencyConflict,
    KeyInvalid,
    KeyLacks,
    MailboxAmbiguous,
    NeedsPerson,
    NotConnected,
    NotFound,
    Rejected,
    SignInError,
    TooLate,
    VaultUnavailable,
)
from app.domain.outbound import OutboundState, Reason

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail

DONE = 0
USAGE = 64
BAD_DATA = 65
UNAVAILABLE = 69
PENDING = 75
NOT_ALLOWED = 77
INTERRUPTED = 130

_BAD_DATA = (
    DraftRejected,
    IdempotencyConflict,
    AttachmentError,
    MailboxAmbiguous,
    NotFound,
    Rejected,
    TooLate,
)
_NOT_ALLOWED = (
    NotConnected,
    SignInError,
    KeyInvalid,
    KeyLacks,
    NeedsPerson,
    VaultUnavailable,
)


def exit_of_error(error: AppError) -> int:
    """Give the exit code of a failure."""
    if isinstance(error, _BAD_DATA):
        return BAD_DATA
    if isinstance(error, _NOT_ALLOWED):
        return NOT_ALLOWED
    return UNAVAILABLE


def exit_of_record(record: OutboundEmail) -> int:
    """Give the exit code of a send by where its record stands."""
    match record.state:
        case OutboundState.SENT:
            return DONE
        case OutboundState.SCHEDULED if not record.is_at_work:
            return DONE
        case OutboundState.FAILED | OutboundState.CANCELLED:
            return BAD_DATA
        case OutboundState.HELD:
            return NOT_ALLOWED
        case _:
            return PENDING


def exit_of_cancel(record: OutboundEmail) -> int:
    """Give the exit code of a cancel by where its record stands."""
    if record.state is OutboundState.CANCELLED:
        return DONE
    is_gone = record.state is OutboundState.SENT or record.reason is Reason.TOO_LATE
    return BAD_DATA if is_gone else PENDING
