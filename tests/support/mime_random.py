"""Random finished messages for round trips. The same seed gives the same messages."""

from __future__ import annotations

import hashlib
import io
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.outbound import Envelope, MessageContent

if TYPE_CHECKING:
    import random

NAMES = (
    "",
    "Jane Doe",
    "Doe, Jane",
    'Jane "JD" Doe',
    "Dr. Jürgen Müller-Lüdenscheidt",
    "山田 太郎",
    "Αλέξανδρος Παπαδόπουλος",
    "Владимир Владимирович Константинопольский",
    "محمد بن عبد الله",
    "יעל כהן",
    "👩‍👩‍👧 Family & Friends 🎉",
    "O'Brien (Sales)",
    "a@b.example",
    "=?utf-8?q?no_word?=",
    "Nguyễn Thị Minh Khai",
    "back\\slash; semi: colon",
    "x" * 90,
    "ß" * 60,
)
WORDS = (
    "pricing Q3 offer Angebot für Größe 価格 предложение عرض 🎉 re: fwd attached — “quoted” "
    "naïve =?x?= https://x.example/a?b=c&d=%20 a=b = . -- From >quote zero\u200dwidth ñandú"
).split(" ")
FILENAMES = (
    "deck.pdf",
    "Angebot Größe.docx",
    "報告書.xlsx",
    'quo"te.txt',
    "semi;colon=eq.txt",
    "файл с очень длинным именем, который не помещается в одну строку заголовка.docx",
    "no extension",
    ".hidden",
    "emoji 🎉.png",
    "percent%20name.csv",
    "'single'.txt",
    "=?utf-8?q?x?=.txt",
)
TYPES = (
    "application/pdf",
    "image/png",
    "text/plain",
    "text/csv",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)


class Blobs:
    """Bytes by their SHA-256, as the blob store keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.kept[digest] = data
        return digest

    def open(self, sha256: str) -> io.BytesIO:
        return io.BytesIO(self.kept[sha256])


class Boundaries:
    """A boundary source that counts."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"=_postrider_{self._count}"


def random_content(rng: random.Random, blobs: Blobs) -> MessageContent:
    """Make one message with everything a draft can lead to."""
    people = _people(rng, rng.choice((1, 1, 2, 3, 8, 40)))
    cut = rng.randint(1, len(people))
    second = rng.randint(cut, len(people))
    has_html = rng.random() < 0.7
    attachments = tuple(_attachment(rng, blobs, n) for n in range(rng.choice((0, 0, 1, 2, 4))))
    pictures = tuple(_picture(rng, blobs, n) for n in range(rng.choice((0, 0, 1, 3)) * has_html))
    shown = "".join(f'<img src="cid:{p.content_id}">' for p in pictures)
    text = _text(rng)
    return MessageContent(
        envelope=Envelope(
            sender=Address("ada@acme.example", rng.choice(NAMES)),
            to=people[:cut],
            cc=people[cut:second],
            bcc=people[second:],
        ),
        subject=" ".join(rng.choices(WORDS, k=rng.randint(0, 40))).strip(),
        text=text,
        html=f"<p>{_text(rng)}</p>{shown}" if has_html else "",
        attachments=(*attachments, *pictures),
        message_id=f"<{_token(rng)}@acme.example>",
        marker=_token(rng),
        date=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randint(0, 10**7)),
        reply_to=_people(rng, 1) if rng.random() < 0.2 else (),
        in_reply_to="<parent@x.example>" if rng.random() < 0.5 else "",
        references=tuple(_message_id(rng) for _ in range(rng.choice((0, 1, 5, 30)))),
    )


def _token(rng: random.Random, size: int = 16) -> str:
    return "".join(rng.choices(string.ascii_lowercase + string.digits, k=size))


def _message_id(rng: random.Random) -> str:
    # Outlook's ids are this long.
    return f"<{_token(rng, rng.choice((12, 120)))}@mail.{_token(rng, 8)}.example>"


def _people(rng: random.Random, count: int) -> tuple[Address, ...]:
    domains = ("x.example", "münchen.example", "sub.long-domain-name.example")
    return tuple(
        Address(f"{_token(rng, 8)}.{n}+tag@{rng.choice(domains)}", rng.choice(NAMES))
        for n in range(count)
    )


def _text(rng: random.Random) -> str:
    lines = []
    for _ in range(rng.randint(1, 12)):
        words = rng.choices(WORDS, k=rng.choice((0, 1, 5, 40, 200)))
        glue = rng.choice((" ", " ", " ", ""))
        lines.append(glue.join(words).strip())
    return "\n".join(lines).strip() or "Hello"


def _attachment(rng: random.Random, blobs: Blobs, number: int) -> Attachment:
    media_type = rng.choice(TYPES)
    size = rng.choice((0, 1, 56, 57, 58, 5000, 58368, 60000))
    data = _text(rng).encode() if media_type.startswith("text/") else rng.randbytes(size)
    return Attachment(
        uid=f"f{number}",
        filename=rng.choice(FILENAMES),
        media_type=media_type,
        size_bytes=len(data),
        sha256=blobs.put(data),
    )


def _picture(rng: random.Random, blobs: Blobs, number: int) -> Attachment:
    data = rng.randbytes(rng.randint(1, 3000))
    return Attachment(
        uid=f"p{number}",
        filename=f"picture{number}.png",
        media_type="image/png",
        size_bytes=len(data),
        sha256=blobs.put(data),
        disposition=Disposition.INLINE,
        content_id=f"{_token(rng)}.{number}@postrider",
    )
