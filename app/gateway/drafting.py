"""Makes a draft of an order: sender, conversation, files. Blocking; in the gateway's thread pool.

Everything that cannot be found or fetched is reported at once, under the caller's field names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.compose.attach import guess_media_type
from app.compose.replying import new_draft
from app.conversations.answering import sender_of
from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.errors import (
    AppError,
    AttachmentBlocked,
    MailboxAmbiguous,
    NotConnected,
    StoreError,
)
from app.domain.texts import error_sentence
from app.gateway.refusals import Detail, Refusal, invalid
from app.gateway.replies import find_reply
from app.mime.filenames import clean_filename

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.conversations.answering import Target
    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.gateway.order import FileOrder, Order, SenderOrder
    from app.gateway.roster import Roster
    from app.services import Services

MAX_FETCHED_BYTES = 35_000_000
# Possessive and never past the next tag: what is broken is not looked at twice.
_BODY = re.compile(r"<body\b[^<>]*+>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*+>", re.IGNORECASE)
_STYLE = re.compile(r"<style\b", re.IGNORECASE)
_STYLE_END = re.compile(r"</style\s*+>", re.IGNORECASE)
NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True)
class Drafting:
    """Makes drafts for one caller (`owner_uid` is the API key's id)."""

    services: Services
    owner_uid: str
    roster: Roster

    def draft(self, order: Order, base: Draft | None = None) -> Draft:
        """Give a draft of what was ordered; with `base` its next revision.

        Raises:
            Refusal: 400 with everything that was not found.
            NotConnected, ProviderError: as in the core.
        """
        services = self.services
        reply = find_reply(order.thread, services) if order.thread else None
        mailbox = self._mailbox(order.sender, reply)
        now = services.clock.now()
        start = base or new_draft(ids=services.ids, clock=services.clock)
        return start.edited(
            now,
            mailbox_uid=mailbox.uid,
            recipients=Recipients(order.to, order.cc, order.bcc, order.reply_to),
            subject=_subject(order, reply),
            body=body_of(order.html, order.text),
            reply=reply.context_for(mailbox) if reply else start.reply,
            attachments=self.attachments(order.files),
            links=order.links,
        )

    def _mailbox(self, wanted: SenderOrder, reply: Target | None) -> Mailbox:
        mailboxes = self.roster.mailboxes
        if reply is not None and wanted.address is None and reply.account_uid:
            mailbox = sender_of(reply, mailboxes)
        else:
            mailbox = _choose(wanted, mailboxes)
        if not self.roster.is_connected(mailbox):
            raise NotConnected(address=mailbox.address)
        if reply is not None and reply.account_uid not in {"", mailbox.account_uid}:
            message = f"{wanted.field} is not in the mailbox of this conversation."
            raise invalid([Detail(wanted.field, message)])
        return mailbox

    def attachments(self, files: Sequence[FileOrder]) -> tuple[Attachment, ...]:
        """Keep every file that was ordered."""
        made: list[Attachment] = []
        missing: list[Detail] = []
        for one in files:
            try:
                made.append(self._attachment(one))
            except StoreError:
                raise
            except AttachmentBlocked as error:
                detail = error.params.get("detail", "its type is refused")
                missing.append(Detail(one.field, f"{one.field} was not fetched: {detail}."))
            except AppError as error:
                missing.append(Detail(one.field, f"{one.field}: {error_sentence(error)}"))
            except Refusal as refusal:
                missing += refusal.details
        if missing:
            raise invalid(missing)
        return tuple(made)

    def _attachment(self, order: FileOrder) -> Attachment:
        services = self.services
        if order.data is not None:
            filename = clean_filename(order.filename, order.media_type)
            media_type = order.media_type or guess_media_type(filename)
            return services.attacher.attach_bytes(filename, media_type, order.data)
        if order.storage_key:
            return self._uploaded(order)
        fetched = services.fetcher.fetch(order.url, MAX_FETCHED_BYTES)
        return Attachment(
            uid=services.ids.new_uid(),
            filename=clean_filename(fetched.filename, fetched.media_type),
            media_type=fetched.media_type,
            size_bytes=fetched.blob.size_bytes,
            sha256=fetched.blob.sha256,
        )

    def _uploaded(self, order: FileOrder) -> Attachment:
        kept = self.services.gateway.files.find_file(order.storage_key, self.owner_uid)
        if kept is None:
            raise invalid([Detail(order.field, f"{order.field}: no uploaded file has that key.")])
        return Attachment(
            uid=self.services.ids.new_uid(),
            filename=clean_filename(order.filename or kept.filename, kept.media_type),
            media_type=order.media_type or kept.media_type,
            size_bytes=kept.size_bytes,
            sha256=kept.sha256,
        )


def body_of(html: str | None, text: str | None) -> Body:
    """Give the body; with both, readers get the text as it was given (multipart/alternative)."""
    if html:
        return Body(BodyMode.HTML, fragment(html), text or "")
    return Body(BodyMode.PLAIN, "", text or "")


def fragment(html: str) -> str:
    """Give the inside of a whole document's body with its styles; a fragment as it is."""
    start = _BODY.search(html)
    if start is None:
        return html
    end = _BODY_END.search(html, start.end())
    inside = html[start.end() : end.start() if end else len(html)]
    return "".join(_styles(html[: start.start()])) + inside


def _styles(head: str) -> Iterator[str]:
    at = 0
    while (start := _STYLE.search(head, at)) and (end := _STYLE_END.search(head, start.end())):
        yield head[start.start() : end.end()]
        at = end.end()


def _subject(order: Order, reply: Target | None) -> str:
    if order.subject:
        return order.subject
    return (reply.subject if reply else "") or NO_SUBJECT


def _choose(wanted: SenderOrder, mailboxes: list[Mailbox]) -> Mailbox:
    if not mailboxes:
        raise NotConnected(address="")
    found = mailboxes
    if wanted.address is not None:
        key = wanted.address.key
        found = [box for box in found if Address(box.address).key == key]
    if wanted.provider is not None:
        found = [box for box in found if box.provider is wanted.provider]
    if wanted.account_uid:
        found = [box for box in found if wanted.account_uid in {box.account_uid, box.uid}]
        if not found:
            message = f"{wanted.field} is not a connected account."
            raise invalid([Detail(wanted.field, message)])
    if not found:
        raise NotConnected(address=wanted.address.addr_spec if wanted.address else "")
    if wanted.address is not None and len(found) > 1:
        providers = ", ".join(sorted({box.provider.label for box in found}))
        raise MailboxAmbiguous(address=wanted.address.addr_spec, providers=providers)
    return found[0]
