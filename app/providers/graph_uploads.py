"""Outlook: put files on a draft. Under 3 MB in one request, from there on through an upload session.

An upload URL holds a token of its own: it gets no Authorization header and is never logged.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.domain.account import ProviderKind
from app.domain.errors import Rejected, Throttled, Unavailable
from app.providers.body import Upload, file_body, json_body
from app.providers.http import Answer, Call, unreadable
from app.providers.values import Json, text, texts

if TYPE_CHECKING:
    from app.domain.attachment import Attachment
    from app.ports import Carriage
    from app.providers.graph_api import GraphApi

SESSION_BYTES = 3 * 1024 * 1024
MOST_BYTES = 150 * 1024 * 1024
# Multiples of 320 KiB, each request under 4 MB (docs: large attachments).
CHUNK_BYTES = 11 * 320 * 1024
_MOST_BREAKS = 4
_TOO_SMALL = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"


def attach_all(api: GraphApi, carriage: Carriage, message_id: str) -> None:
    """Put every file of the message on the draft, in order. Raises ProviderError, Cancelled."""
    files = carriage.message.content.attachments
    total = sum(file.size_bytes for file in files)
    done = 0
    for file in files:
        upload = Upload(
            open_file=lambda sha256=file.sha256: carriage.open_blob(sha256),  # type: ignore[misc]
            size_bytes=file.size_bytes,
            cancel=carriage.cancel,
            progress=carriage.progress,
            done_bytes=done,
            total_bytes=total,
        )
        _attach(api, message_id, file, upload)
        done += file.size_bytes


def _attach(api: GraphApi, message_id: str, file: Attachment, upload: Upload) -> None:
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
            _attach_small(api, message_id, file, upload)
        except Rejected as error:
            if error.params.get("status") != 413:
                raise
        else:
            return
    try:
        _Session(api, message_id, file, upload).run()
    except Rejected as error:
        if _TOO_SMALL not in str(error.params.get("detail", "")):
            raise
        _attach_small(api, message_id, file, upload)


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

    def __init__(self, api: GraphApi, message_id: str, file: Attachment, upload: Upload) -> None:
        self._api = api
        self._message_id = message_id
        self._file = file
        self._upload = upload

    def run(self) -> None:
        session_url = self._begin()
        at, breaks = 0, 0
        while at < self._file.size_bytes:
            try:
                answer = self._put(session_url, at)
                if answer.status == 201:
                    return
                at = self._expected(answer, at)
            except (Unavailable, Throttled) as error:
                breaks += 1
                if breaks > _MOST_BREAKS:
                    raise
                self._pause(error.retry_after_s, breaks)
                at = self._expected(self._look(session_url), at)
            else:
                if answer.status not in {200, 202}:
                    raise unreadable(ProviderKind.MICROSOFT, answer)

    def _begin(self) -> str:
        item = {
            "AttachmentItem": {
                "attachmentType": "file",
                **describe(self._file),
                "size": self._file.size_bytes,
            }
        }
        url = self._api.message_url(self._message_id, "attachments/createUploadSession")
        answer = self._api.write("POST", url, json_body(item), self._upload.cancel)
        session_url = text(answer.json(), "uploadUrl")
        if not session_url:
            raise unreadable(ProviderKind.MICROSOFT, answer)
        parts = urlsplit(session_url)
        if parts.scheme != "https" and parts.hostname != urlsplit(self._api.base_url).hostname:
            raise Rejected(
                provider="microsoft", field="attachments", detail="the upload address is not secure"
            )
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
                is_authorized=False,
                cancel=self._upload.cancel,
            )
        )

    def _look(self, session_url: str) -> Answer:
        call = Call(method="GET", url=session_url, is_authorized=False, cancel=self._upload.cancel)
        return self._api.http.call(call)

    def _expected(self, answer: Answer, at: int) -> int:
        """Give where to go on; the range is written `2097152` or `0-` or `5-9`."""
        ranges = texts(answer.json(), "nextExpectedRanges")
        begin = ranges[0].partition("-")[0].strip() if ranges else ""
        return int(begin) if begin.isdigit() else at

    def _pause(self, asked_s: float | None, breaks: int) -> None:
        cancel = self._upload.cancel
        cancel.wait(min(asked_s if asked_s is not None else 0.25 * 2**breaks, 30.0))
        cancel.check()
