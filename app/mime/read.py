"""A raw message read for people: who, what, when, the best text, the files. Pure.

Tolerant: whatever the bytes, something comes out and nothing is raised. Nothing in the result is
trusted; the HTML in particular is as it came.
"""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.address import Address, parse_addresses
from app.domain.encoded_word import decode_raw
from app.mime.headers import decode_header, parse_date, parse_msgids
from app.mime.parsed import Block, ParsedAttachment, ParsedMessage, answers_to, to_original
from app.mime.read_bodies import Bodies
from app.mime.read_parts import RawPart, read_parts

__all__ = [
    "Block",
    "ParsedAttachment",
    "ParsedMessage",
    "answers_to",
    "read_message",
    "to_original",
]

MAX_ADDRESSES = 5000


def read_message(raw: bytes) -> ParsedMessage:
    """Read an .eml file or a provider's raw original."""
    root = read_parts(raw)
    bodies = Bodies()
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
        blocks=tuple(bodies.blocks),
        stray_text="\n".join(bodies.strays),
        attachments=tuple(bodies.attachments),
    )


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
