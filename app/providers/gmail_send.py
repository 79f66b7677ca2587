"""Gmail: make the draft and send it. JSON for small messages, multipart for medium, resumable for large.

Recipients come from the bytes alone, Bcc included; Gmail takes Bcc off on delivery. A draft that is
made twice is harmless; a send is made once (PROVIDERS, the once-only rules).
"""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.account import ProviderKind
from app.domain.errors import DeliveryUncertain, Rejected
from app.domain.outbound import Receipt
from app.ports import ProviderDraft
from app.providers.body import Body, json_body, related_body
from app.providers.gmail_uploads import Resumable, upload_of
from app.providers.http import Answer, Call, params, unreadable
from app.providers.values import Json, inner, text

if TYPE_CHECKING:
    from app.ports import Carriage
    from app.providers.gmail_api import GmailApi
    from app.providers.upload_note import UploadNote

SMALL_BYTES = 128 * 1024
RESUMABLE_BYTES = 5 * 1024 * 1024
MOST_BYTES = 36_700_160
_GONE = frozenset({404, 410})


def create_draft(api: GmailApi, carriage: Carriage, note: UploadNote) -> ProviderDraft:
    """Make the draft in the way that fits its size. Raises ProviderError, Cancelled."""
    thread_id = carriage.reply.ref.thread_id if carriage.reply else ""
    try:
        answer = _create(api, carriage, thread_id, note)
    except Rejected as error:
        if not thread_id or error.params.get("status") not in _GONE:
            raise
        # The thread is gone, or another account's. The headers still thread it for the recipients,
        # and the read-back says that Gmail began a new conversation.
        answer = _create(api, carriage, "", note)
    found = answer.json()
    message = inner(found, "message")
    if not text(found, "id"):
        raise unreadable(ProviderKind.GMAIL, answer)
    return ProviderDraft(
        draft_id=text(found, "id"),
        message_id=text(message, "id"),
        thread_id=text(message, "threadId"),
    )


def send_draft(api: GmailApi, draft: ProviderDraft, carriage: Carriage) -> Receipt:
    """Send the draft: the one request that cannot be taken back.

    Raises:
        Unavailable, Throttled, Rejected, NeedsPerson, SignInRequired: certainly not sent.
        DraftGone: Gmail has no such draft.
        DeliveryUncertain: nobody knows; also after a 2xx that cannot be Gmail's.
    """
    return _final(api, carriage, "drafts/send", json_body({"id": draft.draft_id}))


def send_once(api: GmailApi, carriage: Carriage) -> Receipt:
    """Send without a draft, for an account that may only send: what gets lost cannot be asked about.

    Names no thread: without the right to read there is none to answer into.

    Raises:
        As `send_draft`; Cancelled while the message is still being handed over.
    """
    if carriage.message.size_bytes <= SMALL_BYTES:
        return _final(api, carriage, "messages/send", json_body({"raw": _raw(carriage)}))
    body = related_body(upload_of(carriage), {}, _boundary())
    return _final(api, carriage, "messages/send", body, is_upload=True)


def _final(
    api: GmailApi, carriage: Carriage, path: str, body: Body, *, is_upload: bool = False
) -> Receipt:
    answer = api.http.call(
        Call(
            method="POST",
            url=api.upload_url(path) if is_upload else api.url(path),
            params=params(uploadType="multipart") if is_upload else (),
            body=body,
            is_final=True,
            cancel=carriage.cancel,
        )
    )
    found = answer.json()
    if not text(found, "id"):
        # A 2xx is never repeated, but one that names no message may be a proxy's: ask.
        raise DeliveryUncertain(
            provider="gmail", status=answer.status, detail="the answer could not be read"
        )
    return Receipt(
        provider_message_id=text(found, "id"),
        provider_thread_id=text(found, "threadId"),
        http_status=answer.status,
    )


def discard_draft(api: GmailApi, draft: ProviderDraft) -> None:
    """Delete a draft that is not to be sent; one that is gone is fine."""
    path = f"drafts/{quote(draft.draft_id, safe='')}"
    api.http.call(Call(method="DELETE", url=api.url(path), fine=frozenset({404})))


def _create(api: GmailApi, carriage: Carriage, thread_id: str, note: UploadNote) -> Answer:
    size = carriage.message.size_bytes
    if size > MOST_BYTES:
        raise Rejected(provider="gmail", field="attachments", status=413, detail="over 35 MB")
    if size <= SMALL_BYTES:
        return _create_small(api, carriage, _metadata(thread_id))
    if size <= RESUMABLE_BYTES:
        return _create_multipart(api, carriage, _metadata(thread_id))
    return Resumable(api, carriage, _metadata(thread_id), note).run()


def _metadata(thread_id: str) -> Json:
    """Name the thread; Gmail joins it only if References and Subject fit as well (docs: threads)."""
    return {"message": {"threadId": thread_id} if thread_id else {}}


def _raw(carriage: Carriage) -> str:
    with carriage.open_spool() as spool:
        return base64.urlsafe_b64encode(spool.read()).decode("ascii")


def _boundary() -> str:
    return f"postrider-{secrets.token_hex(16)}"


def _create_small(api: GmailApi, carriage: Carriage, resource: Json) -> Answer:
    resource["message"]["raw"] = _raw(carriage)
    return api.http.call(
        Call(method="POST", url=api.url("drafts"), body=json_body(resource), cancel=carriage.cancel)
    )


def _create_multipart(api: GmailApi, carriage: Carriage, metadata: Json) -> Answer:
    return api.http.call(
        Call(
            method="POST",
            url=api.upload_url("drafts"),
            params=params(uploadType="multipart"),
            body=related_body(upload_of(carriage), metadata, _boundary()),
            cancel=carriage.cancel,
        )
    )
