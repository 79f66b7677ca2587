"""What was composed is what every reader reads: random messages through three parsers."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import os
import random
import re
from typing import TYPE_CHECKING, NamedTuple

import fast_mail_parser
import pytest

from app.domain.address import Address, domain_to_ascii
from app.mime.read import read_message
from app.mime.render import render
from tests.support.mime_random import Blobs, Boundaries, random_content
from tests.support.wire_check import violations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.outbound import MessageContent

COUNT = int(os.environ.get("POSTRIDER_PROPERTY_MESSAGES", "1000"))
BATCHES = 10
_FIELDS = ("to", "cc", "bcc")


class Rendered(NamedTuple):
    content: MessageContent
    raw: bytes


def rendered(seed: int) -> Rendered:
    blobs = Blobs()
    content = random_content(random.Random(seed), blobs)
    out = io.BytesIO()
    render(content, open_blob=blobs.open, out=out, boundary=Boundaries())
    return Rendered(content, out.getvalue())


def seeds(batch: int) -> Iterable[int]:
    return range(batch, COUNT, BATCHES)


def wire(addresses: Iterable[Address]) -> list[tuple[str, str]]:
    return [(a.name, f"{a.local}@{domain_to_ascii(a.domain)}") for a in addresses]


def words(text: str) -> str:
    """Give text without what wrapping and quoting may change."""
    return re.sub(r"[\s>]+", " ", text).strip()


def without_spaces(people: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out spaces in names: the library puts one between two encoded words (RFC 2047 §6.2)."""
    return [("".join(name.split()), address) for name, address in people]


def digests(content: MessageContent) -> list[str]:
    return sorted(attachment.sha256 for attachment in content.attachments)


def check_our_own_reader(seed: int, content: MessageContent, raw: bytes) -> None:
    read = read_message(raw)
    for field in _FIELDS:
        people = getattr(content.envelope, field)
        assert wire(getattr(read, field)) == wire(people), (seed, field)
    assert read.subject == content.subject, seed
    assert read.message_id == content.message_id, seed
    assert read.references == tuple(dict.fromkeys(content.references)), seed
    assert words(read.text) == words(content.text), seed
    assert words(read.html) == words(content.html), seed
    files = sorted((a.filename, a.media_type, a.sha256) for a in read.attachments)
    wanted = sorted((a.filename, a.media_type, a.sha256) for a in content.attachments)
    assert files == wanted, seed


def check_the_standard_library(seed: int, content: MessageContent, raw: bytes) -> None:
    read = email.message_from_bytes(raw, policy=email.policy.default)
    for field in _FIELDS:
        header = read[field]
        people = [(a.display_name, a.addr_spec) for a in header.addresses] if header else []
        wanted = wire(getattr(content.envelope, field))
        assert without_spaces(people) == without_spaces(wanted), (seed, field)
    assert read["subject"] == content.subject, seed
    assert read["message-id"] == content.message_id, seed
    found_text = read.get_body(("plain",))
    assert found_text is not None
    assert words(found_text.get_content()) == words(content.text), seed
    found_html = read.get_body(("html",))
    assert words(found_html.get_content() if found_html else "") == words(content.html), seed
    files = [
        part.get_payload(decode=True)
        for part in read.walk()
        if part.get_filename() and not part.is_multipart()
    ]
    assert sorted(hashlib.sha256(data).hexdigest() for data in files) == digests(content), seed


def check_an_independent_parser(seed: int, content: MessageContent, raw: bytes) -> None:
    read = fast_mail_parser.parse_email(raw)
    for field in _FIELDS:
        people = [(a.display_name or "", a.address) for a in getattr(read, field)]
        assert people == wire(getattr(content.envelope, field)), (seed, field)
    assert read.subject == content.subject, seed
    assert words("\n".join(read.text_plain)).startswith(words(content.text)), seed
    assert words("\n".join(read.text_html)) == words(content.html), seed
    files = [hashlib.sha256(a.content).hexdigest() for a in read.attachments]
    assert set(digests(content)) <= set(files) | _text_digests(content), seed


def _text_digests(content: MessageContent) -> set[str]:
    """Give the files that parser takes for text of the message: it looks at the type alone."""
    return {a.sha256 for a in content.attachments if a.media_type.startswith("text/")}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_parser_reads_what_was_composed(batch: int) -> None:
    for seed in seeds(batch):
        content, raw = rendered(seed)
        assert violations(raw) == [], seed
        check_our_own_reader(seed, content, raw)
        check_the_standard_library(seed, content, raw)
        check_an_independent_parser(seed, content, raw)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert rendered(1).raw == rendered(1).raw
