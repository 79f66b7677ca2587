"""What a failed attempt means for its record. Pure: errors in, the next state out.

Only what was certainly not accepted is tried again (PROVIDERS, the once-only rules).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.errors import (
    AppError,
    AttachmentError,
    DeliveryUncertain,
    DraftGone,
    NeedsPerson,
    Rejected,
    SignInError,
    StoreError,
    Throttled,
    Unavailable,
    VaultUnavailable,
)
from app.domain.outbound import DeliveryStep, OutboundState, Reason

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.outbound import OutboundEmail

LONGEST_PAUSE_S = 300.0
MAX_DRAFTS_GONE = 3
# Gmail's draft is consumed by its send, so sending it again is safe as soon as Gmail still has it.
# Exchange takes a message and may show it as a draft until its transport comes round (docs: the
# message "has been accepted for processing"), and would take it twice: look again a grace later.
LOOKS = {ProviderKind.GMAIL: 1, ProviderKind.MICROSOFT: 2}
# A computer that was offline for a day still asks soon after it is back.
LONGEST_UNASKED_S = 900.0
TOO_LARGE_STATUS = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The pauses of the outbox, in seconds."""

    backoff_s: float
    grace_s: float
    settle_s: float
    late_s: float = 7200.0
    lead_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Where a record goes after a failure."""

    state: OutboundState
    reason: Reason
    event: str
    due_at: datetime
    step: DeliveryStep


def pause_s(attempts: int, timing: Timing) -> float:
    """Give the back-off after so many attempts, with ±20 % jitter so that queues spread out."""
    exponent = min(max(attempts, 1) - 1, 16)
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  spreads load, hides nothing
    return float(min(timing.backoff_s * 2**exponent, LONGEST_PAUSE_S) * jitter)


def after_failure(record: OutboundEmail, error: AppError, now: datetime, timing: Timing) -> Next:
    """Say what becomes of a record whose attempt ended with `error`."""
    if isinstance(error, DeliveryUncertain) and record.step is DeliveryStep.SENDING:
        return _next("uncertain", Reason.SETTLING, "answer_lost", now, timing.grace_s, record.step)
    if isinstance(error, DraftGone):
        return _draft_gone(now)
    state, reason, event = _resting_place(error)
    pause = max(error.retry_after_s or 0.0, pause_s(record.attempts, timing))
    step = DeliveryStep.DRAFTED if record.step is DeliveryStep.SENDING else record.step
    return _next(state, reason, event, now, pause if state == "queued" else 0.0, step)


def _resting_place(error: AppError) -> tuple[str, Reason, str]:
    """Give state, reason and event for an attempt that was certainly not accepted."""
    match error:
        case Throttled():
            place = ("queued", Reason.THROTTLED, "throttled")
        case Unavailable() | DeliveryUncertain():
            reason = Reason.PROVIDER_DOWN if error.params.get("status") else Reason.OFFLINE
            place = ("queued", reason, "not_accepted")
        case SignInError():
            place = ("held", Reason.SIGN_IN, "held")
        case VaultUnavailable():
            place = ("held", Reason.VAULT, "held")
        case NeedsPerson():
            named = error.params.get("reason")
            place = ("held", named if isinstance(named, Reason) else Reason.POLICY, "held")
        case AttachmentError():
            place = ("failed", Reason.CONTENT_CHANGED, "content_changed")
        case StoreError():
            place = ("queued", Reason.NONE, "store_trouble")
        case Rejected() if error.params.get("status") == TOO_LARGE_STATUS:
            place = ("failed", Reason.TOO_LARGE, "rejected")
        case _:
            place = ("failed", Reason.REJECTED, "rejected")
    return place


def after_crash(record: OutboundEmail, now: datetime, timing: Timing) -> Next:
    """Say what becomes of a record whose process died while it was being sent."""
    if record.step is DeliveryStep.SENDING:
        # The grace counts from the moment the request may have left, not from the restart; a
        # clock set back must not make it longer than it is.
        gone_s = max(0.0, (now - record.updated_at).total_seconds())
        wait_s = max(0.0, timing.grace_s - gone_s)
        return _next("uncertain", Reason.SETTLING, "interrupted", now, wait_s, record.step)
    return _next("queued", Reason.NONE, "interrupted", now, 0, record.step)


def after_unknown(record: OutboundEmail, now: datetime, timing: Timing) -> Next:
    """Say what becomes of an uncertain record of which the provider knows nothing (yet)."""
    since = record.uncertain_at or record.updated_at
    if (now - since).total_seconds() >= timing.settle_s:
        return _next("uncertain", Reason.UNSETTLED, "unsettled", now, 3600, record.step)
    wait_s = min(timing.grace_s / 5 * 2 ** min(record.asks, 4), timing.settle_s / 4)
    return _next("uncertain", Reason.SETTLING, "asked", now, wait_s, record.step)


def is_believed(record: OutboundEmail) -> bool:
    """Say whether a provider's "not sent" is enough to send again."""
    return record.asks + 1 >= LOOKS[record.provider]


def after_not_sent(record: OutboundEmail, now: datetime, timing: Timing) -> Next:
    """Say when to look once more before a "not sent" is believed."""
    return _next("uncertain", Reason.SETTLING, "asked", now, timing.grace_s, record.step)


def after_unasked(record: OutboundEmail, error: AppError, now: datetime, timing: Timing) -> Next:
    """Say when to ask again after a provider could not be asked about an uncertain record.

    The settle window is for answers: a provider that cannot be asked has not said that it does not
    know, so the person is not told to decide; the pauses grow instead.
    """
    reason = Reason.SIGN_IN if isinstance(error, SignInError) else Reason.SETTLING
    since = record.uncertain_at or record.updated_at
    gone_s = max(0.0, (now - since).total_seconds())
    wait_s = min(max(timing.grace_s, gone_s / 4), LONGEST_UNASKED_S)
    return _next("uncertain", reason, "could_not_ask", now, wait_s, record.step)


def _draft_gone(now: datetime) -> Next:
    """Ask about a draft that the provider does not know: somebody may have sent it by hand there."""
    return _next("uncertain", Reason.SETTLING, "draft_gone", now, 0, DeliveryStep.SENDING)


def after_vanished(record: OutboundEmail, now: datetime, timing: Timing) -> Next:
    """Say what becomes of a record whose draft is gone and which nobody has sent.

    Only for a record of which no final send was ever in doubt: another draft is made.
    """
    if record.attempts >= MAX_DRAFTS_GONE:
        return _next("failed", Reason.GAVE_UP, "gave_up", now, 0, DeliveryStep.NONE)
    wait_s = pause_s(record.attempts, timing)
    return _next("queued", Reason.PROVIDER_DOWN, "not_accepted", now, wait_s, DeliveryStep.NONE)


def _next(  # noqa: PLR0917  one row of the table above
    state: str, reason: Reason, event: str, now: datetime, wait_s: float, step: DeliveryStep
) -> Next:
    return Next(
        state=OutboundState(state),
        reason=reason,
        event=event,
        due_at=now + timedelta(seconds=wait_s),
        step=step,
    )
