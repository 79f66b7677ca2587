"""Drafts and finished contents as JSON-able objects: what the store keeps and `render` reads.

Pure. The form is versioned; a reader accepts every version up to its own and refuses newer ones.
Every reader raises ValueError with a sentence that names the field.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.conversation import ThreadRef
from app.domain.draft import (
    Body,
    BodyMode,
    ContextLink,
    Draft,
    LinkKind,
    Quote,
    Recipients,
    ReplyContext,
    ReplyMode,
)
from app.domain.outbound import Envelope, MessageContent
from app.mime.coming_json import coming_from_dict, coming_to_dict
from app.mime.halves import whole_json
from app.mime.json_fields import Fields, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1
# A draft written by hand need not say when it was made; the message's Date is the clock's anyway.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

JsonObject = dict[str, Any]


# --- addresses ---------------------------------------------------------------------------------


def address_to_dict(address: Address) -> JsonObject:
    """Write one address."""
    return {"address": address.addr_spec, "name": address.name}


def address_from_dict(value: object, where: str = "") -> Address:
    """Read one address: an object, or its bare addr-spec as text."""
    if isinstance(value, str):
        return Address(value)
    fields = Fields(value, where)
    return Address(fields.text("address"), fields.text("name", ""))


def _addresses(addresses: Iterable[Address]) -> list[JsonObject]:
    return [address_to_dict(address) for address in addresses]


def recipients_to_dict(recipients: Recipients) -> JsonObject:
    """Write To, Cc, Bcc and Reply-To."""
    return {
        "to": _addresses(recipients.to),
        "cc": _addresses(recipients.cc),
        "bcc": _addresses(recipients.bcc),
        "reply_to": _addresses(recipients.reply_to),
    }


def recipients_from_dict(value: object, where: str = "") -> Recipients:
    """Read To, Cc, Bcc and Reply-To."""
    fields = Fields(value, where)
    return Recipients(
        *(fields.items(name, address_from_dict) for name in ("to", "cc", "bcc", "reply_to"))
    )


# --- parts of a draft --------------------------------------------------------------------------


def attachment_to_dict(attachment: Attachment) -> JsonObject:
    """Write one attachment; its bytes stay in the blob store."""
    value = {
        "uid": attachment.uid,
        "filename": attachment.filename,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "disposition": attachment.disposition.value,
        "content_id": attachment.content_id,
    }
    # Written only where there is one: fingerprints of what was sent before stay what they were.
    return {**value, "brought_by": attachment.brought_by} if attachment.brought_by else value


def attachment_from_dict(value: object, where: str = "") -> Attachment:
    """Read one attachment."""
    fields = Fields(value, where)
    return Attachment(
        uid=fields.text("uid", ""),
        filename=fields.text("filename"),
        media_type=fields.text("media_type", "application/octet-stream"),
        size_bytes=fields.number("size_bytes"),
        sha256=fields.text("sha256"),
        disposition=fields.choice("disposition", Disposition, Disposition.ATTACHMENT),
        content_id=fields.text("content_id", ""),
        brought_by=fields.text("brought_by", ""),
    )


def reply_to_dict(reply: ReplyContext) -> JsonObject:
    """Write which message a draft answers."""
    return {
        "account_uid": reply.ref.account_uid,
        "thread_id": reply.ref.thread_id,
        "mode": reply.mode.value,
        "provider_message_id": reply.provider_message_id,
        "message_id": reply.message_id,
        "references": list(reply.references),
        "subject": reply.subject,
    }


def reply_from_dict(value: object, where: str = "") -> ReplyContext:
    """Read which message a draft answers."""
    fields = Fields(value, where)
    return ReplyContext(
        ref=ThreadRef(fields.text("account_uid", ""), fields.text("thread_id", "")),
        mode=fields.choice("mode", ReplyMode, ReplyMode.REPLY),
        provider_message_id=fields.text("provider_message_id", ""),
        message_id=fields.text("message_id", ""),
        references=fields.texts("references"),
        subject=fields.text("subject", ""),
    )


def link_to_dict(link: ContextLink) -> JsonObject:
    """Write what a record is logged against."""
    return {
        "kind": link.kind.value,
        "uid": link.uid,
        "context_type": link.context_type,
        "label": link.label,
    }


def link_from_dict(value: object, where: str = "") -> ContextLink:
    """Read what a record is logged against."""
    fields = Fields(value, where)
    return ContextLink(
        kind=fields.choice("kind", LinkKind),
        uid=fields.text("uid"),
        context_type=fields.text("context_type", ""),
        label=fields.text("label", ""),
    )


def links_to_list(links: Iterable[ContextLink]) -> list[JsonObject]:
    """Write several links."""
    return [link_to_dict(link) for link in links]


def links_from_list(value: object, where: str = "links") -> tuple[ContextLink, ...]:
    """Read several links."""
    return Fields({where: value}).items(where, link_from_dict)


def _body_to_dict(body: Body) -> JsonObject:
    return {"mode": body.mode.value, "html": body.html, "text": body.text}


def _body_from_dict(value: object, where: str = "") -> Body:
    fields = Fields(value, where)
    html = fields.text("html", "")
    # A body written by hand with text alone is a plain one.
    default = BodyMode.HTML if html or not fields.has("text") else BodyMode.PLAIN
    return Body(fields.choice("mode", BodyMode, default), html, fields.text("text", ""))


def _quote_to_dict(quote: Quote) -> JsonObject:
    return {"attribution": quote.attribution, "html": quote.html, "text": quote.text}


def _quote_from_dict(value: object, where: str = "") -> Quote:
    fields = Fields(value, where)
    return Quote(
        attribution=fields.text("attribution", ""),
        html=fields.text("html", ""),
        text=fields.text("text", ""),
    )


# --- whole values ------------------------------------------------------------------------------


def draft_to_dict(draft: Draft) -> JsonObject:
    """Write a whole draft; half characters in it, which no file can hold, are replaced."""
    # Written only where they are: fingerprints of what was sent before stay what they were.
    more: JsonObject = {"signed": True} if draft.is_signed else {}
    if draft.coming:
        more["coming"] = [coming_to_dict(one) for one in draft.coming]
    return whole_json(
        {
            "version": VERSION,
            "uid": draft.uid,
            "revision": draft.revision,
            "created_at": time_text(draft.created_at),
            "updated_at": time_text(draft.updated_at),
            "mailbox_uid": draft.mailbox_uid,
            "recipients": recipients_to_dict(draft.recipients),
            "subject": draft.subject,
            "body": _body_to_dict(draft.body),
            "quote": _quote_to_dict(draft.quote) if draft.quote else None,
            "reply": reply_to_dict(draft.reply) if draft.reply else None,
            "attachments": [attachment_to_dict(a) for a in draft.attachments],
            "links": links_to_list(draft.links),
            **more,
        }
    )


_DRAFT_FIELDS = frozenset(
    "version uid revision created_at updated_at mailbox_uid recipients subject body quote reply"
    " attachments links coming signed".split()
)


def draft_from_dict(value: object) -> Draft:
    """Read a whole draft.

    Raises:
        ValueError: a field is missing or wrong; the sentence names it.
    """
    fields = _versioned(value, _DRAFT_FIELDS)
    created_at = fields.time("created_at", _EPOCH)
    return Draft(
        uid=fields.text("uid", "draft"),
        revision=fields.number("revision", 0),
        created_at=created_at,
        updated_at=fields.time("updated_at", created_at),
        mailbox_uid=fields.text("mailbox_uid") if fields.has("mailbox_uid") else None,
        recipients=fields.one("recipients", recipients_from_dict) or Recipients(),
        subject=fields.text("subject", ""),
        body=fields.one("body", _body_from_dict) or Body(),
        quote=fields.one("quote", _quote_from_dict),
        reply=fields.one("reply", reply_from_dict),
        attachments=fields.items("attachments", attachment_from_dict),
        links=fields.items("links", link_from_dict),
        coming=fields.items("coming", coming_from_dict),
        is_signed=fields.flag("signed"),
    )


def content_to_dict(content: MessageContent) -> JsonObject:
    """Write what goes out, whole."""
    envelope = content.envelope
    return whole_json(
        {
            "version": VERSION,
            "sender": address_to_dict(envelope.sender),
            "to": _addresses(envelope.to),
            "cc": _addresses(envelope.cc),
            "bcc": _addresses(envelope.bcc),
            "reply_to": _addresses(content.reply_to),
            "subject": content.subject,
            "text": content.text,
            "html": content.html,
            "attachments": [attachment_to_dict(a) for a in content.attachments],
            "message_id": content.message_id,
            "marker": content.marker,
            "date": time_text(content.date),
            "in_reply_to": content.in_reply_to,
            "references": list(content.references),
        }
    )


_CONTENT_FIELDS = frozenset(
    "version sender to cc bcc reply_to subject text html attachments message_id marker date"
    " in_reply_to references".split()
)


def content_from_dict(value: object) -> MessageContent:
    """Read what goes out, whole.

    Raises:
        ValueError: a field is missing or wrong; the sentence names it.
    """
    fields = _versioned(value, _CONTENT_FIELDS)
    sender = fields.one("sender", address_from_dict)
    if sender is None:
        raise ValueError("sender is missing.")
    to, cc, bcc, reply_to = (
        fields.items(name, address_from_dict) for name in ("to", "cc", "bcc", "reply_to")
    )
    return MessageContent(
        envelope=Envelope(sender=sender, to=to, cc=cc, bcc=bcc),
        subject=fields.text("subject", ""),
        text=fields.text("text", ""),
        html=fields.text("html", ""),
        attachments=fields.items("attachments", attachment_from_dict),
        message_id=fields.text("message_id"),
        marker=fields.text("marker", ""),
        date=fields.time("date"),
        reply_to=reply_to,
        in_reply_to=fields.text("in_reply_to", ""),
        references=fields.texts("references"),
    )


def _versioned(value: object, known: frozenset[str]) -> Fields:
    fields = Fields(value)
    if fields.number("version", VERSION) > VERSION:
        raise ValueError("version is newer than this program understands; update Postrider.")
    strangers = fields.unknown(known)
    if strangers:
        # A misspelt field in a hand-written draft must not lose its content silently.
        raise ValueError(f"{strangers[0]} is not a field of this document.")
    return fields
