"""Gmail: the files of a message, fetched one by one and decoded as they come.

A file is found by the number of its part, which never changes [doc]; the attachmentId that leads to
its bytes is another at every reading of the message [many].
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.conversation import OriginalAttachment, OriginalKind
from app.domain.errors import NotFound, Unavailable
from app.mime.filenames import clean_filename
from app.mime.headers import decode_header
from app.providers.gmail_api import GmailApi, decoded, part_header, parts
from app.providers.http import Call, params
from app.providers.values import Json, inner, number, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.runtime.cancel import CancelToken

_MESSAGE = "message/rfc822"
_DATA = re.compile(rb'"data"\s*:\s*"')
# What stands before the data is an id and a number.
_MOST_HEAD_BYTES = 1 << 16
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def attachments_of(message: Json) -> tuple[OriginalAttachment, ...]:
    """Give the files of a message: named ones, pictures of the text, and messages inside it."""
    return tuple(_file(part) for part in parts(inner(message, "payload")) if is_file(part))


def is_file(part: Json) -> bool:
    """Say whether a part is a file, and not a body or a box of other parts."""
    kind = text(part, "mimeType")
    if kind.startswith("multipart/"):
        return False
    if text(part, "filename") or kind == _MESSAGE:
        return True
    return not kind.startswith("text/") and bool(text(inner(part, "body"), "attachmentId"))


def fetch_attachment(
    api: GmailApi,
    message_id: str,
    file: OriginalAttachment,
    take: Callable[[bytes], object],
    cancel: CancelToken,
) -> None:
    """Give a file's bytes piece by piece.

    Raises:
        NotFound: the message or the file is no more.
        ProviderError, SignInRequired, Cancelled.
    """
    path = f"messages/{quote(message_id, safe='')}"
    answer = api.get(path, params(format="full"), fine=frozenset({404}), cancel=cancel)
    payload = inner(answer.json(), "payload") if answer.is_ok else {}
    body = _body_of(payload, file)
    if body is None:
        raise NotFound(kind="file", uid=file.filename)
    attachment_id = text(body, "attachmentId")
    if not attachment_id:
        # Small ones stand in the message itself.
        take(decoded(text(body, "data")))
        return
    _stream(api, f"{path}/attachments/{quote(attachment_id, safe='')}", take, cancel)


def _body_of(payload: Json, file: OriginalAttachment) -> Json | None:
    """Find a file by its part; what was kept before parts were noted, by name and size."""
    files = [one for one in parts(payload) if is_file(one)]
    for one in files:
        if text(one, "partId") == file.provider_id:
            return inner(one, "body")
    alike = [one for one in files if _file(one).filename == clean_filename(file.filename)]
    same = [one for one in alike if number(inner(one, "body"), "size") == file.size_bytes]
    return inner(same[0], "body") if same else None


def _stream(api: GmailApi, path: str, take: Callable[[bytes], object], cancel: CancelToken) -> None:
    field = DataField(take)
    answer = api.http.call(
        Call(
            method="GET",
            url=api.url(path),
            fine=frozenset({404}),
            cancel=cancel,
            take=field.feed,
        )
    )
    if not answer.is_ok:
        raise NotFound(kind="file", uid=path.rpartition("/")[2][:12])
    field.close()


class DataField:
    """Reads the base64url text of `data` out of a JSON answer that is never whole in memory."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self._head = bytearray()
        self._rest = b""
        self._is_open = False
        self._is_done = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the answer. Raises Unavailable if it cannot be read."""
        if self._is_done:
            return
        if not self._is_open:
            self._head += piece
            found = _DATA.search(self._head)
            if found is None:
                if len(self._head) > _MOST_HEAD_BYTES:
                    raise _unreadable()
                return
            piece, self._is_open = bytes(self._head[found.end() :]), True
        self._decode(piece)

    def close(self) -> None:
        """Say that the answer is over. Raises Unavailable if the data was not."""
        if not self._is_done and (self._is_open or b'"size"' not in self._head):
            raise _unreadable()

    def _decode(self, piece: bytes) -> None:
        # A backslash begins \\u003d, an escaped padding sign: the data is over there too.
        end = re.search(rb'["\\=]', piece)
        text_part = self._rest + (piece[: end.start()] if end else piece)
        whole = len(text_part) if end else len(text_part) // 4 * 4
        self._rest = text_part[whole:]
        self._is_done = end is not None
        if whole:
            padded = text_part[:whole] + b"=" * (-whole % 4)
            try:
                self._take(binascii.a2b_base64(padded.translate(_URL_SAFE), strict_mode=True))
            except binascii.Error:
                raise _unreadable() from None


def _unreadable() -> Unavailable:
    return Unavailable(provider="gmail", detail="the file could not be read")


def _file(part: Json) -> OriginalAttachment:
    kind = text(part, "mimeType")
    is_message = kind == _MESSAGE
    name = decode_header(text(part, "filename"))
    if is_message and not name:
        name = f"{_inner_subject(part) or 'message'}.eml"
    return OriginalAttachment(
        provider_id=text(part, "partId"),
        filename=clean_filename(name, kind),
        media_type=kind,
        size_bytes=number(inner(part, "body"), "size"),
        content_id=part_header(part, "Content-ID").strip().strip("<>"),
        kind=OriginalKind.MESSAGE if is_message else OriginalKind.FILE,
    )


def _inner_subject(part: Json) -> str:
    for one in part.get("parts") or ():
        if isinstance(one, dict):
            return " ".join(decode_header(part_header(one, "Subject")).split())[:80]
    return ""
