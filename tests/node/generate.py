"""Write random rendered messages and what they say, for readers in other languages to compare.

    python -m tests.node.generate build/node/messages --seed 7 --count 200

Each message is the wire form `app.mime.render` gives; `manifest.json` is made from the content
alone, never from the rendered bytes, so that it shares no mistake with them.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.address import domain_to_ascii
from app.mime.render import render
from tests.support.mime_random import Blobs, Boundaries, random_content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.address import Address
    from app.domain.attachment import Attachment
    from app.domain.outbound import MessageContent


def comparable(content: MessageContent) -> MessageContent:
    """Leave out what a reader may take in another way, though nothing is wrong with the bytes."""
    return replace(content, attachments=tuple(map(_comparable_file, content.attachments)))


def _comparable_file(attachment: Attachment) -> Attachment:
    # Both decode a file name that looks like an encoded word, though RFC 2047 §5 knows none inside
    # a quoted string.
    if attachment.filename.startswith("=?"):
        attachment = replace(attachment, filename="plain.txt")
    # mailparser guesses a type by the file name's ending where the message says octets.
    if attachment.media_type == "application/octet-stream" and Path(attachment.filename).suffix:
        attachment = replace(attachment, media_type="application/pdf")
    return attachment


def _people(addresses: Iterable[Address]) -> list[list[str]]:
    return [[a.name, f"{a.local}@{domain_to_ascii(a.domain)}"] for a in addresses]


def expected(name: str, content: MessageContent) -> dict[str, Any]:
    """Say what every reader must find in the message in file `name`."""
    envelope = content.envelope
    return {
        "file": name,
        "from": _people([envelope.sender]),
        "to": _people(envelope.to),
        "cc": _people(envelope.cc),
        "bcc": _people(envelope.bcc),
        "replyTo": _people(content.reply_to),
        "subject": content.subject,
        "messageId": content.message_id,
        "inReplyTo": content.in_reply_to,
        "references": list(dict.fromkeys(content.references)),
        "date": content.date.isoformat(),
        "text": content.text,
        "html": content.html,
        "attachments": [
            {"filename": a.filename, "type": a.media_type, "cid": a.content_id, "sha256": a.sha256}
            for a in content.attachments
        ],
    }


def write_messages(out: Path, seed: int, count: int) -> None:
    """Write `count` messages and their manifest to the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.eml"):
        old.unlink()
    rng = random.Random(seed)
    manifest = []
    for number in range(count):
        blobs = Blobs()
        content = comparable(random_content(rng, blobs))
        name = f"{number:04}.eml"
        with (out / name).open("wb") as file:
            render(content, open_blob=blobs.open, out=file, boundary=Boundaries())
        manifest.append(expected(name, content))
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (out / "manifest.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write random messages and their manifest.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    write_messages(options.out, options.seed, options.count)


if __name__ == "__main__":
    main()
