"""A record as the two-line cells of the Mailroom: state, why, and what next. Pure.

Every pair of state and reason has words; the pairs that occur have words of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.domain.texts_actions import Action, RowWords, Words
from app.domain.texts_later import LATER_TEXTS, words_for_later
from app.domain.texts_provider import provider_words
from app.domain.texts_values import fill, moment_text, plural, sentence_part

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail


_S, _R = OutboundState, Reason
_A = Action
_WAIT = (_A.RETRY, _A.EDIT, _A.CANCEL)
_DECIDE = (_A.SHOW_EVIDENCE, _A.RESOLVE_SENT, _A.RESOLVE_AGAIN)
_HELD = (_A.RETRY, _A.EDIT, _A.CANCEL)
_MEND = (_A.EDIT, _A.RETRY, _A.DISMISS)

# {provider} Gmail · {company} Google · {due} {planned} {since} {sent} times · {attempts} ·
# {detail} what the provider said
ROW_TEXTS: dict[tuple[OutboundState, Reason], Words] = {
    (_S.SCHEDULED, _R.UNDO_WINDOW): Words(
        "undo", "accent", "Sending soon", "at {due_s}",
        "You can still take it back until {due_s}.", (_A.UNDO,),
    ),
    (_S.SCHEDULED, _R.SCHEDULED): Words(
        "clock", "plain", "Scheduled", "for {due}",
        "Goes out at {due}. This computer must be on and online then.", (_A.EDIT, _A.CANCEL),
    ),
    (_S.QUEUED, _R.NONE): Words(
        "clock", "muted", "Waiting to send", "{attempts}",
        "Goes out in a moment.", (_A.CANCEL,),
    ),
    (_S.QUEUED, _R.OFFLINE): Words(
        "pause", "muted", "Waiting for a connection", "{attempts}",
        "{provider} cannot be reached. Trying again at {due}; nothing was sent.", _WAIT,
    ),
    (_S.QUEUED, _R.PROVIDER_DOWN): Words(
        "pause", "muted", "Waiting for {provider}", "{attempts}",
        "{provider} has trouble of its own. Trying again at {due}; nothing was sent.", _WAIT,
    ),
    (_S.QUEUED, _R.THROTTLED): Words(
        "pause", "muted", "Waiting for quota", "{recipients}",
        "{provider} allows the next send at {due}.", (_A.EDIT, _A.CANCEL),
    ),
    (_S.QUEUED, _R.DAILY_LIMIT): Words(
        "pause", "muted", "Waiting for quota", "{recipients}",
        "{provider}’s limit for a day is reached. Goes out by itself at {due}.",
        (_A.EDIT, _A.CANCEL),
    ),
    (_S.QUEUED, _R.OWN_LIMIT): Words(
        "pause", "muted", "Waiting for quota", "{recipients}",
        "Your own sending limit is reached. Goes out by itself at {due}.", (_A.EDIT, _A.CANCEL),
    ),
    (_S.QUEUED, _R.BY_PERSON): Words(
        "clock", "muted", "Waiting to send", "{attempts}",
        "Goes out again in a moment, as you decided.", (_A.CANCEL,),
    ),
    (_S.SENDING, _R.NONE): Words(
        "send", "accent", "Sending", "{attempts}",
        "On its way to {provider}.", (),
    ),
    (_S.UNCERTAIN, _R.SETTLING): Words(
        "question", "warn", "Not certain", "since {since}",
        "{provider}’s answer was lost. Asking again at {due}; nothing is sent twice.", _DECIDE,
    ),
    (_S.UNCERTAIN, _R.UNSETTLED): Words(
        "question", "warn", "Not certain", "since {since}",
        "{provider} could not say whether it was sent. Look into Sent there, then decide;"
        " nothing is sent by itself.", _DECIDE,
    ),
    (_S.UNCERTAIN, _R.SIGN_IN): Words(
        "question", "warn", "Not certain", "since {since}",
        "{provider}’s answer was lost, and {company} ended the session. Sign in, so that {provider}"
        " can be asked; nothing is sent twice.", (_A.SIGN_IN, *_DECIDE),
    ),
    (_S.HELD, _R.SIGN_IN): Words(
        "exclamation", "danger", "Sign in again", "held since {since}",
        "{company} ended the session. The mail goes out by itself after you sign in.",
        (_A.SIGN_IN, _A.EDIT, _A.CANCEL),
    ),
    (_S.HELD, _R.VAULT): Words(
        "exclamation", "danger", "Keyring is locked", "held since {since}",
        "The kept sign-ins cannot be read. Unlock your system’s keyring, then try now.", _HELD,
    ),
    (_S.HELD, _R.POLICY): Words(
        "exclamation", "danger", "Not allowed", "held since {since}",
        "{provider} does not let this account send: {detail}. Ask your administrator, then try"
        " now.", _HELD,
    ),
    (_S.HELD, _R.DAILY_LIMIT): Words(
        "exclamation", "danger", "Limit reached", "held since {since}",
        "{provider} has stopped this account for now: {detail}. Look at the account there, then"
        " try now.", _HELD,
    ),
    (_S.HELD, _R.OWN_LIMIT): Words(
        "exclamation", "danger", "Limit reached", "held since {since}",
        "Your own sending limit is reached. Raise it or wait, then try now.", _HELD,
    ),
    (_S.HELD, _R.MISSED): Words(
        "exclamation", "warn", "Missed its time", "was due {planned}",
        "This computer was off or offline. Send it now, or change it first.", _HELD,
    ),
    (_S.HELD, _R.BUG): Words(
        "exclamation", "danger", "Stopped", "held since {since}",
        "Something unexpected went wrong and nothing more is tried by itself. The log has the"
        " details; try now, or edit it.", _HELD,
    ),
    (_S.FAILED, _R.REJECTED): Words(
        "exclamation", "danger", "Refused", "at {since}",
        "{provider} refused it: {detail}. Edit it, then send it again.", _MEND,
    ),
    (_S.FAILED, _R.TOO_LARGE): Words(
        "exclamation", "danger", "Too large", "at {since}",
        "{provider} does not take a message of this size. Edit it and remove files, or send a"
        " link.", _MEND,
    ),
    (_S.FAILED, _R.CONTENT_CHANGED): Words(
        "exclamation", "danger", "Stopped", "at {since}",
        "A kept file is no longer what was frozen at Send, so nothing was sent. Edit it and attach"
        " the file again.", (_A.EDIT, _A.DISMISS),
    ),
    (_S.FAILED, _R.GAVE_UP): Words(
        "exclamation", "danger", "Given up", "at {since}",
        "{provider} did not take it after {tries}. Nothing was sent; try now, or edit it.", _MEND,
    ),
    (_S.FAILED, _R.BY_PERSON): Words(
        "exclamation", "muted", "Given up by you", "at {since}",
        "You decided that it was not sent. Try now, or edit it.", _MEND,
    ),
    (_S.FAILED, _R.BUG): Words(
        "exclamation", "danger", "Stopped", "at {since}",
        "Something unexpected went wrong; nothing more is tried by itself. The log has the details;"
        " try now, or edit it.", _MEND,
    ),
    (_S.SENT, _R.NONE): Words(
        "check", "ok", "Accepted by {provider}", "{sent}",
        "A copy is in Sent at {provider}.", (_A.OPEN, _A.WRITE_AGAIN),
    ),
    (_S.SENT, _R.BY_PERSON): Words(
        "check", "ok", "Sent, as you said", "at {since}",
        "{provider} could not say; you found it in Sent.", (_A.OPEN, _A.WRITE_AGAIN),
    ),
    (_S.CANCELLED, _R.BY_PERSON): Words(
        "close", "muted", "Cancelled", "at {since}",
        "You stopped it before it was sent.", (_A.WRITE_AGAIN,),
    ),
    # Failed, and then dismissed: the reason stays.
    (_S.CANCELLED, _R.REJECTED): Words(
        "close", "muted", "Dismissed", "at {since}",
        "{provider} refused it: {detail}. Nothing was sent.", (_A.WRITE_AGAIN,),
    ),
    (_S.CANCELLED, _R.TOO_LARGE): Words(
        "close", "muted", "Dismissed", "at {since}",
        "{provider} does not take a message of this size. Nothing was sent.", (_A.WRITE_AGAIN,),
    ),
    (_S.CANCELLED, _R.CONTENT_CHANGED): Words(
        "close", "muted", "Dismissed", "at {since}",
        "A kept file was no longer what was frozen at Send. Nothing was sent.", (_A.WRITE_AGAIN,),
    ),
    (_S.CANCELLED, _R.GAVE_UP): Words(
        "close", "muted", "Dismissed", "at {since}",
        "{provider} did not take it after {tries}. Nothing was sent.", (_A.WRITE_AGAIN,),
    ),
    **LATER_TEXTS,
}  # fmt: skip

# For pairs that should not occur; true in any case.
_ANY: dict[OutboundState, Words] = {
    _S.SCHEDULED: ROW_TEXTS[_S.SCHEDULED, _R.SCHEDULED],
    _S.QUEUED: ROW_TEXTS[_S.QUEUED, _R.NONE],
    _S.SENDING: ROW_TEXTS[_S.SENDING, _R.NONE],
    _S.SENT: ROW_TEXTS[_S.SENT, _R.NONE],
    _S.CANCELLED: ROW_TEXTS[_S.CANCELLED, _R.BY_PERSON],
    _S.UNCERTAIN: ROW_TEXTS[_S.UNCERTAIN, _R.SETTLING],
    _S.HELD: Words(
        "exclamation", "danger", "Held", "since {since}",
        "It waits for you: {detail}. Try now, or edit it.", _HELD,
    ),
    _S.FAILED: Words(
        "exclamation", "danger", "Not sent", "at {since}",
        "It was not sent: {detail}. Try now, or edit it.", _MEND,
    ),
}  # fmt: skip


_RESUMED = "Going on with the upload that was interrupted."


def row_words(
    record: OutboundEmail, now: datetime, tz: tzinfo | None = None, *, percent: int = 0
) -> RowWords:
    """Say where a record stands, why, and what may be done.

    Args:
        record: the record as stored.
        now: the present moment; times that are over are not announced.
        tz: the person's zone; None is the computer's own.
        percent: how much of it was uploaded, as last heard.
    """
    usual = ROW_TEXTS.get((record.state, record.reason), _ANY[record.state])
    words = words_for_later(record, now) or usual
    state, why, mark = words.state, words.why, words.mark
    if record.state is _S.SENDING and words is usual:
        state, why, mark = _sending(record, words, percent)
    if record.state is _S.SENT and record.receipt and record.receipt.differences:
        why = "{provider} changed on the way: {changed}."
    values = _values(record, now, tz)
    return RowWords(
        state=fill(state, values),
        state_detail=fill(words.detail, values),
        why=fill(why, values),
        actions=words.actions,
        tone=words.tone,
        mark=mark,
    )


def actions_of(state: OutboundState, reason: Reason) -> tuple[Action, ...]:
    """Give what may be done with any record that stands so."""
    return ROW_TEXTS.get((state, reason), _ANY[state]).actions


def draft_words(draft: Draft, now: datetime, tz: tzinfo | None = None) -> RowWords:
    """Say of a draft when it was saved and what may be done with it."""
    return RowWords(
        state="Draft",
        state_detail=f"saved {moment_text(draft.updated_at, now, tz)}",
        why="Not sent. It is saved as you write.",
        actions=(_A.OPEN, _A.DISCARD),
        tone="muted",
        mark="edit",
    )


def _sending(record: OutboundEmail, words: Words, percent: int) -> tuple[str, str, str]:
    match record.step:
        case DeliveryStep.NONE | DeliveryStep.DRAFTING if percent:
            is_resumed = record.attempts > 1 and record.upload_state
            why = _RESUMED if is_resumed else "Goes out when all of it is there."
            return f"Uploading {percent} %", why, "upload"
        case DeliveryStep.NONE | DeliveryStep.DRAFTING:
            return "Preparing", "Making the draft at {provider}.", words.mark
        case DeliveryStep.ACCEPTED:
            return words.state, "Accepted; comparing with the copy in Sent.", words.mark
        case _:
            return words.state, words.why, words.mark


def _values(record: OutboundEmail, now: datetime, tz: tzinfo | None) -> dict[str, object]:
    count = len(record.envelope.recipients)
    since = record.uncertain_at if record.state is _S.UNCERTAIN else None
    due = max(record.due_at, now) if record.state in {_S.QUEUED, _S.UNCERTAIN} else record.due_at
    return {
        "provider": record.provider.label,
        "company": record.provider.company,
        "due": moment_text(due, now, tz),
        "planned": moment_text(record.planned_at or record.due_at, now, tz),
        "due_s": record.due_at.astimezone(tz).strftime("%H:%M:%S"),
        "since": moment_text(since or record.updated_at, now, tz),
        "sent": moment_text(record.sent_at or record.updated_at, now, tz),
        "recipients": plural(count, "recipient"),
        "attempts": _attempts(record),
        "tries": plural(record.attempts, "try", "tries"),
        "changed": _changed(record),
        "detail": provider_words(record.detail) or "it gave no reason",
    }


def _attempts(record: OutboundEmail) -> str:
    if record.state is _S.SENDING:
        return "first attempt" if record.attempts <= 1 else f"attempt {record.attempts}"
    if not record.attempts:
        return "not tried yet"
    return f"{plural(record.attempts, 'try', 'tries')} so far"


def _changed(record: OutboundEmail) -> str:
    differences = record.receipt.differences if record.receipt else ()
    return "; ".join(sentence_part(one) for one in differences)
