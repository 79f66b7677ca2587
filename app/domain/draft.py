"""What is being edited: an immutable value with a revision. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.conversation import OriginalAttachment, ThreadRef

if TYPE_CHECKING:
    from datetime import datetime


class BodyMode(StrEnum):
    """Which editor the person writes in."""

    HTML = "html"
    PLAIN = "plain"


class ReplyMode(StrEnum):
    """How a draft relates to the original."""

    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"


class LinkKind(StrEnum):
    """What a record is logged against."""

    CONTACT = "contact"
    DEAL = "deal"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Everybody a draft names."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()

    @property
    def everybody(self) -> tuple[Address, ...]:
        """Give To, Cc and Bcc, each address once, first spelling wins."""
        seen: dict[str, Address] = {}
        for address in (*self.to, *self.cc, *self.bcc):
            seen.setdefault(address.key, address)
        return tuple(seen.values())


@dataclass(frozen=True, slots=True)
class Body:
    """The text the person wrote. In HTML mode `html` is a body fragment in our own markup.

    `text` is the plain text; in HTML mode an empty `text` means "derive it from the HTML".
    """

    mode: BodyMode = BodyMode.HTML
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The quoted original, byte for byte, kept out of the editor."""

    attribution: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyContext:
    """Which message a draft answers and how the wire says so."""

    ref: ThreadRef
    mode: ReplyMode
    provider_message_id: str
    message_id: str
    references: tuple[str, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ContextLink:
    """What a record is logged against: a contact, a deal or (type, id)."""

    kind: LinkKind
    uid: str
    context_type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingFile:
    """A file of the forwarded message that is still to be fetched.

    It becomes the attachment with its `uid`. Until then the draft cannot be sent.
    """

    uid: str
    account_uid: str
    message_id: str
    file: OriginalAttachment
    disposition: Disposition = Disposition.ATTACHMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One message being written. Every edit makes a new value with the next revision.

    `is_signed`: the signature of the mailbox it is sent from goes below the text.
    """

    uid: str
    created_at: datetime
    updated_at: datetime
    revision: int = 0
    mailbox_uid: str | None = None
    recipients: Recipients = Recipients()
    subject: str = ""
    body: Body = Body()
    quote: Quote | None = None
    reply: ReplyContext | None = None
    attachments: tuple[Attachment, ...] = ()
    links: tuple[ContextLink, ...] = ()
    coming: tuple[ComingFile, ...] = ()
    is_signed: bool = False

    @property
    def is_blank(self) -> bool:
        """Say whether nothing of the person's own is in it."""
        written = self.body.html.strip() or self.body.text.strip() or self.subject.strip()
        people = self.recipients.everybody or self.recipients.reply_to
        return not (written or people or self.attachments or self.coming or self.reply)

    def edited(self, at: datetime, **changes: object) -> Draft:
        """Give the next revision with these fields changed."""
        return replace(self, revision=self.revision + 1, updated_at=at, **changes)  # type: ignore[arg-type]
