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
from app.providers.http import Answer, Call, params, unreadable
from app.providers.pauses import Pauses
from app.providers.values import Json, number, rows, text, texts

if TYPE_CHECKING:
    from app.domain.attachment import Attachment
    from app.ports import Carriage
    from app.providers.graph_api import GraphApi

SESSION_BYTES = 3 * 1024 * 1024
MOST_BYTES = 150 * 1024 * 1024
# Multiples of 320 KiB, each request under 4 MB (docs: large attachments).
CHUNK_BYTES = 11 * 320 * 1024
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
        at = 0
        pauses = Pauses(self._upload.cancel)
        is_lost = False
        while True:
            try:
                answer = self._look(session_url) if is_lost else self._put(session_url, at)
            except (Unavailable, Throttled) as error:
                pauses.after(error)
                is_lost = True
                continue
            if answer.status == 201 or (answer.status == 404 and self._is_there()):
                return
            is_lost = False
            reached = self._expected(answer)
            if reached > at:
                pauses.forget()
            at = reached

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
        """Ask what the session has; 404 means that it is over, for good or ill."""
        return self._api.http.call(
            Call(
                method="GET",
                url=session_url,
                fine=frozenset({404}),
                is_authorized=False,
                cancel=self._upload.cancel,
            )
        )

    def _is_there(self) -> bool:
        """Say whether the file is on the draft, for when the last answer was lost."""
        url = self._api.message_url(self._message_id, "attachments")
        listed = self._api.get(url, params(_select="id,name,size"), cancel=self._upload.cancel)
        sizes = [
            number(row, "size")
            for row in rows(listed.json(), "value")
            if text(row, "name") == self._file.filename
        ]
        # Exchange adds its overhead to sizes. Two files of one name cannot be told apart.
        return len(sizes) == 1 and sizes[0] >= self._file.size_bytes

    def _expected(self, answer: Answer) -> int:
        """Give where to go on; the range is written `2097152` or `0-` or `5-9`."""
        ranges = texts(answer.json(), "nextExpectedRanges")
        begin = ranges[0].partition("-")[0].strip() if ranges else ""
        if not begin.isdigit() or int(begin) >= self._file.size_bytes:
            raise unreadable(ProviderKind.MICROSOFT, answer)
        return int(begin)
