"""Reading mail tolerantly with the standard library (policy compat32), and cutting headers.

The judge of our MIME: it must not import app.mime. Pure.
"""

from __future__ import annotations

import base64
import email
import functools
import re
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

WORD_BYTES = 45
_PREFIX = re.compile(
    r"^\s*((re|fw|fwd|aw|wg|antw|sv|vs|rv|tr|r|res|enc|odp|回复|答复|返信|转发|転送)"
    r"\s*(\[\d+\]|\(\d+\))?\s*[:：]\s*)+",
    re.IGNORECASE,
)
_GROUP = re.compile(r"^[^:<>,@]*:\s*;\s*$")
_ADDRESS = re.compile(r"^[^\s@<>,;:()\"]+@[^\s@<>,;:()\"]+$|^\"[^\"]+\"@[^\s@<>,;:()]+$")


class InvalidAddresses(ValueError):
    """A recipient header nobody can deliver to; `args[0]` is its name."""


def split_head(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header lines (with their last line end) and the rest (with the blank line)."""
    at = raw.find(b"\r\n\r\n")
    bare = raw.find(b"\n\n", 0, None if at < 0 else at)
    if at < 0 and bare < 0:
        return raw, b""
    end = bare + 1 if bare >= 0 else at + 2
    return raw[:end], raw[end:]


def header_lines(head: bytes) -> list[tuple[str, bytes]]:
    """Return (lower-case name, whole field with folds and line end) in order."""
    fields: list[tuple[str, bytes]] = []
    for line in head.splitlines(keepends=True):
        if line[:1] in b" \t" and line[:1] and fields:
            name, text = fields[-1]
            fields[-1] = (name, text + line)
        else:
            name = line.partition(b":")[0].strip().decode("latin-1").lower()
            fields.append((name, line))
    return fields


def without_headers(raw: bytes, *names: str) -> bytes:
    head, rest = split_head(raw)
    gone = {name.lower() for name in names}
    return b"".join(text for name, text in header_lines(head) if name not in gone) + rest


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """Replace the header in its place, or add it at the end of the head."""
    head, rest = split_head(raw)
    line = f"{name}: {value}\r\n".encode()
    fields = header_lines(head)
    out = [line if field == name.lower() else text for field, text in fields]
    if not any(field == name.lower() for field, _ in fields):
        out.append(line)
    return b"".join(out) + rest


def head_of(raw: bytes) -> Message:
    """Return the parsed header; the object is shared, so nobody may change it."""
    return _parsed_head(split_head(raw)[0])


@functools.lru_cache(maxsize=4096)
def _parsed_head(head: bytes) -> Message:
    return email.message_from_bytes(head)


def parse(raw: bytes) -> Message:
    return email.message_from_bytes(raw)


def encoded(text: str) -> str:
    """Write RFC 2047 words of at most 75 octets, one per line; ASCII stays as it is."""
    if text.isascii():
        return text
    chunks = [""]
    for char in text:
        if len((chunks[-1] + char).encode()) > WORD_BYTES:
            chunks.append("")
        chunks[-1] += char
    words = [base64.b64encode(chunk.encode()).decode() for chunk in chunks]
    return "\r\n ".join(f"=?utf-8?B?{word}?=" for word in words)


def decoded(value: object) -> str:
    """Decode RFC 2047 words; what cannot be decoded stays as it is."""
    text = re.sub(r"\r?\n(?=[ \t])", "", str(value or ""))
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def subject_of(message: Message) -> str:
    return decoded(" ".join(values_of(message, "Subject"))).strip()


def base_subject(subject: str) -> str:
    """Return what threads compare: no Re/Fwd in any usual language, spaces collapsed, casefolded."""
    return " ".join(_PREFIX.sub("", subject).split()).casefold()


def values_of(message: Message, name: str) -> list[str]:
    """Return the values of a header as text; 8-bit octets are taken for UTF-8 (RFC 6532)."""
    wanted = name.lower()
    return [as_text(value) for other, value in message.raw_items() if other.lower() == wanted]


def as_text(value: object) -> str:
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _pairs(message: Message, names: tuple[str, ...]) -> list[tuple[str, str]]:
    values = [value for name in names for value in values_of(message, name)]
    return getaddresses([v for v in values if v.strip() and not _GROUP.match(v.strip())])


def addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    """Return (display name, address) of these headers, leniently."""
    return [(decoded(name), address) for name, address in _pairs(message, names) if address]


def checked_recipients(message: Message) -> dict[str, list[tuple[str, str]]]:
    """Return to, cc and bcc.

    Raises:
        InvalidAddresses: one of them holds something that is no address.
    """
    found = {}
    for name in ("To", "Cc", "Bcc"):
        pairs = _pairs(message, (name,))
        if any(not _ADDRESS.match(address) for _, address in pairs):
            raise InvalidAddresses(name)
        found[name.lower()] = [(decoded(phrase), address) for phrase, address in pairs]
    return found


def reference_ids(message: Message) -> list[str]:
    values = " ".join(str(message.get(name, "")) for name in ("References", "In-Reply-To"))
    return re.findall(r"<[^<>\s]+>", values)


def message_id_of(message: Message) -> str:
    return str(message.get("Message-ID", "")).strip()


def payload_of(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def bytes_of(message: Message) -> bytes:
    """Write a message inside another as it goes over the wire."""
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def text_of(part: Message) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload_of(part).decode(charset, "replace")
    except LookupError:
        return payload_of(part).decode("utf-8", "replace")


def leaf_parts(message: Message) -> list[Message]:
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        return [message]
    return [
        leaf
        for part in message.get_payload()
        if isinstance(part, Message)
        for leaf in leaf_parts(part)
    ]


def body_text(message: Message, kind: str) -> str | None:
    """Return the first text/plain or text/html body that is no attachment."""
    for part in leaf_parts(message):
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if part.get_content_type() == f"text/{kind}" and not attached:
            return text_of(part)
    return None


def is_attachment(part: Message) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    return part.get_content_maintype() not in {"text", "multipart"}
