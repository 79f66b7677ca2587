"""A draft made whole: complete bodies, threading headers, everybody once. Pure.

What comes out is what is sent, before any wire form. It does not judge the draft (`checks` does) and
writes no bytes (`render` does).
"""

from __future__ import annotations

import html as _html
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from app.domain.address import parse_addresses
from app.domain.attachment import Disposition
from app.domain.draft import BodyMode, ReplyMode
from app.domain.outbound import Envelope, MessageContent
from app.mime.halves import whole_characters
from app.mime.html.markup import document
from app.mime.html.to_text import html_to_text
from app.mime.msgid import is_msgid
from app.mime.quoting import quoted_block, quoted_text
from app.mime.signatures import signature_block, signature_of, signature_text

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.address import Address
    from app.domain.attachment import Attachment
    from app.domain.draft import ComingFile, Draft, Recipients, ReplyContext

# No mail program shows them, several stop at the first (C0 but tab and line ends, and DEL).
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# A subject is refused for what could end a line, and cleaned of the rest.
_SUBJECT_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1b\x1f\x7f]")
_LINE_END = re.compile(r"\r\n?")
_CID = re.compile(r"cid:([^\s\"'<>)]+)", re.IGNORECASE)


def finalize(
    draft: Draft,
    *,
    mailbox: Mailbox,
    now: datetime,
    message_id: str,
    marker: str,
    text_only: bool | None = None,
) -> MessageContent:
    """Make what goes out of a draft.

    Args:
        draft: what was written.
        mailbox: whom it comes from.
        now: becomes the Date.
        message_id: ours, with angle brackets.
        marker: our id of this message, for finding it again at the provider.
        text_only: send no HTML part; None does what the editor's mode says.
    """
    plain = draft.body.mode is BodyMode.PLAIN if text_only is None else text_only
    signature = signature_of(draft, mailbox)
    own = own_text(draft)
    html = "" if plain else _html_of(draft, signature, rtl=_runs_right_to_left(own))
    to, cc, bcc = _everybody_once(draft.recipients)
    in_reply_to, references = _threading(draft.reply)
    return MessageContent(
        envelope=Envelope(sender=mailbox.sender, to=to, cc=cc, bcc=bcc),
        subject=clean_subject(draft.subject),
        text=_text_of(draft, own, signature),
        html=html,
        attachments=_attachments(draft, html),
        message_id=message_id,
        marker=marker,
        date=now,
        reply_to=draft.recipients.reply_to or parse_addresses(mailbox.reply_to).addresses,
        in_reply_to=in_reply_to,
        references=references,
    )


def _clean(text: str) -> str:
    return whole_characters(_CONTROLS.sub("", _LINE_END.sub("\n", text)))


def clean_subject(subject: str) -> str:
    """Give a subject without controls and outer blanks; line breaks stay, to be refused."""
    return whole_characters(_SUBJECT_CONTROLS.sub("", subject.replace("\t", " "))).strip(" ")


def _html_of(draft: Draft, signature: str, *, rtl: bool) -> str:
    body = draft.body
    own = body.html if body.mode is BodyMode.HTML else _paragraphs(body.text)
    quote = draft.quote
    block = ""
    if quote is not None:
        block = quoted_block(quote, is_forward=_is_forward(draft.reply))
    return document(
        _clean(own) + whole_characters(signature_block(signature) + block),
        lang="",
        rtl=rtl,
    )


def _paragraphs(text: str) -> str:
    from app.mime.html.from_text import text_to_html  # only for plain drafts sent as HTML

    return text_to_html(text)


def own_text(draft: Draft) -> str:
    """Give what the person wrote as plain text, without the quote."""
    body = draft.body
    if body.mode is BodyMode.HTML and not body.text:
        return html_to_text(body.html)
    return body.text


def _text_of(draft: Draft, written: str, signature: str) -> str:
    own = "\n\n".join(filter(None, (_clean(written).rstrip(), _clean(signature_text(signature)))))
    if draft.quote is None:
        return own
    quoted = _clean(quoted_text(draft.quote, is_forward=_is_forward(draft.reply)))
    return f"{own}\n\n{quoted}" if own else quoted


def _is_forward(reply: ReplyContext | None) -> bool:
    return reply is not None and reply.mode is ReplyMode.FORWARD


def _runs_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction runs right to left (UAX #9 P2, P3)."""
    for char in text[:2000]:
        direction = unicodedata.bidirectional(char)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _everybody_once(
    recipients: Recipients,
) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[Address, ...]]:
    """Keep each address in the most visible field that names it."""
    seen: set[str] = set()

    def fresh(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        kept = []
        for address in addresses:
            if address.key not in seen:
                seen.add(address.key)
                kept.append(address)
        return tuple(kept)

    return fresh(recipients.to), fresh(recipients.cc), fresh(recipients.bcc)


def _threading(reply: ReplyContext | None) -> tuple[str, tuple[str, ...]]:
    """Give In-Reply-To and References (RFC 5322 §3.6.4); a forward continues no conversation."""
    # An id that is not safe to write (spaces inside, 8-bit) cannot be sent back to its sender either.
    if reply is None or reply.mode is ReplyMode.FORWARD or not is_msgid(reply.message_id):
        return "", ()
    ancestors = (i for i in reply.references if is_msgid(i) and i != reply.message_id)
    return reply.message_id, (*dict.fromkeys(ancestors), reply.message_id)


def referenced_cids(html: str) -> frozenset[str]:
    """Give the Content-IDs that HTML refers to, also unescaped (RFC 2392 §2)."""
    found = {_html.unescape(cid) for cid in _CID.findall(html)}
    return frozenset(found | {unquote(cid) for cid in found})


def awaited_files(draft: Draft) -> tuple[ComingFile, ...]:
    """Give the files a draft waits for; a picture that is no longer quoted is not waited for."""
    if not draft.coming:
        return ()
    shown = referenced_cids(draft.body.html + (draft.quote.html if draft.quote else ""))
    return tuple(
        one
        for one in draft.coming
        if one.disposition is Disposition.ATTACHMENT or one.file.content_id in shown
    )


def _attachments(draft: Draft, html: str) -> tuple[Attachment, ...]:
    """Leave out pictures that the person took out of the text again.

    Without an HTML part pictures go as files: what was attached arrives.
    """
    cids = referenced_cids(html)
    kept = []
    for attachment in draft.attachments:
        if not attachment.is_inline or attachment.content_id in cids:
            kept.append(attachment)
        elif not html:
            kept.append(replace(attachment, disposition=Disposition.ATTACHMENT))
    return tuple(kept)
