"""How Gmail shows a message: the Message resource of gmail.v1 in its four formats. Pure."""

from __future__ import annotations

import base64
import html
import re
import secrets
from email.message import Message
from typing import Any

from app.sandbox import mail
from app.sandbox.records import GmailMessage

SNIPPET_LENGTH = 200


def brief(message: GmailMessage) -> dict[str, Any]:
    return {"id": message.id, "threadId": message.thread_id, "labelIds": list(message.labels)}


def full(message: GmailMessage, style: str, wanted: list[str]) -> dict[str, Any]:
    """Return the resource; `style` is minimal, metadata, raw or full."""
    shown = {
        **brief(message),
        "snippet": snippet(message),
        "historyId": str(message.history_id),
        "internalDate": str(message.internal_ms),
        "sizeEstimate": len(message.raw),
    }
    match style:
        case "minimal":
            return shown
        case "raw":
            return {**shown, "raw": base64.urlsafe_b64encode(message.raw).decode()}
        case "metadata":
            head = mail.head_of(message.raw)
            names = {name.lower() for name in wanted}
            rows = [row for row in headers(head) if not names or row["name"].lower() in names]
            return {**shown, "payload": {"mimeType": head.get_content_type(), "headers": rows}}
    parsed = mail.parse(message.raw)
    return {**shown, "payload": part(message.id, parsed, "")}


def headers(message: Message) -> list[dict[str, str]]:
    return [
        {"name": name, "value": mail.decoded(mail.as_text(value))}
        for name, value in message.raw_items()
    ]


def part(ident: str, node: Message, number: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "partId": number,
        "mimeType": node.get_content_type(),
        "filename": mail.decoded(node.get_filename() or ""),
        "headers": headers(node),
        "body": {"size": 0},
    }
    if node.is_multipart() and node.get_content_maintype() == "multipart":
        prefix = f"{number}." if number else ""
        shown["parts"] = [
            part(ident, child, f"{prefix}{index}")
            for index, child in enumerate(node.get_payload())
            if isinstance(child, Message)
        ]
        return shown
    data = _content(node)
    shown["body"]["size"] = len(data)
    inside = node.get_payload()
    if node.get_content_type() == "message/rfc822" and isinstance(inside, list):
        # Gmail shows a message inside as a part with that message's parts below it.
        shown["parts"] = [
            part(ident, child, f"{number}.{index}" if number else str(index))
            for index, child in enumerate(inside)
            if isinstance(child, Message)
        ]
    if shown["filename"] or mail.is_attachment(node):
        shown["body"]["attachmentId"] = attachment_id(ident, number)
    elif data:
        shown["body"]["data"] = base64.urlsafe_b64encode(data).decode()
    return shown


def _content(node: Message) -> bytes:
    if node.get_content_type() == "message/rfc822":
        inner = node.get_payload()
        held = inner[0] if isinstance(inner, list) and inner else None
        return mail.bytes_of(held) if isinstance(held, Message) else b""
    if node.get_content_maintype() == "text":
        return mail.text_of(node).encode()
    return mail.payload_of(node)


def attachment_id(ident: str, number: str) -> str:
    """Make an id that leads to a part; every reading of the message gives another one."""
    named = f"{secrets.token_hex(4)}:{ident}:{number}"
    return "ANGjdJ" + base64.urlsafe_b64encode(named.encode()).decode().rstrip("=")


def _named_part(wanted: str) -> str:
    data = wanted.removeprefix("ANGjdJ")
    try:
        named = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode()
    except ValueError:
        return ""
    return named.partition(":")[2]


def attachment_data(message: GmailMessage, wanted: str) -> bytes | None:
    return _find(message.id, mail.parse(message.raw), "", _named_part(wanted))


def _find(ident: str, node: Message, number: str, wanted: str) -> bytes | None:
    if node.is_multipart() and node.get_content_maintype() == "multipart":
        prefix = f"{number}." if number else ""
        for index, child in enumerate(node.get_payload()):
            if isinstance(child, Message):
                found = _find(ident, child, f"{prefix}{index}", wanted)
                if found is not None:
                    return found
        return None
    return _content(node) if f"{ident}:{number}" == wanted else None


def snippet(message: GmailMessage) -> str:
    limit = 60_000
    parsed = mail.parse(message.raw if len(message.raw) < limit else message.raw[:limit])
    text = mail.body_text(parsed, "plain")
    if text is None:
        markup = mail.body_text(parsed, "html") or ""
        markup = re.sub(
            r"<(style|script|head)\b.*?</\1>", " ", markup, flags=re.DOTALL | re.IGNORECASE
        )
        text = html.unescape(re.sub(r"<[^>]+>", " ", markup))
    return html.escape(" ".join(text.split())[:SNIPPET_LENGTH], quote=False)
