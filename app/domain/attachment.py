"""A file as it was when it was attached. Pure value; the bytes are in the blob store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Disposition(StrEnum):
    """How a part is shown (RFC 2183)."""

    ATTACHMENT = "attachment"
    INLINE = "inline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of a draft: name, type and the SHA-256 under which its bytes are kept.

    `brought_by` is the provider's id of the message that is forwarded with it, if it came that way.
    """

    uid: str
    filename: str
    media_type: str
    size_bytes: int
    sha256: str
    disposition: Disposition = Disposition.ATTACHMENT
    content_id: str = ""
    brought_by: str = ""

    @property
    def is_inline(self) -> bool:
        """Say whether the HTML body refers to it by Content-ID."""
        return self.disposition is Disposition.INLINE
