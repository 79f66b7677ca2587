"""Forwards a message whole, as a file: the original's own bytes, nothing quoted. Pure.

The other way, inline, is a quote under a heading: `reply.make_quote` with ReplyMode.FORWARD.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.mime.filenames import clean_filename
from app.mime.read import read_message
from app.mime.subjects import bare_subject

MEDIA_TYPE = "message/rfc822"
NO_SUBJECT = "message"
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedFile:
    """A message as an attachment: what `compose.attach.Attacher.attach_bytes` takes."""

    filename: str
    media_type: str
    data: bytes


def forward_as_file(raw: bytes) -> ForwardedFile:
    """Give an original message as a file named after its subject, byte for byte.

    Rendering sends it as message/rfc822 where RFC 2046 §5.2.1 allows that (no encoding may be
    applied to it), and as plain octets where it does not; either way the bytes stay the same.
    """
    subject = bare_subject(read_message(raw).subject).strip()
    name = clean_filename(f"{subject[:LONGEST_NAME] or NO_SUBJECT}.eml")
    return ForwardedFile(filename=name, media_type=MEDIA_TYPE, data=raw)
