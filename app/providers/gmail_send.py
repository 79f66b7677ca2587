"""Gmail: make the draft and send it. JSON for small messages, multipart for medium, resumable for large.

Recipients come from the bytes alone, Bcc included; Gmail takes Bcc off on delivery. A draft that is
made twice is harmless; a send is made once (PROVIDERS, the once-only rules).
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from app.domain.account import ProviderKind
from app.domain.errors import DeliveryUncertain, Rejected, Throttled, Unavailable
from app.domain.outbound import Receipt
from app.ports import ProviderDraft
from app.providers.body import Body, Upload, file_body, json_body, related_body
from app.providers.http import Answer, Call, params, unreadable
from app.providers.pauses import Pauses
from app.providers.values import Json, inner, text

if TYPE_CHECKING:
    from app.ports import Carriage
    from app.providers.gmail_api import GmailApi

SMALL_BYTES = 128 * 1024
RESUMABLE_BYTES = 5 * 1024 * 1024
# Chunks must be multiples of 256 KiB (docs: resumable uploads).
CHUNK_BYTES = 16 * 256 * 1024
MOST_BYTES = 36_700_160
_GONE = frozenset({404, 410})
_RANGE = re.compile(r"bytes=0-(\d+)")


def create_draft(api: GmailApi, carriage: Carriage) -> ProviderDraft:
    """Make the draft in the way that fits its size. Raises ProviderError, Cancelled."""
    thread_id = carriage.reply.ref.thread_id if carriage.reply else ""
    try:
        answer = _create(api, carriage, thread_id)
    except Rejected as error:
        if not thread_id or error.params.get("status") not in _GONE:
            raise
        # The thread is gone, or another account's. The headers still thread it for the recipients,
        # and the read-back says that Gmail began a new conversation.
        answer = _create(api, carriage, "")
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
    body = related_body(_upload(carriage), {}, _boundary())
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


def _create(api: GmailApi, carriage: Carriage, thread_id: str) -> Answer:
    size = carriage.message.size_bytes
    if size > MOST_BYTES:
        raise Rejected(provider="gmail", field="attachments", status=413, detail="over 35 MB")
    if size <= SMALL_BYTES:
        return _create_small(api, carriage, _metadata(thread_id))
    if size <= RESUMABLE_BYTES:
        return _create_multipart(api, carriage, _metadata(thread_id))
    return _Resumable(api, carriage, _metadata(thread_id)).run()


def _metadata(thread_id: str) -> Json:
    """Name the thread; Gmail joins it only if References and Subject fit as well (docs: threads)."""
    return {"message": {"threadId": thread_id} if thread_id else {}}


def _upload(carriage: Carriage) -> Upload:
    return Upload(
        open_file=carriage.open_spool,
        size_bytes=carriage.message.size_bytes,
        cancel=carriage.cancel,
        progress=carriage.progress,
    )


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
            body=related_body(_upload(carriage), metadata, _boundary()),
            cancel=carriage.cancel,
        )
    )


class _Resumable:
    """One resumable upload: a session, chunks in order, and after a break a look at where it stands."""

    def __init__(self, api: GmailApi, carriage: Carriage, metadata: Json) -> None:
        self._api = api
        self._metadata = metadata
        self._carriage = carriage
        self._upload = _upload(carriage)
        self._size = carriage.message.size_bytes

    def run(self) -> Answer:
        session_url = self._begin()
        at = 0
        pauses = Pauses(self._carriage.cancel)
        is_lost = False
        while True:
            try:
                answer = self._ask(session_url) if is_lost else self._put(session_url, at)
            except (Unavailable, Throttled) as error:
                # Chunks may be sent again: the session knows what it has (docs: resume).
                pauses.after(error)
                is_lost = True
                continue
            if answer.status in _GONE:
                raise self._gone(answer)
            if answer.status != 308:
                return answer
            is_lost = False
            reached = self._reached(answer)
            if reached > at:
                pauses.forget()
            at = reached

    def _begin(self) -> str:
        answer = self._api.http.call(
            Call(
                method="POST",
                url=self._api.upload_url("drafts"),
                params=params(uploadType="resumable"),
                headers=(
                    ("X-Upload-Content-Type", "message/rfc822"),
                    ("X-Upload-Content-Length", str(self._size)),
                ),
                body=json_body(self._metadata),
                cancel=self._carriage.cancel,
            )
        )
        location = answer.headers.get("location", "")
        if not location:
            raise unreadable(ProviderKind.GMAIL, answer)
        return urljoin(self._api.base_url, location)

    def _put(self, session_url: str, start: int) -> Answer:
        end = min(start + CHUNK_BYTES, self._size)
        return self._call(
            session_url,
            content_range=f"bytes {start}-{end - 1}/{self._size}",
            start=start,
            end=end,
        )

    def _ask(self, session_url: str) -> Answer:
        return self._call(session_url, content_range=f"bytes */{self._size}", start=0, end=0)

    def _call(self, session_url: str, *, content_range: str, start: int, end: int) -> Answer:
        own_host = urlsplit(session_url).netloc == urlsplit(self._api.base_url).netloc
        return self._api.http.call(
            Call(
                method="PUT",
                url=session_url,
                headers=(("Content-Range", content_range),),
                body=file_body(self._upload, "message/rfc822", start, end),
                fine=_GONE | {308},
                # The token goes to Gmail's own host only.
                is_authorized=own_host,
                cancel=self._carriage.cancel,
            )
        )

    def _gone(self, answer: Answer) -> Rejected | Unavailable:
        """Judge a 404: with a thread it may be the thread that is gone, else it is the session."""
        about = {"provider": "gmail", "status": answer.status}
        if inner(self._metadata, "message").get("threadId"):
            return Rejected(field="", detail="the conversation or the upload is gone", **about)
        return Unavailable(detail="the upload session is over", **about)

    def _reached(self, answer: Answer) -> int:
        """Give the offset that the session has; without a Range it has nothing."""
        match = _RANGE.fullmatch(answer.headers.get("range", "").strip())
        return min(int(match[1]) + 1, self._size - 1) if match else 0
