"""A message with every kind of file, as it would arrive at a mailbox."""

from __future__ import annotations

import base64

from app.sandbox.graph_mime import LINK_TYPE

BOUNDARY = "filed-boundary"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
INSIDE = (
    b"From: Raj <raj@northwind.example>\r\nTo: jane@northwind.example\r\n"
    b"Subject: Earlier thoughts\r\nMessage-ID: <inside@northwind.example>\r\n"
    b"Date: Sun, 04 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nWhat was said before.\r\n"
)


def part(kind: str, data: bytes, *lines: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"Content-Type: {kind}", *lines))
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


def attached(name: str, data: bytes, kind: str = "application/pdf") -> bytes:
    return part(kind, data, f'Content-Disposition: attachment; filename="{name}"')


def pictured(content_id: str, data: bytes = PIXEL) -> bytes:
    lines = f"Content-ID: <{content_id}>", "Content-Disposition: inline"
    return part("image/png", data, *lines)


def message_inside(raw: bytes = INSIDE) -> bytes:
    return b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + raw


def linked(name: str) -> bytes:
    lines = f'Content-Disposition: attachment; filename="{name}"'
    return part(LINK_TYPE, b"", lines)


def filed_mail(
    to: str, *parts: bytes, html: str = "<p>See the files</p>", subject: str = "Filed"
) -> bytes:
    """Give a message from Jane with these parts."""
    head = (
        f"From: Jane Doe <jane@northwind.example>\r\nTo: {to}\r\nSubject: {subject}\r\n"
        "Message-ID: <filed@northwind.example>\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{BOUNDARY}"\r\n\r\n'
    )
    body = part("text/html; charset=utf-8", html.encode())
    mark = f"--{BOUNDARY}".encode()
    joined = b"".join(mark + b"\r\n" + one + b"\r\n" for one in (body, *parts))
    return head.encode() + joined + mark + b"--\r\n"
