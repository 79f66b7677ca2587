"""Outlook: make the draft and send it.

New mail goes as MIME, which keeps the text and the HTML part both. Replies are made by
createReply/All/Forward, because Outlook groups by the conversationIndex that only these carry; then
everything in them is replaced by what was composed. Our Message-ID is written last, so a draft that
has it is complete: that is how one whose answer was lost is found again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.account import ProviderKind
from app.domain.draft import ReplyMode
from app.domain.errors import AppError, AttachmentError, Cancelled, DeliveryUncertain, Rejected
from app.domain.outbound import Receipt
from app.ports import ProviderDraft
from app.providers.body import Upload, base64_body, json_body
from app.providers.graph_api import IMMUTABLE, GraphApi, recipient
from app.providers.graph_later import postpone
from app.providers.graph_uploads import attach_all
from app.providers.http import Answer, Call, params, unreadable
from app.providers.values import Json, inner, rows, text

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.domain.outbound import MessageContent
    from app.ports import Carriage
    from app.providers.upload_note import UploadNote

log = logging.getLogger("provider")

# The whole request must stay under about 4 MB, and base64 takes four thirds.
MOST_MIME_BYTES = 2_900_000
# A named property of our own namespace (docs: singleValueLegacyExtendedProperty).
MARKER_PROPERTY = "String {8f0b6c52-7e0a-4b1c-9d57-3c1f6a2f5e10} Name PostriderId"
_ACTIONS = {
    ReplyMode.REPLY: "createReply",
    ReplyMode.REPLY_ALL: "createReplyAll",
    ReplyMode.FORWARD: "createForward",
}
_KNOWN = "id,conversationId,internetMessageId"


def create_draft(
    api: GraphApi, account: Account, carriage: Carriage, note: UploadNote
) -> ProviderDraft:
    """Make the draft in the way that fits it, or complete the one an earlier attempt began.

    Raises:
        ProviderError, AttachmentError, Cancelled, SignInRequired, VaultUnavailable.
    """
    begun = _begun(api, carriage, note)
    if begun:
        return _complete(api, carriage, note, begun)
    reply = carriage.reply
    if reply is not None and reply.provider_message_id:
        answer = _begin_reply(api, carriage)
        if answer.is_ok:
            return _fill(api, account, carriage, note, _made(answer))
        # The original was deleted: the headers still thread it for the recipients, and the
        # read-back says that a new conversation began here.
        log.info("%s: the original is gone, the answer goes as a message of its own", carriage.uid)
    if carriage.message.size_bytes <= MOST_MIME_BYTES:
        return _draft_of(_made(_create_from_mime(api, carriage)))
    bare = json_body({"subject": "", **_mark(carriage)})
    answer = api.write("POST", api.url("messages"), bare, carriage.cancel)
    return _fill(api, account, carriage, note, _made(answer))


def send_draft(api: GraphApi, draft: ProviderDraft, carriage: Carriage) -> Receipt:
    """Send the draft: the one request that cannot be taken back.

    202 means that Exchange took it for transport, whatever else the answer says; when it shall go is
    written on the draft right before, whichever attempt made it.

    Raises:
        Unavailable, Throttled, Rejected, NeedsPerson, SignInRequired: certainly not sent.
        DraftGone: Outlook has no such draft.
        DeliveryUncertain: nobody knows; also after a 2xx that cannot be Exchange's.
    """
    if carriage.send_at is not None:
        postpone(api, draft, carriage)
    answer = api.http.call(
        Call(
            method="POST",
            url=api.message_url(draft.message_id or draft.draft_id, "send"),
            headers=(IMMUTABLE,),
            is_final=True,
            cancel=carriage.cancel,
        )
    )
    if answer.status != 202:
        # Never repeated, but Exchange says 202: anything else may be a proxy's. Ask.
        raise DeliveryUncertain(
            provider="microsoft", status=answer.status, detail="the answer could not be read"
        )
    return Receipt(
        provider_message_id=draft.message_id or draft.draft_id,
        provider_thread_id=draft.thread_id,
        request_id=answer.request_id,
        http_status=answer.status,
    )


def find_draft(api: GraphApi, carriage: Carriage, note: UploadNote) -> ProviderDraft | None:
    """Find a complete draft of this message by its Message-ID; sweep incomplete ones away.

    The one an upload can go on with is left: `create_draft` completes it.
    """
    wanted = carriage.message.content.message_id
    found = api.find_by_message_id("drafts", wanted, _KNOWN, carriage.cancel)
    if text(found, "id"):
        return _draft_of(found)
    _sweep(api, carriage, text(note.load(), "message"))
    return None


def _mark(carriage: Carriage) -> Json:
    """Mark a draft as this message's from its first moment, so that a half-made one is found."""
    return {
        "singleValueExtendedProperties": [
            {"id": MARKER_PROPERTY, "value": carriage.message.content.marker}
        ]
    }


def _sweep(api: GraphApi, carriage: Carriage, kept_id: str) -> None:
    """Delete half-made drafts of this message, which an attempt that was killed left behind."""
    marker = carriage.message.content.marker.replace("'", "''")
    query = params(
        _filter=(
            f"singleValueExtendedProperties/any(ep: ep/id eq '{MARKER_PROPERTY}'"
            f" and ep/value eq '{marker}')"
        ),
        _select="id,isDraft",
        _top=10,
    )
    listed = api.get(api.url("mailFolders/drafts/messages"), query, cancel=carriage.cancel)
    for row in rows(listed.json(), "value"):
        if row.get("isDraft") is True and text(row, "id") != kept_id:
            _try_to_delete(api, text(row, "id"))


def discard_draft(api: GraphApi, draft: ProviderDraft) -> None:
    """Delete a draft that is not to be sent; one that is gone is fine."""
    api.write("DELETE", api.message_url(draft.draft_id), None)


def _made(answer: Answer) -> Json:
    found = answer.json()
    if not text(found, "id"):
        raise unreadable(ProviderKind.MICROSOFT, answer)
    return found


def _draft_of(found: Json) -> ProviderDraft:
    message_id = text(found, "id")
    return ProviderDraft(
        draft_id=message_id, message_id=message_id, thread_id=text(found, "conversationId")
    )


def _create_from_mime(api: GraphApi, carriage: Carriage) -> Answer:
    upload = Upload(
        open_file=carriage.open_spool,
        size_bytes=carriage.message.size_bytes,
        cancel=carriage.cancel,
        progress=carriage.progress,
    )
    # Standard base64 with this type is what makes Graph read MIME (docs: send mail, MIME).
    body = base64_body(upload, "text/plain")
    return api.write("POST", api.url("messages"), body, carriage.cancel)


def _begin_reply(api: GraphApi, carriage: Carriage) -> Answer:
    assert carriage.reply is not None
    url = api.message_url(carriage.reply.provider_message_id, _ACTIONS[carriage.reply.mode])
    return api.http.call(
        Call(
            method="POST",
            url=url,
            headers=(IMMUTABLE,),
            body=json_body({"message": _mark(carriage)}),
            fine=frozenset({404}),
            cancel=carriage.cancel,
        )
    )


def _fill(
    api: GraphApi, account: Account, carriage: Carriage, note: UploadNote, made: Json
) -> ProviderDraft:
    """Put what was composed into a draft; one that cannot be finished is deleted."""
    message_id = text(made, "id")
    content = carriage.message.content
    values = properties(content, account)
    if not content.attachments:
        values |= _last(carriage)
    try:
        _drop_foreign_files(api, carriage, made)
        api.write("PATCH", api.message_url(message_id), json_body(values), carriage.cancel)
    except (AppError, Cancelled):
        _try_to_delete(api, message_id)
        raise
    return _complete(api, carriage, note, made) if content.attachments else _draft_of(made)


def _begun(api: GraphApi, carriage: Carriage, note: UploadNote) -> Json:
    """Give the draft that an earlier attempt left half-made, if Outlook still has it."""
    message_id = text(note.load(), "message")
    if not message_id:
        return {}
    query = params(_select=f"{_KNOWN},isDraft")
    url = api.message_url(message_id)
    answer = api.get(url, query, fine=frozenset({404}), cancel=carriage.cancel)
    found = answer.json() if answer.is_ok else {}
    return found if found.get("isDraft") is True else {}


def _complete(api: GraphApi, carriage: Carriage, note: UploadNote, made: Json) -> ProviderDraft:
    """Add the files and the Message-ID; what a break leaves is kept if the note can name it."""
    message_id = text(made, "id")
    try:
        attach_all(api, carriage, message_id, note)
        url = api.message_url(message_id)
        api.write("PATCH", url, json_body(_last(carriage)), carriage.cancel)
    except (Rejected, AttachmentError):
        note.clear()
        _try_to_delete(api, message_id)
        raise
    except (AppError, Cancelled):
        if not note.is_kept:
            _try_to_delete(api, message_id)
        raise
    return _draft_of(made)


def _last(carriage: Carriage) -> Json:
    return {"internetMessageId": carriage.message.content.message_id}


def properties(content: MessageContent, account: Account) -> Json:
    """Write the content as Graph's properties: one body only, Exchange makes the text part of HTML."""
    envelope = content.envelope
    values: Json = {
        "subject": content.subject,
        "body": (
            {"contentType": "html", "content": content.html}
            if content.html
            else {"contentType": "text", "content": content.text}
        ),
        "toRecipients": [recipient(one) for one in envelope.to],
        "ccRecipients": [recipient(one) for one in envelope.cc],
        "bccRecipients": [recipient(one) for one in envelope.bcc],
        "replyTo": [recipient(one) for one in content.reply_to],
    }
    if envelope.sender.addr_spec.casefold() != account.address.casefold():
        values["from"] = recipient(envelope.sender)
    return values


def _drop_foreign_files(api: GraphApi, carriage: Carriage, made: Json) -> None:
    """Take off what Exchange copied from the original: the composed message names its own files."""
    is_forward = carriage.reply is not None and carriage.reply.mode is ReplyMode.FORWARD
    copied = "cid:" in text(inner(made, "body"), "content") or made.get("hasAttachments")
    if not (is_forward or copied):
        return
    url = api.message_url(text(made, "id"), "attachments")
    listed = api.get(url, params(_select="id,name"), cancel=carriage.cancel).json()
    for row in rows(listed, "value"):
        path = f"{url}/{quote(text(row, 'id'), safe='')}"
        api.write("DELETE", path, None, carriage.cancel)


def _try_to_delete(api: GraphApi, message_id: str) -> None:
    try:
        api.write("DELETE", api.message_url(message_id), None)
    except AppError as error:
        log.info("an unfinished draft stays in Outlook: %s", error.code)
