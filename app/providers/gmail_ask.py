"""Gmail: was it sent, which draft is ours, and what does the Sent copy say.

The label SENT is asked, never the search: its index lags. Our marker header survives at Gmail; our
Message-ID does not (it is replaced on sending).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.errors import Unavailable
from app.domain.outbound import Receipt
from app.ports import Evidence, ProviderDraft, Verdict
from app.providers.compare import SentCopy, SentFile, differences
from app.providers.gmail_api import (
    MARKER_HEADER,
    GmailApi,
    addresses,
    header,
    parts,
    raw_header,
    sent_at,
)
from app.providers.http import params
from app.providers.parallel import in_parallel
from app.providers.values import Json, inner, number, rows, text

if TYPE_CHECKING:
    from app.ports import Carriage

_AT_ONCE = 5
_PAGE = 50
_MOST_PAGES = 4
# Clocks differ, and a record may have waited between rendering and sending.
_EARLIER = timedelta(minutes=15)


def ask_outcome(
    api: GmailApi, draft: ProviderDraft, carriage: Carriage, since: datetime
) -> Evidence:
    """Ask whether the draft was sent. Raises Unavailable, Throttled, SignInRequired."""
    path = f"drafts/{quote(draft.draft_id, safe='')}"
    answer = api.get(path, params(format="minimal"), fine=frozenset({404}), cancel=carriage.cancel)
    if answer.is_ok:
        return Evidence(
            verdict=Verdict.NOT_SENT, found="The draft is still in Gmail, so it was not sent."
        )
    return ask_sent(api, carriage, since)


def ask_sent(api: GmailApi, carriage: Carriage, since: datetime) -> Evidence:
    """Ask whether the message is among the sent ones; that it is not proves nothing."""
    earliest = min(since, carriage.message.content.date) - _EARLIER
    sent = find_sent(api, carriage, earliest)
    if sent is None:
        return Evidence(
            verdict=Verdict.UNKNOWN,
            found="Gmail has no draft of it, and it is not (yet) among the sent messages.",
        )
    receipt = Receipt(
        provider_message_id=text(sent, "id"),
        provider_thread_id=text(sent, "threadId"),
        wire_message_id=raw_header(sent, "Message-ID"),
    )
    moment = sent_at(sent)
    when = f" at {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
    return Evidence(
        verdict=Verdict.SENT,
        found=f"Gmail has the message among the sent ones{when}.",
        receipt=receipt,
    )


def find_sent(api: GmailApi, carriage: Carriage, earliest: datetime) -> Json | None:
    """Look through the sent messages, newest first, for the one with our marker."""
    page = ""
    for _ in range(_MOST_PAGES):
        query = params(labelIds="SENT", maxResults=_PAGE, pageToken=page)
        listed = api.get("messages", query, cancel=carriage.cancel).json()
        ids = [text(row, "id") for row in rows(listed, "messages")]
        for start in range(0, len(ids), _AT_ONCE):
            found = in_parallel(
                lambda message_id: api.message(message_id, MARKER_HEADER, "Message-ID"),
                ids[start : start + _AT_ONCE],
                _AT_ONCE,
            )
            for message in found:
                if _is_ours(message, carriage):
                    return message
            if any(_is_before(message, earliest) for message in found):
                return None
        page = text(listed, "nextPageToken")
        if not page:
            return None
    return None


def find_draft(api: GmailApi, carriage: Carriage) -> ProviderDraft | None:
    """Look through the newest drafts for the one with our marker."""
    listed = api.get("drafts", params(maxResults=_PAGE), cancel=carriage.cancel).json()
    earliest = carriage.message.content.date - _EARLIER
    ids = [text(row, "id") for row in rows(listed, "drafts")]
    for start in range(0, len(ids), _AT_ONCE):
        found = in_parallel(
            lambda draft_id: _draft(api, draft_id), ids[start : start + _AT_ONCE], _AT_ONCE
        )
        for draft in found:
            message = inner(draft, "message")
            if _is_ours(message, carriage):
                return ProviderDraft(
                    draft_id=text(draft, "id"),
                    message_id=text(message, "id"),
                    thread_id=text(message, "threadId"),
                )
        # The list is newest first as far as is seen, which is nowhere promised: only a whole
        # handful of old ones ends the search.
        if found and all(_is_before(inner(draft, "message"), earliest) for draft in found):
            return None
    return None


def read_back(api: GmailApi, receipt: Receipt, carriage: Carriage) -> Receipt:
    """Fetch the Sent copy and note what differs. Raises ProviderError."""
    message_id = receipt.provider_message_id
    if not message_id:
        sent = find_sent(api, carriage, carriage.message.content.date - _EARLIER)
        if sent is None:
            raise Unavailable(provider="gmail", detail="the sent copy is not there yet")
        message_id = text(sent, "id")
    path = f"messages/{quote(message_id, safe='')}"
    message = api.get(path, params(format="full"), cancel=carriage.cancel).json()
    if not text(message, "id"):
        # A proxy's page must not read as a message that lost its recipients on the way.
        raise Unavailable(provider="gmail", detail="the sent copy could not be read")
    thread_id = carriage.reply.ref.thread_id if carriage.reply else ""
    return Receipt(
        provider_message_id=message_id,
        provider_thread_id=text(message, "threadId") or receipt.provider_thread_id,
        wire_message_id=raw_header(message, "Message-ID"),
        request_id=receipt.request_id,
        http_status=receipt.http_status,
        differences=differences(
            carriage.message.content, _copy_of(message), label="Gmail", thread_id=thread_id
        ),
    )


def _copy_of(message: Json) -> SentCopy:
    files = tuple(
        SentFile(text(part, "filename"), number(inner(part, "body"), "size"))
        for part in parts(inner(message, "payload"))
        if text(part, "filename")
    )
    senders = addresses(message, "From")
    return SentCopy(
        sender=senders[0] if senders else None,
        to=addresses(message, "To"),
        cc=addresses(message, "Cc"),
        bcc=addresses(message, "Bcc"),
        subject=header(message, "Subject"),
        thread_id=text(message, "threadId"),
        files=files,
    )


def _draft(api: GmailApi, draft_id: str) -> Json:
    path = f"drafts/{quote(draft_id, safe='')}"
    answer = api.get(path, params(format="metadata"), fine=frozenset({404}))
    return answer.json() if answer.is_ok else {}


def _is_ours(message: Json, carriage: Carriage) -> bool:
    marker = carriage.message.content.marker
    return bool(marker) and raw_header(message, MARKER_HEADER).strip() == marker


def _is_before(message: Json, earliest: datetime) -> bool:
    moment = sent_at(message)
    return moment is not None and moment < earliest
