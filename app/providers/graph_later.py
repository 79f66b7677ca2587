"""Outlook keeps a message until its moment and sends it then, whether this computer is on or not.

PidTagDeferredSendTime (MAPI 0x3FEF) on the draft, then `send`: Exchange answers 202 and holds the message
in Drafts, still a draft, until that moment; a moment that is past means at once; deleting it before
cancels it (learn.microsoft.com, PidTagDeferredSendTime; Graph's extended properties may be set by PATCH).

Whether the moment has come is judged by Exchange's own clock, the Date of its answer: this computer's
may be wrong. While a held message looks like one that was never handed over, "before its moment and
deleted" is certain either way.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.errors import DraftGone
from app.ports import Evidence, ProviderDraft, Verdict
from app.providers.body import json_body
from app.providers.graph_api import IMMUTABLE, GraphApi
from app.providers.graph_ask import STATE, sent_evidence
from app.providers.http import Call, params, unreadable
from app.providers.values import Json, text

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports import Carriage
    from app.providers.http import Answer

DEFERRED_SEND = "SystemTime 0x3FEF"
# Both moments have whole seconds, and servers write the same Date for one: what is left is never overstated.
_STEPS_S = 3.0


def postpone(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> None:
    """Write on the draft when Exchange shall send it.

    Raises:
        DraftGone: there is no such draft.
        ProviderError, Cancelled, SignInRequired: nothing is to be sent.
    """
    assert carriage.send_at is not None
    value = {"id": DEFERRED_SEND, "value": _stamp(carriage.send_at)}
    answer = api.http.call(
        Call(
            method="PATCH",
            url=api.message_url(draft.message_id or draft.draft_id),
            headers=(IMMUTABLE,),
            body=json_body({"singleValueExtendedProperties": [value]}),
            fine=frozenset({404}),
            cancel=carriage.cancel,
        )
    )
    if not answer.is_ok:
        raise DraftGone(provider="microsoft", status=answer.status, request_id=answer.request_id)
    if not text(answer.json(), "id"):
        # Whoever answered, it need not be on the draft: sent now it could go at once.
        raise unreadable(ProviderKind.MICROSOFT, answer)


def ask_kept(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> Evidence:
    """Ask what became of a message that Outlook was to send later. Raises as `ports.Carrier`."""
    answer, message = _look(api, draft, carriage)
    left_s = _left_s(answer, carriage)
    if message.get("isDraft") is False:
        return sent_evidence(message)
    if message.get("isDraft") is not True:
        return Evidence(
            verdict=Verdict.UNKNOWN,
            found="The message is gone from Drafts in Outlook, and it is not (yet) in Sent Items.",
            left_s=left_s,
        )
    if left_s > 0:
        verdict, found = Verdict.WAITING, "Outlook has the message and its time has not come."
    elif _in_folder(api, "drafts", carriage):
        verdict, found = Verdict.NOT_SENT, "It is still in Drafts in Outlook, past its time."
    else:
        verdict, found = Verdict.NOT_SENT, "It is unsent in Outlook, in another folder than Drafts."
    return Evidence(verdict=verdict, found=found, left_s=left_s, draft=_draft_of(message))


def withdraw(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> Evidence:
    """Delete a message that Outlook keeps, and see that it did not go. Raises as `ports.Withdrawer`."""
    api.write("DELETE", api.message_url(draft.message_id or draft.draft_id), None, carriage.cancel)
    evidence = ask_kept(api, draft, carriage)
    if evidence.left_s <= 0 or evidence.verdict is Verdict.SENT:
        # Its moment came meanwhile: gone may mean sent.
        return evidence
    if evidence.verdict is Verdict.WAITING and _in_folder(api, "drafts", carriage):
        return evidence
    # What is deleted may lie in Deleted Items, still a draft; nothing is sent from there.
    return Evidence(
        verdict=Verdict.NOT_SENT,
        found="It was deleted in Outlook before its time, and it is not in Sent Items.",
        left_s=evidence.left_s,
    )


def _look(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> tuple[Answer, Json]:
    """Give the message by its id, else from Sent Items or Drafts by its Message-ID."""
    url = api.message_url(draft.message_id or draft.draft_id)
    answer = api.get(url, params(_select=STATE), fine=frozenset({404}), cancel=carriage.cancel)
    if answer.is_ok:
        message = answer.json()
        if not text(message, "id"):
            raise unreadable(ProviderKind.MICROSOFT, answer)
        return answer, message
    found = _in_folder(api, "sentitems", carriage) or _in_folder(api, "drafts", carriage)
    return answer, found


def _in_folder(api: GraphApi, folder: str, carriage: Carriage) -> Json:
    wanted = carriage.message.content.message_id
    return api.find_by_message_id(folder, wanted, STATE, carriage.cancel)


def _draft_of(message: Json) -> ProviderDraft:
    message_id = text(message, "id")
    return ProviderDraft(
        draft_id=message_id, message_id=message_id, thread_id=text(message, "conversationId")
    )


def _left_s(answer: Answer, carriage: Carriage) -> float:
    """Give the seconds until its moment by Exchange's clock; none if the answer has no date."""
    assert carriage.send_at is not None
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return 0.0
    return (carriage.send_at - there).total_seconds() - _STEPS_S


def _stamp(moment: datetime) -> str:
    """Write a moment in whole seconds, never after it: what is to go now is not held."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
