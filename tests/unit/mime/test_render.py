from __future__ import annotations

import email
import hashlib
import io
import itertools
import re
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.errors import AttachmentChanged, DraftRejected
from app.domain.outbound import Envelope
from app.mime.render import frozen_hash, render
from tests.support.drafts import ADA, JANE, RAJ, content
from tests.support.mime_random import Blobs, Boundaries
from tests.support.wire_check import violations

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from app.domain.outbound import MessageContent, RenderedMessage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def attach(blobs: Blobs, data: bytes, **changes: Any) -> Attachment:
    values: dict[str, Any] = {
        "uid": "u",
        "filename": "deck.pdf",
        "media_type": "application/pdf",
        "size_bytes": len(data),
        "sha256": blobs.put(data),
    }
    return Attachment(**{**values, **changes})


def picture(blobs: Blobs, cid: str = "i1@x") -> Attachment:
    return attach(
        blobs,
        PNG,
        filename="i.png",
        media_type="image/png",
        disposition=Disposition.INLINE,
        content_id=cid,
    )


def written(
    message: MessageContent, blobs: Blobs | None = None, **options: Any
) -> tuple[bytes, RenderedMessage]:
    out = io.BytesIO()
    options.setdefault("boundary", Boundaries())
    result = render(message, open_blob=(blobs or Blobs()).open, out=out, **options)
    return out.getvalue(), result


def structure(part: Message) -> Any:
    if part.get_content_type() == "message/rfc822" or not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_type(), *map(structure, part.get_payload())]


def tree(raw: bytes) -> Any:
    assert violations(raw) == []
    return structure(email.message_from_bytes(raw))


HTML = '<p>Hello <img src="cid:i1@x"></p>'


def test_the_tree_is_the_smallest_that_says_it() -> None:
    blobs = Blobs()
    pdf, png = attach(blobs, b"%PDF"), picture(blobs)
    related = ["multipart/related", "text/html", "image/png"]

    def of(**parts: Any) -> Any:
        return tree(written(content(**parts), blobs)[0])

    assert of(text="Hello") == "text/plain"
    assert of(text="", html="<p>Hello</p>") == "text/html"
    assert of(text="Hello", html="<p>Hello</p>") == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert of(text="Hello", html=HTML, attachments=(png,)) == [
        "multipart/alternative",
        "text/plain",
        related,
    ]
    assert of(text="Hello", html=HTML, attachments=(png, pdf)) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", related],
        "application/pdf",
    ]
    assert of(text="Hello", attachments=(pdf,)) == [
        "multipart/mixed",
        "text/plain",
        "application/pdf",
    ]
    assert of(text="", attachments=(pdf,)) == "application/pdf"
    assert of(text="", attachments=(pdf, pdf)) == [
        "multipart/mixed",
        "application/pdf",
        "application/pdf",
    ]


def test_a_picture_nobody_refers_to_is_an_attachment() -> None:
    blobs = Blobs()
    raw, _ = written(content(html="<p>no picture</p>", attachments=(picture(blobs),)), blobs)
    assert b"Content-Disposition: attachment" in raw
    assert b"multipart/related" not in raw


def test_result_says_what_was_written() -> None:
    raw, result = written(content())
    assert result.sha256 == hashlib.sha256(raw).hexdigest()
    assert result.size_bytes == len(raw)
    assert result.frozen_hash == frozen_hash(result.sha256, result.content.envelope)


def test_frozen_hash_changes_with_every_recipient_and_field() -> None:
    envelopes = [
        Envelope(sender=ADA, to=(JANE,)),
        Envelope(sender=ADA, cc=(JANE,)),
        Envelope(sender=ADA, bcc=(JANE,)),
        Envelope(sender=ADA, to=(JANE, RAJ)),
        Envelope(sender=ADA, to=(RAJ, JANE)),
        Envelope(sender=RAJ, to=(JANE,)),
    ]
    hashes = {frozen_hash("00", envelope) for envelope in envelopes}
    assert len(hashes) == len(envelopes)
    assert frozen_hash("00", envelopes[0]) != frozen_hash("01", envelopes[0])
    renamed = replace(envelopes[0], to=(Address(JANE.addr_spec, "J"),))
    assert frozen_hash("00", renamed) == frozen_hash("00", envelopes[0])


def test_bcc_is_in_the_bytes_for_the_provider_and_not_in_a_copy() -> None:
    message = content(envelope=Envelope(sender=ADA, to=(JANE,), bcc=(RAJ,)))
    assert b"\r\nBcc: Raj <raj@northwind.example>\r\n" in written(message)[0]
    assert b"raj@" not in written(message, include_bcc=False)[0]


def test_marker_is_a_header_and_no_program_is_named() -> None:
    raw, _ = written(content())
    assert b"\r\nX-Postrider-Id: m-1\r\n" in raw
    assert not re.search(rb"(?i)^(user-agent|x-mailer):", raw, re.MULTILINE)


PAYLOADS = ("a\r\nBcc: x@evil.example", "a\nb", "a\rb", "a\0b", "a\x85b", "a\u2028b", "a\x0bb")


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    ("field", "poison"),
    [
        ("subject", lambda m, p: replace(m, subject=p)),
        ("message_id", lambda m, p: replace(m, message_id=f"<{p}@x>")),
        ("in_reply_to", lambda m, p: replace(m, in_reply_to=f"<{p}@x>")),
        ("references", lambda m, p: replace(m, references=(f"<{p}@x>",))),
        ("x_postrider_id", lambda m, p: replace(m, marker=p)),
        pytest.param("to", lambda m, p: _to(m, Address("j@x.example", p)), id="to-name"),
        pytest.param("to", lambda m, p: _to(m, Address(f"{p}@x.example")), id="to-address"),
        ("from", lambda m, p: _from(m, Address("j@x.example", p))),
        ("reply_to", lambda m, p: replace(m, reply_to=(Address("j@x.example", p),))),
    ],
)
def test_no_value_ends_its_header_field(
    field: str, poison: Callable[[MessageContent, str], MessageContent], payload: str
) -> None:
    out = io.BytesIO()
    with pytest.raises(DraftRejected) as caught:
        render(poison(content(), payload), open_blob=Blobs().open, out=out, boundary=Boundaries())
    assert [problem.field for problem in caught.value.problems] == [field]
    assert caught.value.problems[0].code in {"unsafe_header", "bad_address"}
    assert out.getvalue() == b""


def _to(message: MessageContent, address: Address) -> MessageContent:
    return replace(message, envelope=replace(message.envelope, to=(address,)))


def _from(message: MessageContent, address: Address) -> MessageContent:
    return replace(message, envelope=replace(message.envelope, sender=address))


def test_everything_unsafe_is_said_at_once() -> None:
    bad = replace(_to(content(), Address("j@x.example", "a\nb")), subject="a\nb", marker="a\nb")
    with pytest.raises(DraftRejected) as caught:
        written(bad)
    assert [p.field for p in caught.value.problems] == ["to", "subject", "x_postrider_id"]


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("ab\r\ncd.pdf", "ab cd.pdf"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\x\\y.doc", "C:_x_y.doc"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\ud800b.txt", "a b.txt"),
        ("", "attachment.pdf"),
        ("...", "attachment.pdf"),
        ("jogeva-oos\\", "jogeva-oos_"),
        ('say "hi"; filename=evil.exe', 'say "hi"; filename=evil.exe'),
        ("x" * 300 + ".docx", "x" * 195 + ".docx"),
    ],
)
def test_file_names_are_cleaned(name: str, cleaned: str) -> None:
    blobs = Blobs()
    raw, _ = written(content(attachments=(attach(blobs, b"%PDF", filename=name),)), blobs)
    assert violations(raw) == []
    part = email.message_from_bytes(raw).get_payload()[1]  # type: ignore[union-attr]
    assert part.get_filename() == cleaned  # type: ignore[union-attr]


def test_a_message_ready_for_the_wire_is_attached_as_one() -> None:
    blobs = Blobs()
    inner = b"From: a@b.example\r\nSubject: x\r\n\r\nFrom here on\r\n"
    eml = attach(blobs, inner, filename="x.eml", media_type="message/rfc822")
    raw, _ = written(content(attachments=(eml,)), blobs)
    assert b"Content-Type: message/rfc822" in raw
    assert b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition" in raw
    assert inner in raw


@pytest.mark.parametrize(
    "inner",
    [
        "From: a@b.example\r\n\r\nü\r\n".encode(),
        b"From: a@b.example\n\nbare line ends\n",
        b"From: a@b.example\r\n\r\n" + b"x" * 999 + b"\r\n",
        b"From: a@b.example\r\n\r\n" + b"x\r\n" * 40_000 + b"\0\r\n",
        b"A: " + b"x" * 200_000,
    ],
)
def test_any_other_message_keeps_its_bytes_as_octets(inner: bytes) -> None:
    blobs = Blobs()
    eml = attach(blobs, inner, filename="x.eml", media_type="message/rfc822")
    raw, _ = written(content(attachments=(eml,)), blobs)
    assert violations(raw) == []
    part = email.message_from_bytes(raw).get_payload()[1]  # type: ignore[union-attr]
    assert part.get_content_type() == "application/octet-stream"  # type: ignore[union-attr]
    assert part.get_payload(decode=True) == inner  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "media_type", "charset"),
    [
        (b"a,b\r\n", "text/csv", "us-ascii"),
        ("größe".encode(), "text/csv", "utf-8"),
        ("größe".encode("cp1252"), "text/csv", "iso-8859-1"),
        ("ü".encode() * 40_000 + b"\xff", "text/csv", "iso-8859-1"),
        (b"a\0b", "application/octet-stream", None),
        ("größe".encode("utf-16"), "application/octet-stream", None),
    ],
)
def test_a_text_file_says_what_it_is_written_in(
    data: bytes, media_type: str, charset: str | None
) -> None:
    blobs = Blobs()
    raw, _ = written(content(attachments=(attach(blobs, data, media_type="text/csv"),)), blobs)
    part = email.message_from_bytes(raw).get_payload()[1]  # type: ignore[union-attr]
    assert part.get_content_type() == media_type  # type: ignore[union-attr]
    assert part.get_content_charset() == charset  # type: ignore[union-attr]
    assert part.get_payload(decode=True) == data  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "media_type", ["mult\x01ipart/mixed", "multipart/mixed", "", "x", "a/b\r\nc: d"]
)
def test_a_media_type_that_is_none_becomes_octets(media_type: str) -> None:
    blobs = Blobs()
    raw, _ = written(content(attachments=(attach(blobs, b"x", media_type=media_type),)), blobs)
    assert b"Content-Type: application/octet-stream;" in raw


def test_a_boundary_that_stands_in_the_text_is_drawn_again() -> None:
    draws = iter(["taken", "free", "other"])
    message = content(text="--taken\nand more", html="<p>x</p>")
    raw, _ = written(message, boundary=lambda: next(draws))
    assert b'boundary="1.0.free"' in raw
    assert tree(raw) == ["multipart/alternative", "text/plain", "text/html"]


def test_a_boundary_source_that_repeats_itself_is_helped_out() -> None:
    blobs = Blobs()
    message = content(html=HTML, attachments=(picture(blobs), attach(blobs, b"%PDF")))
    raw, _ = written(message, blobs, boundary=lambda: "b")
    assert len(set(re.findall(rb'boundary="(.*)"', raw))) == 3
    assert tree(raw)[0] == "multipart/mixed"


def test_a_boundary_in_an_attached_message_is_found_across_chunks() -> None:
    blobs = Blobs()
    filler = b"x" * 62 + b"\r\n"
    inner = b"From: a@b.example\r\n\r\n" + filler * 1023 + b"12345678901234567890123--taken\r\n"
    eml = attach(blobs, inner, filename="x.eml", media_type="message/rfc822")
    draws = itertools.chain(["taken"], itertools.repeat("free"))
    raw, _ = written(content(attachments=(eml,)), blobs, boundary=lambda: next(draws))
    assert b'boundary="1.0.free"' in raw


@pytest.mark.parametrize("boundary", ["", "a b", 'a"b', "x" * 71, "a\r\nb"])
def test_what_is_no_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(ValueError, match="boundary"):
        written(content(html="<p>x</p>"), boundary=lambda: boundary)


def test_a_file_that_is_not_what_was_attached_stops_the_render() -> None:
    blobs = Blobs()
    cut = attach(blobs, b"whole file", size_bytes=3)
    with pytest.raises(AttachmentChanged):
        written(content(attachments=(cut,)), blobs)


def test_flowed_text_goes_out_wrapped_and_long_words_stay_whole() -> None:
    raw, _ = written(content(text="word " * 50 + "end"))
    assert b"; format=flowed" in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    raw, _ = written(content(text="x" * 2000))
    assert b"format=flowed" not in raw
    assert violations(raw) == []


def test_a_large_attachment_needs_little_memory() -> None:
    blobs = Blobs()
    data = bytes(range(256)) * (40 * 1024)  # 10 MB
    message = content(attachments=(attach(blobs, data),))
    sink = _Discard()
    tracemalloc.start()
    render(message, open_blob=blobs.open, out=sink, boundary=Boundaries())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    assert sink.size_bytes > len(data)


class _Discard:
    size_bytes = 0

    def write(self, data: bytes, /) -> int:
        self.size_bytes += len(data)
        return len(data)
