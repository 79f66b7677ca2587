"""Rows of messages that the provider keeps until their moment, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import SignInRequired
from app.domain.outbound import DeliveryStep, Keeper, OutboundState, Reason
from app.domain.texts_actions import Action, Words

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.outbound import OutboundEmail

_S, _R, _A = OutboundState, Reason, Action
_DECIDE = (_A.SHOW_EVIDENCE, _A.RESOLVE_SENT, _A.RESOLVE_AGAIN)

LATER_TEXTS: dict[tuple[OutboundState, Reason], Words] = {
    (_S.SCHEDULED, _R.HAND_OVER): Words(
        "clock", "plain", "Scheduled", "for {planned}",
        "Goes to {provider} at {due}, which sends it at {planned}. Until it is there, this computer"
        " must be on and online.", (_A.EDIT, _A.CANCEL),
    ),
    (_S.SCHEDULED, _R.AT_PROVIDER): Words(
        "clock", "plain", "Scheduled", "for {planned}",
        "{provider} has it and sends it at {planned}, even if this computer is off.",
        (_A.EDIT, _A.CANCEL),
    ),
    (_S.SCHEDULED, _R.CANCELLING): Words(
        "clock", "warn", "Being cancelled", "for {planned}",
        "{provider} is asked to give it back. If it cannot be reached before {planned}, it goes out"
        " then.", (_A.SHOW_EVIDENCE,),
    ),
    (_S.SCHEDULED, _R.TAKING_BACK): Words(
        "clock", "warn", "Being taken back", "for {planned}",
        "{provider} is asked to give it back; then it is in Drafts again. If it cannot be reached"
        " before {planned}, it goes out then.", (_A.SHOW_EVIDENCE,),
    ),
    (_S.SCHEDULED, _R.TOO_LATE): Words(
        "clock", "warn", "Too late to stop", "for {planned}",
        "{provider} sends it at {planned} and did not give it back so shortly before. Asking at"
        " {due} whether it went.", (_A.SHOW_EVIDENCE,),
    ),
    (_S.SCHEDULED, _R.SIGN_IN): Words(
        "exclamation", "warn", "Scheduled", "for {planned}",
        "{provider} has it and sends it at {planned}. {company} ended the session: sign in to see"
        " that it went, or to stop it before.", (_A.SIGN_IN, _A.EDIT, _A.CANCEL),
    ),
    (_S.SENT, _R.TOO_LATE): Words(
        "check", "warn", "Accepted by {provider}", "{sent}",
        "It was gone before it could be stopped. A copy is in Sent at {provider}.",
        (_A.OPEN, _A.WRITE_AGAIN),
    ),
}  # fmt: skip

_WITHDRAWALS = frozenset({_R.CANCELLING, _R.TAKING_BACK})
_SIGNED_OUT = Words(
    "exclamation", "danger", "Sign in again", "for {planned}",
    "{company} ended the session. Sign in, so that {provider} can be asked to give it back; otherwise"
    " it goes out at {planned}.", (_A.SIGN_IN, _A.SHOW_EVIDENCE),
)  # fmt: skip
_HANDING_OVER = Words(
    "send", "accent", "Handing over", "for {planned}",
    "On its way to {provider}, which sends it at {planned}.", (),
)  # fmt: skip
_DUE = Words(
    "clock", "plain", "Due at {provider}", "since {planned}",
    "{provider} was to send it at {planned}. Asking at {due} whether it went.",
    (_A.SHOW_EVIDENCE,),
)  # fmt: skip
_LOST = Words(
    "question", "warn", "Not certain", "for {planned}",
    "{provider}’s answer was lost. Asking again at {due}, long before it is to go; nothing is sent"
    " twice.", _DECIDE,
)  # fmt: skip
_NOT_SEEN: dict[Reason, Words] = {
    _R.SETTLING: Words(
        "question", "warn", "Not certain", "was due {planned}",
        "{provider} was to send it at {planned}, and it is not in Sent there. Asking again at {due};"
        " nothing is sent twice.", _DECIDE,
    ),
    _R.UNSETTLED: Words(
        "question", "warn", "Not certain", "was due {planned}",
        "{provider} was to send it at {planned}, and it is not in Sent there. Look into Drafts and"
        " Sent there, then decide; nothing is sent by itself.", _DECIDE,
    ),
    _R.SIGN_IN: Words(
        "question", "warn", "Not certain", "was due {planned}",
        "{provider} was to send it at {planned}, and {company} ended the session. Sign in, so that"
        " {provider} can be asked; nothing is sent twice.", (_A.SIGN_IN, *_DECIDE),
    ),
}  # fmt: skip


def words_for_later(record: OutboundEmail, now: datetime) -> Words | None:
    """Give other words for a record whose state alone does not say what its provider does with it."""
    if record.keeper is Keeper.COMPUTER or record.planned_at is None:
        return None
    is_ahead = record.is_for_later(now)
    match record.state:
        case OutboundState.QUEUED if is_ahead:
            return LATER_TEXTS[OutboundState.SCHEDULED, Reason.HAND_OVER]
        case OutboundState.SENDING if is_ahead and record.step is DeliveryStep.SENDING:
            return _HANDING_OVER
        case OutboundState.SCHEDULED if (
            record.reason in _WITHDRAWALS and record.detail == SignInRequired.code
        ):
            return _SIGNED_OUT
        case OutboundState.SCHEDULED if record.reason is Reason.AT_PROVIDER and not is_ahead:
            return _DUE
        case OutboundState.UNCERTAIN if is_ahead and record.reason is Reason.SETTLING:
            return _LOST
        case OutboundState.UNCERTAIN if record.is_at_provider:
            return _NOT_SEEN.get(record.reason)
        case _:
            return None
