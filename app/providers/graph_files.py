"""Outlook: the files of a message, fetched one by one as they are.

Graph calls three things attachments: files, other items of the mailbox (a message comes as MIME, an
event as iCalendar, a person as vCard) and links to files that lie elsewhere, which have no bytes
(docs: attachment, Get attachment, raw contents).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.conversation import OriginalAttachment, OriginalKind
from app.domain.errors import NotFound
from app.mime.filenames import clean_filename
from app.providers.graph_api import IMMUTABLE, GraphApi
from app.providers.http import Call, params
from app.providers.values import Json, inner, number, rows, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.runtime.cancel import CancelToken

# contentId belongs to file attachments only, so it is named with its type.
_FIELDS = "id,name,contentType,size,isInline,microsoft.graph.fileAttachment/contentId"
_KINDS = {
    "#microsoft.graph.itemAttachment": OriginalKind.MESSAGE,
    "#microsoft.graph.referenceAttachment": OriginalKind.LINK,
}


def list_attachments(api: GraphApi, message: Json) -> tuple[OriginalAttachment, ...]:
    """Give the files of a message, also the pictures of its text."""
    # hasAttachments leaves inline images out (docs: message resource).
    if not message.get("hasAttachments") and "cid:" not in text(inner(message, "body"), "content"):
        return ()
    url = api.message_url(text(message, "id"), "attachments")
    listed = api.get(url, params(_select=_FIELDS)).json()
    return tuple(_file(row) for row in rows(listed, "value"))


def fetch_attachment(
    api: GraphApi,
    message_id: str,
    file: OriginalAttachment,
    take: Callable[[bytes], object],
    cancel: CancelToken,
) -> None:
    """Give a file's bytes piece by piece.

    Raises:
        NotFound: the message or the file is no more, or it is only a link.
        ProviderError, SignInRequired, Cancelled.
    """
    if file.kind is OriginalKind.LINK:
        raise NotFound(kind="file", uid=file.filename)
    path = f"attachments/{quote(file.provider_id, safe='')}/$value"
    answer = api.http.call(
        Call(
            method="GET",
            url=api.message_url(message_id, path),
            headers=(IMMUTABLE,),
            fine=frozenset({404}),
            cancel=cancel,
            take=take,
        )
    )
    if not answer.is_ok:
        raise NotFound(kind="file", uid=file.filename)


def _file(row: Json) -> OriginalAttachment:
    kind = _KINDS.get(text(row, "@odata.type"), OriginalKind.FILE)
    name, media_type = text(row, "name"), text(row, "contentType")
    if kind is OriginalKind.MESSAGE:
        # Its name is the subject; what it is shows when it is fetched.
        name, media_type = f"{name.strip() or 'message'}.eml", "message/rfc822"
    return OriginalAttachment(
        provider_id=text(row, "id"),
        filename=clean_filename(name, media_type),
        media_type=media_type or "application/octet-stream",
        size_bytes=number(row, "size"),
        content_id=text(row, "contentId").strip("<>"),
        kind=kind,
    )
