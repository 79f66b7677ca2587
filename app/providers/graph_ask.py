"""Outlook: was it sent, and what does the copy in Sent Items say.

The immutable id names the draft before and the sent message after; Exchange drops custom headers
soon after sending, so nothing is looked up by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import Unavailable
from app.domain.outbound import Receipt
from app.ports import Evidence, Verdict
from app.providers.compare import SentCopy, SentFile, differences
from app.providers.graph_api import GraphApi, address, addresses, moment
from app.providers.http import params
from app.providers.values import Json, rows, text

if TYPE_CHECKING:
    from app.ports import Carriage, ProviderDraft

# Exchange moves a message to Sent Items some seconds after the 202; what takes longer than this is
# read back later by the outbox.
WAITS_S = (0.3, 0.7)
STATE = "id,isDraft,parentFolderId,sentDateTime,internetMessageId,conversationId"
_COPY = f"{STATE},subject,from,toRecipients,ccRecipients,bccRecipients,hasAttachments"


def ask_outcome(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> Evidence:
    """Ask whether the draft was sent. Raises Unavailable, Throttled, SignInRequired."""
    url = api.message_url(draft.message_id or draft.draft_id)
    answer = api.get(url, params(_select=STATE), fine=frozenset({404}), cancel=carriage.cancel)
    if answer.is_ok:
        return _from_state(answer.json())
    wanted = carriage.message.content.message_id
    found = api.find_by_message_id("sentitems", wanted, STATE, carriage.cancel)
    if text(found, "id"):
        return sent_evidence(found)
    return Evidence(
        verdict=Verdict.UNKNOWN,
        found="The draft is gone from Outlook, and the message is not (yet) in Sent Items.",
    )


def _from_state(message: Json) -> Evidence:
    match message.get("isDraft"):
        case False:
            return sent_evidence(message)
        case True:
            return Evidence(
                verdict=Verdict.NOT_SENT,
                found="The message is still a draft in Outlook, so it was not sent.",
            )
        case _:
            return Evidence(
                verdict=Verdict.UNKNOWN, found="Outlook did not say whether it is still a draft."
            )


def sent_evidence(message: Json) -> Evidence:
    """Say that a message was sent, with what Outlook has of it."""
    when = moment(message, "sentDateTime")
    shown = f" at {when:%Y-%m-%d %H:%M:%S} UTC" if when else ""
    return Evidence(
        verdict=Verdict.SENT,
        found=f"Outlook has the message as sent{shown}.",
        sent_at=when,
        receipt=Receipt(
            provider_message_id=text(message, "id"),
            provider_thread_id=text(message, "conversationId"),
            wire_message_id=text(message, "internetMessageId"),
        ),
    )


def read_back(
    api: GraphApi, receipt: Receipt, carriage: Carriage, waits_s: tuple[float, ...] = WAITS_S
) -> Receipt:
    """Fetch the sent copy and note what differs. Raises ProviderError, Cancelled."""
    message = _find_copy(api, receipt, carriage)
    for wait_s in waits_s:
        if message.get("isDraft") is False:
            break
        carriage.cancel.wait(wait_s)
        carriage.cancel.check()
        message = _find_copy(api, receipt, carriage)
    if message.get("isDraft") is not False:
        raise Unavailable(provider="microsoft", detail="the sent copy is not there yet")
    thread_id = carriage.reply.ref.thread_id if carriage.reply else ""
    return Receipt(
        provider_message_id=text(message, "id"),
        provider_thread_id=text(message, "conversationId"),
        wire_message_id=text(message, "internetMessageId"),
        request_id=receipt.request_id,
        http_status=receipt.http_status,
        differences=differences(
            carriage.message.content,
            _copy_of(api, message, carriage),
            label="Outlook",
            thread_id=thread_id,
        ),
    )


def _find_copy(api: GraphApi, receipt: Receipt, carriage: Carriage) -> Json:
    answer = api.get(
        api.message_url(receipt.provider_message_id),
        params(_select=_COPY),
        fine=frozenset({404}),
        cancel=carriage.cancel,
    )
    if answer.is_ok:
        return answer.json()
    wanted = carriage.message.content.message_id
    return api.find_by_message_id("sentitems", wanted, _COPY, carriage.cancel)


def _copy_of(api: GraphApi, message: Json, carriage: Carriage) -> SentCopy:
    return SentCopy(
        sender=address(message.get("from")),
        to=addresses(message, "toRecipients"),
        cc=addresses(message, "ccRecipients"),
        bcc=addresses(message, "bccRecipients"),
        subject=text(message, "subject"),
        thread_id=text(message, "conversationId"),
        files=_files(api, message, carriage),
    )


def _files(api: GraphApi, message: Json, carriage: Carriage) -> tuple[SentFile, ...]:
    """Give the names; Exchange's sizes include its own overhead, so they are not compared."""
    if not (message.get("hasAttachments") or carriage.message.content.attachments):
        return ()
    url = api.message_url(text(message, "id"), "attachments")
    listed = api.get(url, params(_select="id,name,size,isInline"), cancel=carriage.cancel).json()
    return tuple(SentFile(text(row, "name")) for row in rows(listed, "value"))
