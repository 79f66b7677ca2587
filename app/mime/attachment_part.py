"""One attachment as a MIME part that streams itself. Pure but for the blobs it is given.

`message/rfc822` may not be encoded (RFC 2046 §5.2.1). A kept message that is already what the wire
wants (7-bit, CRLF line ends, no line over 998) goes as such; any other goes as
`application/octet-stream` in base64, so that no relay without 8BITMIME (RFC 6152) rewrites it: mail
programs open it by its `.eml` name all the same. The other composite types are treated alike.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from app.domain.errors import AttachmentChanged
from app.mime.message_head import part_head
from app.mime.parts import Leaf
from app.mime.transfer import MAX_LINE, stream_base64, stream_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.attachment import Attachment
    from app.mime.transfer import Sink

OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+\-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+\-]{0,126}")
_SCAN_BYTES = 64 * 1024
_ODD = re.compile(rb"[^\t\r\n\x20-\x7e]|\r(?!\n)|(?<!\r)\n")
_LONG = re.compile(rb"[^\n]{%d,}" % (MAX_LINE + 2))
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

OpenBlob = "Callable[[str], IO[bytes]]"


def attachment_leaf(
    attachment: Attachment, open_blob: Callable[[str], IO[bytes]], *, is_inline: bool
) -> Leaf:
    """Make the part of an attachment.

    Raises:
        DraftRejected: its Content-ID could not stand in a header.
        AttachmentChanged: the kept bytes are gone.
    """
    media_type = _media_type(attachment.media_type)
    encoding, charset = "base64", ""
    if media_type == "message/rfc822":
        if _is_wire_ready(attachment, open_blob):
            encoding = "7bit"
        else:
            media_type = OCTETS
    elif media_type.startswith("text/"):
        charset = _charset(attachment, open_blob)
        if not charset:
            media_type = OCTETS
    head = part_head(
        attachment,
        media_type=media_type,
        charset=charset,
        encoding=encoding,
        is_inline=is_inline,
    )
    return _leaf(head, attachment, open_blob, encoded=encoding == "base64")


def _media_type(given: str) -> str:
    word = given.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(word) or word.startswith("multipart/"):
        return OCTETS
    if word.startswith("message/") and word != "message/rfc822":
        return OCTETS
    return word


def _leaf(
    head: bytes, attachment: Attachment, open_blob: Callable[[str], IO[bytes]], *, encoded: bool
) -> Leaf:
    def stream(sink: Sink) -> None:
        with open_blob(attachment.sha256) as source:
            total = stream_base64(source, sink) if encoded else stream_copy(source, sink)
        if total != attachment.size_bytes:
            raise AttachmentChanged(filename=attachment.filename)

    def collides(delimiters: Sequence[bytes]) -> bool:
        # Base64 has no hyphen, so no delimiter either.
        return not encoded and _occurs(attachment, open_blob, delimiters)

    return Leaf(head, stream=stream, collides=collides)


def _occurs(
    attachment: Attachment, open_blob: Callable[[str], IO[bytes]], needles: Sequence[bytes]
) -> bool:
    overlap = max((len(needle) for needle in needles), default=1) - 1
    tail = b""
    with open_blob(attachment.sha256) as source:
        while chunk := source.read(_SCAN_BYTES):
            window = tail + chunk
            if any(needle in window for needle in needles):
                return True
            tail = window[-overlap:] if overlap else b""
    return False


def _is_wire_ready(attachment: Attachment, open_blob: Callable[[str], IO[bytes]]) -> bool:
    """Say whether a message can stand in ours unencoded and unchanged."""
    tail = b""
    with open_blob(attachment.sha256) as source:
        while chunk := source.read(_SCAN_BYTES):
            window = tail + chunk
            # A line is cut by the chunk's end; its beginning is looked at again with the rest.
            cut = window.rfind(b"\r\n") + 2 if b"\r\n" in window else 0
            if cut == 0 and len(window) > MAX_LINE:
                return False
            if _ODD.search(window, 0, cut) or _LONG.search(window, 0, cut):
                return False
            tail = window[cut:]
    return not _ODD.search(tail) and len(tail) <= MAX_LINE


def _charset(attachment: Attachment, open_blob: Callable[[str], IO[bytes]]) -> str:
    """Say what a text file is written in; "" if it is no text we can name.

    Latin-1 is said of single-byte text that is nothing else: every reader then gives back the very
    bytes, where a missing charset would promise US-ASCII (RFC 2046 §4.1.2).
    """
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = is_utf8 = True
    first = True
    with open_blob(attachment.sha256) as source:
        while chunk := source.read(_SCAN_BYTES):
            if first and chunk.startswith(_UTF16_MARKS):
                return ""
            first = False
            if _BINARY.search(chunk):
                return ""
            is_ascii = is_ascii and chunk.isascii()
            if is_utf8 and not is_ascii:
                is_utf8 = _decodes(decoder, chunk)
    if is_ascii:
        return "us-ascii"
    return "utf-8" if is_utf8 and _decodes(decoder, b"", final=True) else "iso-8859-1"


def _decodes(decoder: object, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return False
    return True
