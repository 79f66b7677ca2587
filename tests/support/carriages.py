"""Messages to carry, with their MIME written by hand: what providers get from the outbox."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.draft import ReplyContext
from app.domain.outbound import Envelope, MessageContent, RenderedMessage
from app.ports import Carriage
from app.runtime.cancel import CancelToken


class Parcel:
    """A message with its files, and what a provider did with it."""

    def __init__(
        self,
        *,
        sender: str,
        to: str = "raj@northwind.example",
        marker: str = "marker-1",
        files: dict[str, bytes] | None = None,
        reply: ReplyContext | None = None,
        **changes: Any,
    ) -> None:
        self.files = files or {}
        self.reply = reply
        self.cancel = CancelToken()
        self.progress: list[tuple[int, int]] = []
        self.blobs = {hashlib.sha256(data).hexdigest(): data for data in self.files.values()}
        self.content = MessageContent(
            envelope=Envelope(
                sender=Address(sender, "Ada Reyes"),
                to=(Address(to, "Raj Patel"),),
                cc=(Address("jane@northwind.example"),),
                bcc=(Address("boss@hidden.example"),),
            ),
            subject=reply.subject if reply else "Quote for Q3 – draft",
            text="Hello Raj,\nthe quote is attached.\n",
            html="<p>Hello Raj,</p><p>the <b>quote</b> is attached.</p>",
            attachments=tuple(_attachment(name, data) for name, data in self.files.items()),
            message_id=f"<{marker}@acme.example>",
            marker=marker,
            date=datetime.now(UTC).replace(microsecond=0),
            in_reply_to=reply.message_id if reply else "",
            references=(*reply.references, reply.message_id) if reply else (),
        )
        self.content = replace(self.content, **changes)
        self.raw = _mime(self.content, self.files)

    def carriage(self) -> Carriage:
        digest = hashlib.sha256(self.raw).hexdigest()
        rendered = RenderedMessage(
            content=self.content, sha256=digest, size_bytes=len(self.raw), frozen_hash=digest
        )
        return Carriage(
            uid=self.content.marker,
            message=rendered,
            reply=self.reply,
            open_spool=lambda: io.BytesIO(self.raw),
            open_blob=lambda sha256: io.BytesIO(self.blobs[sha256]),
            cancel=self.cancel,
            progress=lambda done, total: self.progress.append((done, total)),
        )


def _attachment(name: str, data: bytes) -> Attachment:
    is_image = name.endswith(".png")
    return Attachment(
        uid=name,
        filename=name,
        media_type="image/png" if is_image else "application/pdf",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        disposition=Disposition.INLINE if is_image else Disposition.ATTACHMENT,
        content_id=f"{name}@acme.example" if is_image else "",
    )


def _mime(content: MessageContent, files: dict[str, bytes]) -> bytes:
    subject = "=?utf-8?b?" + base64.b64encode(content.subject.encode()).decode() + "?="
    head = [
        ("From", content.envelope.sender.format()),
        ("To", ", ".join(one.format() for one in content.envelope.to)),
        ("Cc", ", ".join(one.format() for one in content.envelope.cc)),
        ("Bcc", ", ".join(one.format() for one in content.envelope.bcc)),
        ("Subject", subject),
        ("Date", content.date.strftime("%a, %d %b %Y %H:%M:%S +0000")),
        ("Message-ID", content.message_id),
        ("X-Postrider-Id", content.marker),
        ("In-Reply-To", content.in_reply_to),
        ("References", " ".join(content.references)),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/mixed; boundary="outer"'),
    ]
    lines = [f"{name}: {value}" for name, value in head if value]
    lines += ["", "--outer", 'Content-Type: multipart/alternative; boundary="inner"', ""]
    for kind, text in (("plain", content.text), ("html", content.html)):
        lines += ["--inner", f"Content-Type: text/{kind}; charset=utf-8", "", text]
    lines.append("--inner--")
    for name, data in files.items():
        lines += [
            "--outer",
            f'Content-Type: application/octet-stream; name="{name}"',
            f'Content-Disposition: attachment; filename="{name}"',
            "Content-Transfer-Encoding: base64",
            "",
            base64.encodebytes(data).decode("ascii").replace("\n", "\r\n").rstrip(),
        ]
    lines += ["--outer--", ""]
    return "\r\n".join(lines).encode()
