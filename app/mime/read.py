"""A raw message read for people: who, what, when, the best text, the files. Pure.

Tolerant: whatever the bytes, something comes out and nothing is raised. Nothing in the result is
trusted; the HTML in particular is as it came.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.address import Address, parse_addresses
from app.domain.attachment import Disposition
from app.domain.conversation import OriginalAttachment, OriginalMessage, ThreadRef
from app.domain.encoded_word import decode_raw
from app.mime.charsets import decode_text
from app.mime.flowed import deflow
from app.mime.headers import decode_header, decode_params, parse_date, parse_msgids
from app.mime.read_parts import RawPart, read_parts
from app.mime.tnef import read_tnef

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ADDRESSES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAttachment:
    """One file of a message. `filename` is as the sender said it: untrusted, may be empty."""

    filename: str
    media_type: str
    data: bytes
    disposition: Disposition = Disposition.ATTACHMENT
    content_id: str = ""

    @property
    def sha256(self) -> str:
        """Give the SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """What a message says."""

    subject: str
    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    mail_followup_to: tuple[Address, ...]
    mail_reply_to: tuple[Address, ...]
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sent_at: datetime | None
    text: str
    html: str
    attachments: tuple[ParsedAttachment, ...]
    # Text of a broken message that stands outside its parts; worth showing if nothing else is there.
    stray_text: str = ""

    @property
    def sender(self) -> Address | None:
        """Give the first author."""
        return self.from_[0] if self.from_ else None


def read_message(raw: bytes) -> ParsedMessage:
    """Read an .eml file or a provider's raw original."""
    root = read_parts(raw)
    bodies = _Bodies()
    bodies.take(root)
    ids = parse_msgids(_raw_text(root, "message-id"))
    return ParsedMessage(
        subject=_text(root, "subject"),
        from_=_addresses(root, "from") or _addresses(root, "sender"),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        bcc=_addresses(root, "bcc"),
        reply_to=_addresses(root, "reply-to"),
        mail_followup_to=_addresses(root, "mail-followup-to"),
        mail_reply_to=_addresses(root, "mail-reply-to"),
        message_id=ids[0] if ids else "",
        in_reply_to=parse_msgids(_raw_text(root, "in-reply-to")),
        references=parse_msgids(_raw_text(root, "references")),
        sent_at=_date(root),
        text="\n".join(bodies.texts),
        html="\n".join(bodies.htmls),
        stray_text="\n".join(bodies.strays),
        attachments=tuple(bodies.attachments),
    )


def to_original(parsed: ParsedMessage, ref: ThreadRef, provider_message_id: str) -> OriginalMessage:
    """Give a parsed message the form one replies to; attachments are numbered in order."""
    return OriginalMessage(
        ref=ref,
        provider_message_id=provider_message_id,
        message_id=parsed.message_id,
        references=parsed.references,
        subject=parsed.subject,
        sender=parsed.sender,
        to=_reachable(parsed.to),
        cc=_reachable(parsed.cc),
        sent_at=parsed.sent_at,
        text=parsed.text or ("" if parsed.html else parsed.stray_text),
        html=parsed.html,
        reply_to=answers_to(parsed),
        mail_followup_to=_reachable(parsed.mail_followup_to),
        in_reply_to=parsed.in_reply_to[0] if len(parsed.in_reply_to) == 1 else "",
        attachments=tuple(
            OriginalAttachment(
                provider_id=str(number),
                filename=attachment.filename,
                media_type=attachment.media_type,
                size_bytes=len(attachment.data),
            )
            for number, attachment in enumerate(parsed.attachments)
        ),
    )


def answers_to(parsed: ParsedMessage) -> tuple[Address, ...]:
    """Say where the author wants answers: Mail-Reply-To, Reply-To, or several authors' addresses.

    Mail-Reply-To is the author's own word where a list rewrote Reply-To; with several authors and
    no Reply-To all of them are answered (RFC 5322 §3.6.2).
    """
    several = parsed.from_ if len(parsed.from_) > 1 else ()
    wanted = (parsed.mail_reply_to, parsed.reply_to, several)
    return next((found for group in wanted if (found := _reachable(group))), ())


def _reachable(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    return tuple(address for address in addresses if address.addr_spec)


class _Bodies:
    """Sorts the parts of a message into text, HTML and files."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.strays: list[str] = []
        self.attachments: list[ParsedAttachment] = []

    def take(self, part: RawPart) -> None:
        """Take a part and all in it."""
        if part.stray.strip():
            self.strays.append(decode_text(part.stray, ""))
        if part.children:
            for child in part.children:
                self.take(child)
            return
        disposition, filename = _disposition(part)
        is_body = part.media_type in {"text/plain", "text/html"}
        if is_body and disposition != "attachment" and not filename:
            self._add_text(part)
        elif not part.media_type.startswith("multipart/"):
            self.attachments.extend(_files(part, disposition, filename))

    def _add_text(self, part: RawPart) -> None:
        is_html = part.media_type == "text/html"
        text = decode_text(part.decoded(), part.parameters.get("charset", ""), is_html=is_html)
        if not text.strip():
            return
        if is_html:
            self.htmls.append(text)
            return
        if part.parameters.get("format", "").lower() == "flowed":
            text = deflow(text, part.parameters.get("delsp", "").lower() == "yes")
        self.texts.append(text)


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


def _text(root: RawPart, name: str) -> str:
    value = root.get(name)
    return " ".join(decode_header(value).split()) if value else ""


def _raw_text(root: RawPart, name: str) -> str:
    # Of a field that may stand once only, the first counts (RFC 5322 §3.6).
    value = root.get(name)
    return decode_raw(value) if value else ""


def _addresses(root: RawPart, name: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in root.get_all(name):
        parsed = parse_addresses(decode_raw(value))
        found.extend(parsed.addresses)
        # A name alone still says who it was; `to_original` writes to nobody without an address.
        found.extend(Address("", _name_alone(piece.text)) for piece in parsed.unreadable)
    return tuple(found[:MAX_ADDRESSES])


def _name_alone(text: str) -> str:
    return " ".join(decode_header(text).replace("<>", " ").split())


def _date(root: RawPart) -> datetime | None:
    value = root.get("date")
    moment = parse_date(decode_header(value)) if value else None
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None
