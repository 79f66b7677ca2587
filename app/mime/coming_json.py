"""Files that a draft still awaits, as JSON-able objects and back. Pure."""

from __future__ import annotations

from typing import Any

from app.domain.attachment import Disposition
from app.domain.conversation import OriginalAttachment, OriginalKind
from app.domain.draft import ComingFile
from app.mime.json_fields import Fields


def coming_to_dict(coming: ComingFile) -> dict[str, Any]:
    """Write which file of which message is still to be fetched."""
    file = coming.file
    return {
        "uid": coming.uid,
        "account_uid": coming.account_uid,
        "message_id": coming.message_id,
        "disposition": coming.disposition.value,
        "provider_id": file.provider_id,
        "filename": file.filename,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "content_id": file.content_id,
        "kind": file.kind.value,
    }


def coming_from_dict(value: object, where: str = "") -> ComingFile:
    """Read which file of which message is still to be fetched. Raises ValueError."""
    fields = Fields(value, where)
    return ComingFile(
        uid=fields.text("uid"),
        account_uid=fields.text("account_uid"),
        message_id=fields.text("message_id"),
        disposition=fields.choice("disposition", Disposition, Disposition.ATTACHMENT),
        file=OriginalAttachment(
            provider_id=fields.text("provider_id"),
            filename=fields.text("filename"),
            media_type=fields.text("media_type", "application/octet-stream"),
            size_bytes=fields.number("size_bytes", 0),
            content_id=fields.text("content_id", ""),
            kind=fields.choice("kind", OriginalKind, OriginalKind.FILE),
        ),
    )
