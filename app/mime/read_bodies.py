"""The parts of a message sorted into text, HTML and files. Pure, never raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.attachment import Disposition
from app.domain.encoded_word import decode_raw
from app.mime.charsets import decode_text
from app.mime.flowed import deflow
from app.mime.headers import decode_header, decode_params
from app.mime.parsed import Block, ParsedAttachment
from app.mime.tnef import read_tnef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.mime.read_parts import RawPart


class Bodies:
    """Sorts the parts of a message into text, HTML and files."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.strays: list[str] = []
        self.attachments: list[ParsedAttachment] = []

    def take(self, part: RawPart) -> None:
        """Take a part and all in it."""
        if part.stray.strip():
            self.strays.append(decode_text(part.stray, ""))
        first = len(self.blocks)
        for child in part.children:
            self.take(child)
        if part.media_type == "multipart/alternative":
            self._merge(first)
        elif not part.media_type.startswith("multipart/"):
            self._take_leaf(part)

    def _merge(self, first: int) -> None:
        """Make one block of what a sender gave as alternatives."""
        given = self.blocks[first:]
        if len(given) > 1:
            text = "\n".join(block.text for block in given if block.text)
            html = "\n".join(block.html for block in given if block.html)
            self.blocks[first:] = [Block(text, html)]

    def _take_leaf(self, part: RawPart) -> None:
        disposition, filename = _disposition(part)
        is_body = part.media_type in {"text/plain", "text/html"}
        if is_body and disposition != "attachment" and not filename:
            self._add_text(part)
        else:
            self.attachments.extend(_files(part, disposition, filename))

    def _add_text(self, part: RawPart) -> None:
        is_html = part.media_type == "text/html"
        text = decode_text(part.decoded(), part.parameters.get("charset", ""), is_html=is_html)
        if not text.strip():
            return
        if is_html:
            self.blocks.append(Block(html=text))
            return
        if part.parameters.get("format", "").lower() == "flowed":
            text = deflow(text, part.parameters.get("delsp", "").lower() == "yes")
        self.blocks.append(Block(text=text))


def _disposition(part: RawPart) -> tuple[str, str]:
    value = part.get("content-disposition")
    disposition, parameters = decode_params(decode_raw(value)) if value else ("", {})
    return disposition, parameters.get("filename") or part.parameters.get("name", "")


def _files(part: RawPart, disposition: str, filename: str) -> Iterator[ParsedAttachment]:
    data = part.decoded()
    tnef = read_tnef(data) if _may_be_tnef(part.media_type, filename) else None
    if tnef:
        for name, media_type, content in tnef:
            yield ParsedAttachment(filename=name, media_type=media_type, data=content)
        return
    cid = part.get("content-id")
    content_id = decode_header(cid).strip().strip("<>") if cid else ""
    is_inline = disposition == "inline" or (content_id and disposition != "attachment")
    yield ParsedAttachment(
        filename=filename,
        media_type=part.media_type,
        data=data,
        disposition=Disposition.INLINE if is_inline else Disposition.ATTACHMENT,
        content_id=content_id,
    )


def _may_be_tnef(media_type: str, filename: str) -> bool:
    named = filename.lower() == "winmail.dat"
    return named or media_type in {"application/ms-tnef", "application/vnd.ms-tnef"}
