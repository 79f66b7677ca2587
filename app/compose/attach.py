"""Takes files into a draft: each is copied the moment it is attached. Runs on a worker."""

from __future__ import annotations

import mimetypes
import stat
from typing import TYPE_CHECKING

from app.domain.attachment import Attachment, Disposition
from app.domain.errors import AttachmentMissing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.ports import Blob, BlobStore, Ids
    from app.runtime.cancel import CancelToken

FALLBACK_TYPE = "application/octet-stream"


def guess_media_type(filename: str) -> str:
    """Give the media type a file name suggests (RFC 2046 §4.5.1 for the unknown)."""
    media_type, encoding = mimetypes.guess_type(filename, strict=False)
    if encoding == "gzip":
        return "application/gzip"
    return FALLBACK_TYPE if encoding or not media_type else media_type


class Attacher:
    """Makes attachments from files and from bytes."""

    def __init__(self, *, blobs: BlobStore, ids: Ids) -> None:
        self._blobs = blobs
        self._ids = ids

    def attach_file(
        self,
        path: Path,
        *,
        cancel: CancelToken | None = None,
        progress: Callable[[int, int], None] | None = None,
        disposition: Disposition = Disposition.ATTACHMENT,
        content_id: str = "",
    ) -> Attachment:
        """Copy a file in and describe it; an inline one without a Content-ID gets one.

        Raises:
            AttachmentMissing: it is not there, not a plain file, empty or unreadable
                (`detail` is one of missing, folder, special, empty, unreadable).
            StoreFull: no room for the copy.
            Cancelled: `cancel` was asked to stop.
        """
        _check_plain_file(path)
        blob = self._blobs.snapshot(path, cancel, progress)
        media_type = guess_media_type(path.name)
        return self._describe(path.name, media_type, blob, disposition, content_id)

    def attach_bytes(
        self,
        filename: str,
        media_type: str,
        data: bytes,
        disposition: Disposition = Disposition.ATTACHMENT,
    ) -> Attachment:
        """Keep bytes (a pasted picture, a decoded API attachment) and describe them."""
        return self._describe(filename, media_type, self._blobs.put(data), disposition)

    def _describe(
        self,
        filename: str,
        media_type: str,
        blob: Blob,
        disposition: Disposition,
        content_id: str = "",
    ) -> Attachment:
        if disposition is Disposition.INLINE and not content_id:
            content_id = f"{self._ids.new_token()}@postrider"
        return Attachment(
            uid=self._ids.new_uid(),
            filename=filename,
            media_type=media_type,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            disposition=disposition,
            content_id=content_id,
        )


def _check_plain_file(path: Path) -> None:
    try:
        info = path.stat()
    except FileNotFoundError as error:
        raise AttachmentMissing(filename=path.name, detail="missing") from error
    except OSError as error:
        raise AttachmentMissing(filename=path.name, detail="unreadable") from error
    if stat.S_ISDIR(info.st_mode):
        raise AttachmentMissing(filename=path.name, detail="folder")
    if not stat.S_ISREG(info.st_mode):
        raise AttachmentMissing(filename=path.name, detail="special")
    if info.st_size == 0:
        raise AttachmentMissing(filename=path.name, detail="empty")
