"""Whatever the bytes: something comes out, in time linear in their number."""

from __future__ import annotations

import io
import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conversation import ThreadRef
from app.domain.draft import ReplyMode
from app.mime.read import ParsedMessage, read_message, to_original
from app.mime.read_parts import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, read_parts
from app.mime.render import render
from app.mime.reply import make_quote, reply_context, reply_recipients, subject_for
from tests.support.mime_random import Blobs, Boundaries, random_content
from tests.support.tnef import winmail

MUTATIONS = int(os.environ.get("POSTRIDER_FUZZ_MUTATIONS", "1500"))
_SPLICES = (
    b"\r\n\r\n",
    b"--=_postrider_1\r\n",
    b"--=_postrider_1--\r\n",
    b"=?utf-8?q?",
    b"?=",
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"charset=utf-7",
    b"\x1b$B",
    b"\0",
    b"\xff\xfe",
    b"(" * 50,
    b'"',
    b"<" * 20,
)


def survives(raw: bytes) -> ParsedMessage:
    """Read a message and all that is made of it; whoever raises fails the test."""
    read = read_message(raw)
    original = to_original(read, ThreadRef("a", "t"), "p")
    for mode in ReplyMode:
        reply_recipients(original, ("ada@acme.example",), mode)
        reply_context(original, mode)
        make_quote(original, mode)
        subject_for(original, mode)
    for attachment in read.attachments:
        assert len(attachment.sha256) == 64
    return read


def sample(seed: int) -> bytes:
    blobs = Blobs()
    out = io.BytesIO()
    content = random_content(random.Random(seed), blobs)
    render(content, open_blob=blobs.open, out=out, boundary=Boundaries())
    return out.getvalue()


def mutated(raw: bytes, rng: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.choice((1, 3, 20))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                del data[at : at + rng.choice((1, 10, 1000))]
            case 1:
                data[at:at] = rng.choice(_SPLICES)
            case 2:
                data[at : at + 1] = bytes((rng.randrange(256),))
            case 3:
                start = rng.randrange(len(data) + 1)
                data[at:at] = data[start : start + rng.choice((5, 200))]
            case _:
                data[at : at + 4] = rng.randbytes(4)
    return bytes(data)


@pytest.mark.parametrize("batch", range(5))
def test_damaged_messages_are_read(batch: int) -> None:
    rng = random.Random(batch)
    pool = [sample(seed) for seed in range(batch * 10, batch * 10 + 10)]
    pool += [b"Content-Type: application/ms-tnef\r\n\r\n" + winmail([("a", "b/c", b"d")])]
    for _ in range(MUTATIONS // 5):
        raw = mutated(rng.choice(pool), rng)
        read = survives(raw)
        assert len(read.text) + len(read.html) <= 4 * len(raw) + 100


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    survives(raw)


@given(st.text(alphabet='\r\n :;="<>()-?bB\\,@aé', max_size=400))
def test_any_text_of_the_grammars_letters_is_read(text: str) -> None:
    survives(b"Content-Type: multipart/mixed; boundary=b\r\nTo: " + text.encode())


def test_nesting_is_bounded() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(5000)
    )
    depth = 0
    part = read_parts(raw)
    while part.children:
        part = part.children[0]
        depth += 1
    assert depth <= MAX_DEPTH
    survives(raw)


def test_number_of_parts_is_bounded() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000
    assert sum(1 for _ in read_parts(raw).walk()) <= MAX_PARTS + 1
    survives(raw)


def test_number_of_fields_is_bounded() -> None:
    raw = b"X-A: b\r\n" * 200_000 + b"\r\nbody"
    assert len(read_parts(raw).fields) <= MAX_FIELDS
    survives(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"To: " + b"a@b.example, " * 30_000 + b"\r\n\r\nx", id="recipients"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\r\n\r\nx", id="words"),
        pytest.param(b"To: " + b"(" * 500_000 + b"\r\n\r\nx", id="comments"),
        pytest.param(b'To: "' + b"\\" * 500_000 + b"\r\n\r\nx", id="quoted pairs"),
        pytest.param(b"References: " + b"<" * 500_000 + b"\r\n\r\nx", id="brackets"),
        pytest.param(b"Subject: x\r\n" + b" \r\n" * 300_000 + b"\r\nx", id="folds"),
        pytest.param(b"Subject: Re: " + b"Re: " * 100_000 + b"\r\n\r\nx", id="prefixes"),
        pytest.param(b"Content-Type: a/b; " + b"a=b; " * 100_000 + b"\r\n\r\nx", id="parameters"),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary="
            + b"-" * 60
            + b"\r\n\r\n"
            + b"-" * 2_000_000,
            id="hyphens",
        ),
        pytest.param(b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 500_000, id="padding"),
        pytest.param(b"\r\n" + b"begin 644 x\r\n" * 100_000, id="uu"),
        pytest.param(b"Date: " + b"(" * 100_000 + b")" * 100_000 + b"\r\n\r\nx", id="date"),
    ],
)
def test_hostile_sizes_take_no_unusual_time(raw: bytes) -> None:
    started = time.process_time()
    survives(raw)
    assert time.process_time() - started < 5
