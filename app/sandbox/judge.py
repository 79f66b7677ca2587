"""Reads a submitted message as a strict receiver would and says what is wrong with it. Pure.

Gmail and Exchange take nearly anything; what they take silently, recipients suffer from. The
complaints stand beside each delivery, so that a test can ask for none.
"""

from __future__ import annotations

import re
from email.message import Message

from app.sandbox import mail

LONGEST_LINE = 998  # RFC 5322 section 2.1.1
LONGEST_ENCODED_WORD = 75  # RFC 2047 section 2
LONGEST_BODY_LINE = 76  # RFC 2045 sections 6.7 and 6.8
_SINGLE = (
    "date from sender reply-to to cc bcc message-id in-reply-to references subject mime-version "
    "content-type content-transfer-encoding thread-index thread-topic"
).split()
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_FIELD = re.compile(rb"^[!-9;-~]+:")


def complaints(raw: bytes) -> list[str]:
    """Return what breaks a rule, each with the rule it breaks; [] for a clean message."""
    head, _ = mail.split_head(raw)
    found = [*_lines(raw), *_fields(head), *_identity(mail.head_of(raw))]
    message = mail.parse(raw)
    for part in message.walk():
        found += _part(part)
    return list(dict.fromkeys(found))


def _lines(raw: bytes) -> list[str]:
    found = []
    if raw.replace(b"\r\n", b"").strip(b"\r\n") and re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("a line ends with a bare CR or LF (RFC 5322 2.3)")
    if any(len(line) > LONGEST_LINE for line in raw.split(b"\r\n")):
        found.append(f"a line is longer than {LONGEST_LINE} octets (RFC 5322 2.1.1)")
    if b"\0" in raw:
        found.append("a NUL octet (RFC 5322 4)")
    return found


def _fields(head: bytes) -> list[str]:
    found = []
    fields = mail.header_lines(head)
    names = [name for name, _ in fields]
    found += [
        f"{name} stands more than once (RFC 5322 3.6)" for name in _SINGLE if names.count(name) > 1
    ]
    for name, text in fields:
        if not _FIELD.match(text):
            found.append(f"{name[:30]!r} is no header field (RFC 5322 2.2)")
        if not text.isascii():
            found.append(f"{name} holds 8-bit octets (RFC 5322 2.2)")
        if any(not line.strip() for line in text.splitlines()[1:]):
            found.append(f"{name} is folded with an empty line (RFC 5322 3.2.2)")
        words = _ENCODED_WORD.findall(text)
        if any(len(word) > LONGEST_ENCODED_WORD for word in words):
            found.append(f"{name} has an encoded word longer than 75 (RFC 2047 2)")
        if words and name in {"message-id", "references", "in-reply-to"}:
            found.append(f"{name} is encoded, which breaks threading (RFC 2047 5)")
    return found


def _identity(head: Message) -> list[str]:
    found = []
    if not any("@" in address for _, address in mail.addresses(head, "From")):
        found.append("From names nobody (RFC 5322 3.6.2)")
    if head["Content-Type"] and not head["MIME-Version"]:
        found.append("Content-Type without MIME-Version (RFC 2045 4)")
    for name in ("Message-ID", "In-Reply-To", "References"):
        rest = _MESSAGE_ID.sub("", str(head.get(name, ""))).strip()
        if rest:
            found.append(f"{name} holds {rest[:40]!r}, which is no message id (RFC 5322 3.6.4)")
    return found


def _part(part: Message) -> list[str]:
    kind = part.get_content_type()
    mail.payload_of(part)  # decoding is what makes the parser notice damaged base64
    found = [f"{kind}: {type(defect).__name__}" for defect in part.defects]
    if part.is_multipart():
        return found
    content = str(part.get_payload())
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
    longest = max((len(line.rstrip("\r")) for line in content.split("\n")), default=0)
    if encoding in {"base64", "quoted-printable"} and longest > LONGEST_BODY_LINE:
        found.append(f"{kind}: {encoding} lines longer than {LONGEST_BODY_LINE} (RFC 2045 6)")
    if encoding == "7bit" and not content.isascii():
        found.append(f"{kind}: 8-bit octets declared as 7bit (RFC 2045 6.2)")
    return found + _text(part, kind)


def _text(part: Message, kind: str) -> list[str]:
    if part.get_content_maintype() != "text":
        return []
    charset = part.get_content_charset() or "us-ascii"
    try:
        mail.payload_of(part).decode(charset)
    except LookupError:
        return [f"{kind}: nobody knows the charset {charset} (RFC 2046 4.1.2)"]
    except UnicodeDecodeError:
        return [f"{kind}: the text is not {charset} (RFC 2046 4.1.2)"]
    return []
