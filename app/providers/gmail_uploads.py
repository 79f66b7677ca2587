"""Gmail: resumable uploads. A session, chunks in order, and after a break a look at where it stands.

The session's address goes into the note before the first chunk: it is a second handle on the draft
(PROVIDERS, the once-only rules), and after a crash the upload goes on from what Gmail has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from app.domain.account import ProviderKind
from app.domain.errors import Rejected, Throttled, Unavailable
from app.providers.body import Upload, file_body, json_body
from app.providers.http import Answer, Call, params, unreadable
from app.providers.pauses import Pauses
from app.providers.values import Json, inner, text

if TYPE_CHECKING:
    from app.ports import Carriage
    from app.providers.gmail_api import GmailApi
    from app.providers.upload_note import UploadNote

# Chunks must be multiples of 256 KiB (docs: resumable uploads).
CHUNK_BYTES = 16 * 256 * 1024
_INCOMPLETE = 308
_GONE = frozenset({404, 410})
# Whatever a kept session says besides these, it is of no more use.
_DEAD = frozenset({400, 401, 403, 404, 410, 416})
_RANGE = re.compile(r"bytes=0-(\d+)")


def upload_of(carriage: Carriage) -> Upload:
    """Give the rendered message as something to stream."""
    return Upload(
        open_file=carriage.open_spool,
        size_bytes=carriage.message.size_bytes,
        cancel=carriage.cancel,
        progress=carriage.progress,
    )


class Resumable:
    """One resumable upload of a draft, or the rest of one that an earlier attempt began."""

    def __init__(self, api: GmailApi, carriage: Carriage, metadata: Json, note: UploadNote) -> None:
        self._api = api
        self._metadata = metadata
        self._carriage = carriage
        self._note = note
        self._upload = upload_of(carriage)
        self._size = carriage.message.size_bytes

    def run(self) -> Answer:
        """Upload what is missing and give the answer that names the draft.

        Raises:
            ProviderError: it broke off; what arrived is kept at Gmail, the note says where.
            Cancelled, SignInRequired, VaultUnavailable.
        """
        session_url, answer = self._take_up()
        if answer is None:
            session_url, at = self._begin(), 0
        elif answer.status != _INCOMPLETE:
            return answer
        else:
            at = self._reached(answer)
            self._upload.report(at)
        return self._carry(session_url, at)

    def _take_up(self) -> tuple[str, Answer | None]:
        """Ask a session of an earlier attempt what it has; None if there is none that lives."""
        kept = self._note.load()
        session_url = text(kept, "url")
        if not session_url or text(kept, "thread") != self._thread_id:
            return "", None
        answer = self._ask(session_url, _DEAD)
        return session_url, None if answer.status in _DEAD else answer

    def _carry(self, session_url: str, at: int) -> Answer:
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
            if answer.status != _INCOMPLETE:
                return answer
            is_lost = False
            reached = self._reached(answer)
            if reached > at:
                pauses.forget()
            at = reached

    @property
    def _thread_id(self) -> str:
        return text(inner(self._metadata, "message"), "threadId")

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
        session_url = urljoin(self._api.base_url, location)
        self._note.save(url=session_url, thread=self._thread_id)
        return session_url

    def _put(self, session_url: str, start: int) -> Answer:
        end = min(start + CHUNK_BYTES, self._size)
        span = f"bytes {start}-{end - 1}/{self._size}"
        return self._call(session_url, span, start=start, end=end)

    def _ask(self, session_url: str, fine: frozenset[int] = _GONE) -> Answer:
        span = f"bytes */{self._size}"
        return self._call(session_url, span, start=0, end=0, fine=fine)

    def _call(
        self,
        session_url: str,
        content_range: str,
        *,
        start: int,
        end: int,
        fine: frozenset[int] = _GONE,
    ) -> Answer:
        own_host = urlsplit(session_url).netloc == urlsplit(self._api.base_url).netloc
        return self._api.http.call(
            Call(
                method="PUT",
                url=session_url,
                headers=(("Content-Range", content_range),),
                body=file_body(self._upload, "message/rfc822", start, end),
                fine=fine | {_INCOMPLETE},
                # The token goes to Gmail's own host only.
                is_authorized=own_host,
                cancel=self._carriage.cancel,
            )
        )

    def _gone(self, answer: Answer) -> Rejected | Unavailable:
        """Judge a 404: with a thread it may be the thread that is gone, else it is the session."""
        about = {"provider": "gmail", "status": answer.status}
        self._note.clear()
        if self._thread_id:
            return Rejected(field="", detail="the conversation or the upload is gone", **about)
        return Unavailable(detail="the upload session is over", **about)

    def _reached(self, answer: Answer) -> int:
        """Give the offset that the session has; without a Range it has nothing."""
        match = _RANGE.fullmatch(answer.headers.get("range", "").strip())
        return min(int(match[1]) + 1, self._size - 1) if match else 0
