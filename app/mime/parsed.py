"""What a message says once it is read, and the form of it that one replies to. Pure values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.attachment import Disposition
from app.domain.conversation import OriginalAttachment, OriginalMessage, ThreadRef
from app.mime.html.from_text import text_to_html
from app.mime.html.to_text import html_to_text

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.address import Address


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of the body: as text, as HTML, or as both where the sender gave alternatives."""

    text: str = ""
    html: str = ""


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
    blocks: tuple[Block, ...]
    attachments: tuple[ParsedAttachment, ...]
    # Text of a broken message that stands outside its parts; worth showing if nothing else is there.
    stray_text: str = ""

    @property
    def sender(self) -> Address | None:
        """Give the first author."""
        return self.from_[0] if self.from_ else None

    @property
    def text(self) -> str:
        """Give what the sender wrote as plain text; "" if all is HTML."""
        return "\n".join(block.text for block in self.blocks if block.text)

    @property
    def html(self) -> str:
        """Give what the sender wrote as HTML; "" if all is text."""
        return "\n".join(block.html for block in self.blocks if block.html)

    @property
    def whole_text(self) -> str:
        """Give the whole body as text, what is HTML alone turned into it; "" if all is HTML."""
        if not self.text:
            return "" if self.html else self.stray_text
        return "\n".join(block.text or html_to_text(block.html) for block in self.blocks)

    @property
    def whole_html(self) -> str:
        """Give the whole body as HTML, what is text alone turned into it; "" if all is text.

        A body of one block comes back byte for byte.
        """
        if not self.html:
            return ""
        return "\n".join(block.html or text_to_html(block.text) for block in self.blocks)


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
        text=parsed.whole_text,
        html=parsed.whole_html,
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
