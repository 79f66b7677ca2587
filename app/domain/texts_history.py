"""The steps of a record as sentences for "What happened". Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.texts_values import clock_text, fill, moment_text, sentence_part

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.domain.account import ProviderKind
    from app.domain.outbound import HistoryEntry

# By HistoryEntry.event. {provider} is the carrier's name; the other names are keys of `detail`.
HISTORY_TEXTS: dict[str, str] = {
    "submitted": "Send pressed; content frozen {frozen}",
    "queued": "Put in the outbox",
    "scheduled": "Scheduled",
    "due": "Its time has come",
    "claimed": "Attempt {attempt} begins",
    "drafting": "Making the draft at {provider}",
    "draft_made": "Draft {draft} made at {provider}",
    "draft_found": "Draft {draft} of an earlier attempt found at {provider}",
    "draft_gone": "The draft is gone at {provider}",
    "handing_over": "Handing over to {provider} to send",
    "accepted": "Accepted by {provider}",
    "read_back": "Compared with the copy in Sent",
    "answer_lost": "Send handed over; {provider}’s answer was lost",
    "interrupted": "Postrider was stopped in the middle of it",
    "asked": "{provider} asked: {found}",
    "could_not_ask": "{provider} could not be asked",
    "settled_sent": "{provider} says it was sent",
    "settled_not_sent": "{provider} says it was not sent; it goes out now",
    "unsettled": "{provider} could not say; it is yours to decide",
    "throttled": "{provider} asked to wait",
    "not_accepted": "{provider} did not take it; tried again later",
    "held": "Waiting for you",
    "resumed": "Going on",
    "rejected": "{provider} refused it",
    "content_changed": "The kept content no longer matches what was frozen; nothing was sent",
    "store_trouble": "Postrider’s own files could not be written; tried again later",
    "gave_up": "Given up",
    "unrecorded": "Postrider’s own files could not be written at that moment; going on from what"
    " was written before",
    "stopped": "Stopped before the final request",
    "paced": "Waiting its turn within your sending limit",
    "draft_swept": "The draft at {provider} was removed",
    "draft_left": "The draft at {provider} could not be removed; it is still in Drafts there",
    "draft_unasked": "{provider} could not be asked whether a draft was left; look into Drafts there",
    "clock_set": "This computer’s clock was changed; waiting for you before anything goes early",
    "missed": "Its time passed while this computer was off",
    "cancelled": "Cancelled by you",
    "dismissed": "Dismissed by you",
    "taken_back": "Taken back by you",
    "retried": "Retry pressed",
    "signed_in": "You signed in; going on",
    "resolved_sent": "You said it was sent",
    "resolved_again": "You chose to send it again",
    "edited": "Taken into a new draft",
    "rescheduled": "Scheduled for another time",
    "kept_here": "Its time is too near to hand it over; this computer sends it",
    "handed_over": "{provider} has it and sends it when its time comes",
    "cancelling_asked": "Cancel pressed; {provider} is asked to give it back",
    "taking_back_asked": "Edit or Cancel pressed; {provider} is asked to give it back",
    "withdrawing": "Deleting it at {provider}",
    "withdrawn": "{provider} gave it back; it was not sent",
    "too_late": "Too near to its time to get it back",
    "not_seen": "{provider} was to send it, and it is not in Sent there",
    "bug": "Something unexpected went wrong; nothing more is tried by itself",
}
_EVIDENCE = ("found", "differences", "status", "http_status", "request_id", "detail")
_LONG_ID = 24
_LABELS = {
    "status": "HTTP status",
    "http_status": "HTTP status",
    "request_id": "request",
    "differences": "changed on the way",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line: when, what, and the evidence behind it."""

    time: str
    text: str
    evidence: str


def history_line(
    entry: HistoryEntry, provider: ProviderKind, now: datetime, tz: tzinfo | None = None
) -> HistoryLine:
    """Give a step in words, with its local time to the second."""
    known = HISTORY_TEXTS.get(entry.event)
    template = known or entry.event.replace("_", " ").capitalize()
    values: dict[str, object] = {key: _short(value) for key, value in entry.detail.items()}
    values["provider"] = provider.label
    text = fill(template, values).replace(" :", ":").rstrip(" :;")
    is_today = entry.at.astimezone(tz).date() == now.astimezone(tz).date()
    time = clock_text(entry.at, tz, seconds=True) if is_today else moment_text(entry.at, now, tz)
    return HistoryLine(time, text, _evidence(entry, template))


def _short(value: str) -> str:
    """Show a hash or a long id by its ends."""
    is_long = len(value) > _LONG_ID and " " not in value
    return f"{value[:6]}…{value[-4:]}" if is_long else value


def _evidence(entry: HistoryEntry, template: str) -> str:
    parts = []
    for key in _EVIDENCE:
        value = sentence_part(entry.detail.get(key, ""))
        # The comparison repeats the answer that the line before it shows.
        is_repeated = key == "http_status" and entry.event == "read_back"
        if value and f"{{{key}}}" not in template and not is_repeated:
            parts.append(f"{_LABELS[key]} {value}" if key in _LABELS else value)
    return " · ".join(parts)
