from __future__ import annotations

import email
import hashlib
import io
from email import policy

import pytest

from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.outbound import Envelope, MessageContent
from app.mime.forward import forward_as_file
from app.mime.render import render
from tests.support.mailroom_values import NOW

SEVEN_BIT = (
    b"From: Jane <jane@northwind.example>\r\nTo: ada@acme.example\r\n"
    b"Subject: Re: Pricing / Q3\r\n\r\nHello Ada\r\n"
)
EIGHT_BIT = SEVEN_BIT.replace(b"Hello Ada", "Grüße".encode())


def rendered(raw: bytes) -> bytes:
    file = forward_as_file(raw)
    attachment = Attachment(
        uid="a",
        filename=file.filename,
        media_type=file.media_type,
        size_bytes=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
    )
    content = MessageContent(
        envelope=Envelope(sender=Address("ada@acme.example"), to=(Address("raj@x.example"),)),
        subject="Fwd: Pricing / Q3",
        text="See below.",
        html="",
        attachments=(attachment,),
        message_id="<1@acme.example>",
        marker="m",
        date=NOW,
    )
    out = io.BytesIO()
    render(content, open_blob=lambda _: io.BytesIO(raw), out=out, boundary=iter("abcdef").__next__)
    return out.getvalue()


def test_file_is_named_after_the_bare_subject_without_path_signs() -> None:
    assert forward_as_file(SEVEN_BIT).filename == "Pricing _ Q3.eml"
    assert forward_as_file(b"\r\nno header at all").filename == "message.eml"


@pytest.mark.parametrize("raw", [SEVEN_BIT, EIGHT_BIT])
def test_original_arrives_byte_for_byte(raw: bytes) -> None:
    message = email.message_from_bytes(rendered(raw), policy=policy.SMTP)
    (part,) = message.iter_attachments()
    if part.get_content_type() == "message/rfc822":
        assert part.get_content()["Subject"] == "Re: Pricing / Q3"
        assert raw in rendered(raw)
    else:
        assert part.get_payload(decode=True) == raw
