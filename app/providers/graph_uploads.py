"""Outlook: put files on a draft. Under 3 MB in one request, from there on through an upload session.

An upload URL holds a token of its own: it gets no Authorization header and is never logged.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.domain.account import ProviderKind
from app.domain.errors import Rejected, Throttled, Unavailable
from app.providers.body import Upload, file_body, json_body
from app.providers.http import Answer, Call, params, unreadable
from app.providers.pauses import Pauses
from app.providers.values import Json, number, rows, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.attachment import Attachment
    from app.ports import Carriage
    from app.providers.graph_api import GraphApi
    from app.providers.upload_note import UploadNote
    from app.runtime.cancel import CancelToken

SESSION_BYTES = 3 * 1024 * 1024
MOST_BYTES = 150 * 1024 * 1024
# Multiples of 320 KiB, each request under 4 MB (docs: large attachments).
CHUNK_BYTES = 11 * 320 * 1024
_CREATED = 201
_OUT_OF_ORDER = 416
# The address carries its own token, so a refused one is as good as a session that has expired.
_OVER = frozenset({401, 403, 404, 410})
_TOO_SMALL = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One file's place on the draft: how many of its name come before it, and its session's address."""

    message_id: str
    namesakes: int
    kept_url: str
    keep_url: Callable[[str], None]


def attach_all(api: GraphApi, carriage: Carriage, message_id: str, note: UploadNote) -> None:
    """Put every file of the message that is not there yet on the draft, in order.

    Raises:
        ProviderError, Cancelled, SignInRequired, VaultUnavailable.
    """
    files = carriage.message.content.attachments
    kept = note.load()
    if text(kept, "message") != message_id:
        kept = {}
    there = _names_on(api, message_id, carriage.cancel) if kept else []
    is_long = any(file.size_bytes >= SESSION_BYTES for file in files)
    total, done = sum(file.size_bytes for file in files), 0
    for index, file in enumerate(files):
        upload = _upload(carriage, file, done, total)
        done += file.size_bytes
        namesakes = sum(one.filename == file.filename for one in files[:index])
        if index < number(kept, "done") or there.count(file.filename) > namesakes:
            # A session that goes on says in a moment how far it is: further than this.
            if not text(kept, "url"):
                upload.report(file.size_bytes)
            continue

        def keep_url(url: str, index: int = index) -> None:
            note.save(message=message_id, done=index, url=url)

        is_current = bool(kept) and index == number(kept, "done")
        kept_url = text(kept, "url") if is_current else ""
        if is_long and not kept_url:
            keep_url("")
        place = _Place(
            message_id=message_id, namesakes=namesakes, kept_url=kept_url, keep_url=keep_url
        )
        _attach(api, place, file, upload)


def _upload(carriage: Carriage, file: Attachment, done: int, total: int) -> Upload:
    return Upload(
        open_file=lambda: carriage.open_blob(file.sha256),
        size_bytes=file.size_bytes,
        cancel=carriage.cancel,
        progress=carriage.progress,
        done_bytes=done,
        total_bytes=total,
    )


def _names_on(api: GraphApi, message_id: str, cancel: CancelToken) -> list[str]:
    url = api.message_url(message_id, "attachments")
    listed = api.get(url, params(_select="id,name,size"), cancel=cancel)
    return [text(row, "name") for row in rows(listed.json(), "value")]


def _attach(api: GraphApi, place: _Place, file: Attachment, upload: Upload) -> None:
    """Take the way that fits the size; at the border the server's own idea of it decides."""
    if file.size_bytes > MOST_BYTES:
        raise Rejected(
            provider="microsoft",
            field="attachments",
            status=413,
            detail=f"{file.filename}: over 150 MB",
        )
    if file.size_bytes < SESSION_BYTES:
        try:
            _attach_small(api, place.message_id, file, upload)
        except Rejected as error:
            if error.params.get("status") != 413:
                raise
        else:
            return
    try:
        _Session(api, place, file, upload).run()
    except Rejected as error:
        if _TOO_SMALL not in str(error.params.get("detail", "")):
            raise
        _attach_small(api, place.message_id, file, upload)


def describe(file: Attachment) -> Json:
    """Write the properties of a file; a content id goes without angle brackets."""
    values: Json = {"name": file.filename, "contentType": file.media_type}
    if file.is_inline:
        values |= {"isInline": True, "contentId": file.content_id.strip("<>")}
    return values


def _attach_small(api: GraphApi, message_id: str, file: Attachment, upload: Upload) -> None:
    upload.cancel.check()
    with upload.open_file() as opened:
        data = opened.read()
    values = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        **describe(file),
        "contentBytes": base64.b64encode(data).decode("ascii"),
    }
    url = api.message_url(message_id, "attachments")
    api.write("POST", url, json_body(values), upload.cancel)
    upload.report(len(data))


class _Session:
    """One upload session: chunks in order, and after a break a look at where it stands."""

    def __init__(self, api: GraphApi, place: _Place, file: Attachment, upload: Upload) -> None:
        self._api = api
        self._place = place
        self._file = file
        self._upload = upload

    def run(self) -> None:
        """Upload what is missing; a session that is over is begun anew."""
        session_url = self._place.kept_url
        is_lost = bool(session_url)
        session_url = session_url or self._begin()
        at = 0
        pauses = Pauses(self._upload.cancel)
        while True:
            try:
                answer = self._look(session_url) if is_lost else self._put(session_url, at)
            except (Unavailable, Throttled) as error:
                pauses.after(error)
                is_lost = True
                continue
            if answer.status == _CREATED:
                return
            if answer.status in _OVER:
                if self._is_there():
                    return
                pauses.after(Unavailable(provider="microsoft", detail="the upload session is over"))
                session_url, at, is_lost = self._begin(), 0, False
                continue
            is_lost = answer.status == _OUT_OF_ORDER
            if is_lost:
                pauses.after(Unavailable(provider="microsoft", detail="the upload lost its place"))
                continue
            at = self._advance(answer, at, pauses)

    def _advance(self, answer: Answer, at: int, pauses: Pauses) -> int:
        reached = self._expected(answer)
        if reached > at:
            pauses.forget()
            self._upload.report(reached)
        return reached

    def _begin(self) -> str:
        item = {
            "AttachmentItem": {
                "attachmentType": "file",
                **describe(self._file),
                "size": self._file.size_bytes,
            }
        }
        url = self._api.message_url(self._place.message_id, "attachments/createUploadSession")
        answer = self._api.write("POST", url, json_body(item), self._upload.cancel)
        session_url = text(answer.json(), "uploadUrl")
        if not session_url:
            raise unreadable(ProviderKind.MICROSOFT, answer)
        parts = urlsplit(session_url)
        if parts.scheme != "https" and parts.hostname != urlsplit(self._api.base_url).hostname:
            raise Rejected(
                provider="microsoft", field="attachments", detail="the upload address is not secure"
            )
        self._place.keep_url(session_url)
        return session_url

    def _put(self, session_url: str, start: int) -> Answer:
        end = min(start + CHUNK_BYTES, self._file.size_bytes)
        span = f"bytes {start}-{end - 1}/{self._file.size_bytes}"
        return self._api.http.call(
            Call(
                method="PUT",
                url=session_url,
                headers=(("Content-Range", span),),
                body=file_body(self._upload, "application/octet-stream", start, end),
                fine=_OVER | {_OUT_OF_ORDER},
                is_authorized=False,
                cancel=self._upload.cancel,
            )
        )

    def _look(self, session_url: str) -> Answer:
        """Ask what the session has; one that is over may have ended well or not."""
        return self._api.http.call(
            Call(
                method="GET",
                url=session_url,
                fine=_OVER,
                is_authorized=False,
                cancel=self._upload.cancel,
            )
        )

    def _is_there(self) -> bool:
        """Say whether the file is on the draft, for when the last answer was lost."""
        url = self._api.message_url(self._place.message_id, "attachments")
        listed = self._api.get(url, params(_select="id,name,size"), cancel=self._upload.cancel)
        sizes = [
            number(row, "size")
            for row in rows(listed.json(), "value")
            if text(row, "name") == self._file.filename
        ]
        # Files go up in order, so one more than its namesakes before it is this one. Exchange adds
        # its overhead to sizes.
        return len(sizes) > self._place.namesakes and max(sizes) >= self._file.size_bytes

    def _expected(self, answer: Answer) -> int:
        """Give where to go on; the range is written `2097152` or `0-` or `5-9`."""
        ranges = texts(answer.json(), "nextExpectedRanges")
        begin = ranges[0].partition("-")[0].strip() if ranges else ""
        if not begin.isdigit() or int(begin) >= self._file.size_bytes:
            raise unreadable(ProviderKind.MICROSOFT, answer)
        return int(begin)
