"""What rendering and reading cost, as ratios to their bare parts measured in the same run."""

from __future__ import annotations

import email.policy
import hashlib
import io
import random
import time
import tracemalloc
from binascii import b2a_base64
from email.message import EmailMessage
from typing import TYPE_CHECKING

from app.domain.attachment import Attachment
from app.domain.draft import Quote
from app.mime.quoting import quoted_block
from app.mime.read import read_message
from app.mime.render import render
from tests.support.drafts import content
from tests.support.mime_random import Boundaries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEGABYTE = 1024 * 1024
CHUNK = 57 * 1024
ROUNDS = 3  # a round that other programs disturbed (they share the caches) is measured again


def best_ms(work: Callable[[], object], times: int = 7) -> float:
    """Give the processor time of the fastest run: other programs take no part in it."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent) * 1000


def large(folder: Path) -> tuple[Path, Attachment]:
    data = random.Random(1).randbytes(25 * MEGABYTE)
    path = folder / "large.bin"
    path.write_bytes(data)
    attachment = Attachment(
        uid="u",
        filename="large.bin",
        media_type="application/octet-stream",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return path, attachment


def test_25_mb_cost_little_more_than_their_encoding_hash_and_write(tmp_path: Path) -> None:
    path, attachment = large(tmp_path)
    message = content(attachments=(attachment,))
    target = tmp_path / "out.eml"
    data = path.read_bytes()
    encoded = b2a_base64(data)

    def encode() -> None:
        for at in range(0, len(data), CHUNK):
            b2a_base64(data[at : at + CHUNK], newline=False)

    def write() -> None:
        with target.open("wb") as out:
            for at in range(0, len(encoded), 64 * 1024):
                out.write(encoded[at : at + 64 * 1024])

    def whole() -> None:
        with target.open("wb") as out:
            render(message, open_blob=lambda _: path.open("rb"), out=out, boundary=Boundaries())

    for _ in range(ROUNDS):
        parts = [best_ms(encode), best_ms(lambda: hashlib.sha256(encoded)), best_ms(write)]
        spent = best_ms(whole)
        if spent < 1.3 * sum(parts):
            break
    tracemalloc.start()
    whole()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    names = "base64 {:.1f} + SHA-256 {:.1f} + write {:.1f} ms".format(*parts)
    print(f"\n25 MB rendered in {spent:.1f} ms ({names}), peak {peak / MEGABYTE:.1f} MB")
    assert peak < 4 * MEGABYTE
    assert spent < 1.3 * sum(parts)


def test_a_usual_message_is_faster_than_the_standard_library() -> None:
    text = ("Hello Jane, here is the offer we spoke of. " * 6 + "\n") * 20
    html = "<p>" + "Hello <b>Jane</b>, here is the öffer we spoke of. " * 100 + "</p>"
    message = content(text=text, html=html)

    def ours() -> None:
        render(message, open_blob=lambda _: io.BytesIO(), out=io.BytesIO(), boundary=Boundaries())

    def library() -> None:
        made = EmailMessage(policy=email.policy.SMTP)
        made["From"], made["To"] = "Ada <ada@acme.example>", "Jane <jane@x.example>"
        made["Subject"] = "Pricing"
        made.set_content(text)
        made.add_alternative(html, subtype="html")
        made.as_bytes()

    mine, theirs = best_ms(ours, 50), best_ms(library, 50)
    print(f"\n10 KB rendered in {mine:.2f} ms, EmailMessage {theirs:.2f} ms")
    assert mine < theirs


def test_a_5_mb_original_is_quoted_at_once() -> None:
    line = (
        '<p style="margin:0">Hello <b>world</b> and <a href="https://x.example/a?b=1">x</a></p>\n'
    )
    html = "<html><head><style>p{}</style></head><body>" + line * 60_000 + "</body></html>"
    quote = Quote(attribution="On Tue, Jane wrote:", html=html, text="x")
    spent = best_ms(lambda: quoted_block(quote))
    print(f"\n{len(html) / MEGABYTE:.1f} MB of HTML quoted in {spent:.0f} ms")
    assert spent < 200


def test_25_mb_are_read_faster_than_by_the_standard_library(tmp_path: Path) -> None:
    path, attachment = large(tmp_path)
    out = io.BytesIO()
    message = content(attachments=(attachment,))
    render(message, open_blob=lambda _: path.open("rb"), out=out, boundary=Boundaries())
    raw = out.getvalue()

    def library() -> None:
        part = email.message_from_bytes(raw, policy=email.policy.compat32).get_payload()[1]
        part.get_payload(decode=True)

    mine, theirs = best_ms(lambda: read_message(raw), 3), best_ms(library, 3)
    print(f"\n25 MB read in {mine:.0f} ms, standard library {theirs:.0f} ms")
    assert mine < theirs
