"""Between Graph items and MIME: what Exchange reads from MIME, and what it puts on the wire.

Headers are written by hand, one address at a time: the standard library's folding loses
recipients (python/cpython#100884).
"""

from __future__ import annotations

import base64
import html
import re
import secrets
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime, quote
from html.parser import HTMLParser
from typing import Any

from app.sandbox import mail
from app.sandbox.records import GraphAttachment, GraphItem

# What a cloud attachment looks like in MIME is Outlook's own secret: the sandbox has a type for it.
LINK_TYPE = "application/vnd.sandbox.cloud-link"
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "hr", "blockquote", "table"})
_SILENT = frozenset({"style", "script", "head", "title"})


class _TextMaker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in {"p", "div", "tr", "table"}:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def text_from_html(markup: str) -> str:
    """Derive the text part as Exchange does: roughly, without layout."""
    maker = _TextMaker()
    maker.feed(markup)
    lines = [line.strip() for line in "".join(maker.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def html_from_text(text: str) -> str:
    inner = html.escape(text, quote=False).replace("\n", "<br>\n")
    return f"<html><body><div>{inner}</div></body></html>"


def person(pair: tuple[str, str]) -> dict[str, str]:
    return {"name": pair[0] or pair[1], "address": pair[1]}


def item_fields(raw: bytes) -> dict[str, Any]:
    """Read MIME into the fields of an item."""
    message = mail.parse(raw)
    markup = mail.body_text(message, "html")
    text = mail.body_text(message, "plain")
    senders = mail.addresses(message, "From")
    return {
        "subject": mail.subject_of(message),
        "body_type": "text" if markup is None else "html",
        "body": markup if markup is not None else text or "",
        "from_": person(senders[0]) if senders else {},
        "sender": person((mail.addresses(message, "Sender") or senders)[0]) if senders else {},
        "to": [person(pair) for pair in mail.addresses(message, "To")],
        "cc": [person(pair) for pair in mail.addresses(message, "Cc")],
        "bcc": [person(pair) for pair in mail.addresses(message, "Bcc")],
        "reply_to": [person(pair) for pair in mail.addresses(message, "Reply-To")],
        "internet_message_id": mail.message_id_of(message),
        "in_reply_to": str(message.get("In-Reply-To", "")).strip(),
        "references": " ".join(str(message.get("References", "")).split()),
        "importance": {"high": "high", "low": "low"}.get(
            str(message.get("Importance", "")).strip().lower(), "normal"
        ),
        "x_headers": [
            {"name": name, "value": mail.decoded(value)}
            for name, value in message.items()
            if name.lower().startswith("x-")
        ],
        "attachments": [_attachment(part) for part in _attached(message)],
    }


def _attached(message: Message) -> list[Message]:
    return [part for part in mail.leaf_parts(message) if mail.is_attachment(part)]


def _attachment(part: Message) -> GraphAttachment:
    content_id = str(part.get("Content-ID", "")).strip().strip("<>") or None
    inline = part.get_content_disposition() == "inline" or (
        content_id is not None and part.get_content_disposition() != "attachment"
    )
    if part.get_content_type() == "message/rfc822":
        return _item(part)
    is_link = part.get_content_type() == LINK_TYPE
    return GraphAttachment(
        id="AAMkAtt" + secrets.token_urlsafe(24),
        name=mail.decoded(part.get_filename() or "") or "attachment",
        content_type=part.get_content_type(),
        data=b"" if is_link else mail.payload_of(part),
        is_inline=inline,
        content_id=content_id,
        kind="reference" if is_link else "file",
    )


def _item(part: Message) -> GraphAttachment:
    """A message inside is an item; Exchange calls it by its subject."""
    held = part.get_payload()
    inner = held[0] if isinstance(held, list) and held else None
    subject = mail.subject_of(inner) if isinstance(inner, Message) else ""
    return GraphAttachment(
        id="AAMkAtt" + secrets.token_urlsafe(24),
        name=subject or mail.decoded(part.get_filename() or "") or "attachment",
        content_type="",
        data=mail.bytes_of(inner) if isinstance(inner, Message) else b"",
        kind="item",
    )


def date_of(raw: bytes) -> float | None:
    try:
        return parsedate_to_datetime(str(mail.head_of(raw).get("Date"))).timestamp()
    except (TypeError, ValueError):
        return None


def build(item: GraphItem, at: float, *, with_bcc: bool) -> bytes:
    """Build the whole message of a JSON item."""
    when = format_datetime(datetime.fromtimestamp(at, tz=UTC))
    rows = [
        ("From", _people([item.from_])),
        ("To", _people(item.to)),
        ("Cc", _people(item.cc)),
        ("Bcc", _people(item.bcc) if with_bcc else ""),
        ("Reply-To", _people(item.reply_to)),
        ("Subject", mail.encoded(item.subject)),
        (
            "Thread-Topic",
            mail.encoded(
                re.sub(r"^((re|fw|fwd|aw|wg):\s*)+", "", item.subject, flags=re.IGNORECASE)
            ),
        ),
        ("Thread-Index", base64.b64encode(item.conversation_index).decode()),
        ("Date", when),
        ("Message-ID", item.internet_message_id),
        ("References", "\r\n ".join(item.references.split())),
        ("In-Reply-To", item.in_reply_to),
        ("Importance", "" if item.importance == "normal" else item.importance),
        *((header["name"], mail.encoded(header["value"])) for header in item.x_headers),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in rows if value)
    return head.encode() + _content(item)


def from_line(item: GraphItem) -> str:
    return _people([item.from_])


def _people(people: list[dict[str, str]]) -> str:
    shown = []
    for one in people:
        name, address = one.get("name", ""), one.get("address", "")
        if not address:
            continue
        bare = not name or name == address
        phrase = f'"{quote(name)}"' if name.isascii() else mail.encoded(name)
        shown.append(f"<{address}>" if bare else f"{phrase} <{address}>")
    return ",\r\n ".join(shown)


def _content(item: GraphItem) -> bytes:
    if item.body_type == "text":
        inner = _leaf("text/plain; charset=utf-8", item.body.encode())
    else:
        inner = _multipart(
            "alternative",
            [
                _leaf("text/plain; charset=utf-8", text_from_html(item.body).encode()),
                _leaf("text/html; charset=utf-8", item.body.encode()),
            ],
        )
    inline = [a for a in item.attachments if a.is_inline]
    if inline:
        inner = _multipart("related", [inner, *map(_attachment_part, inline)])
    others = [a for a in item.attachments if not a.is_inline]
    return _multipart("mixed", [inner, *map(_attachment_part, others)]) if others else inner


def _leaf(kind: str, data: bytes, extra: str = "") -> bytes:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = f"Content-Type: {kind}\r\n{extra}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + encoded


def _attachment_part(attachment: GraphAttachment) -> bytes:
    if attachment.kind == "item" or attachment.content_type == "message/rfc822":
        # RFC 2046 section 5.2.1: no encoding may be applied to a message.
        head = "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n"
        return head.encode() + attachment.data
    name = attachment.name.replace('"', "'")
    shown = f'"{name}"' if name.isascii() else f'"{mail.encoded(name)}"'
    how = "inline" if attachment.is_inline else "attachment"
    extra = f"Content-Disposition: {how}; filename={shown}\r\n"
    if attachment.content_id:
        extra += f"Content-ID: <{attachment.content_id}>\r\n"
    return _leaf(f"{attachment.content_type}; name={shown}", attachment.data, extra)


def _multipart(kind: str, parts: list[bytes]) -> bytes:
    boundary = f"_{secrets.token_hex(12)}_"
    mark = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
