"""A finished content written as the exact bytes of an RFC 5322 message. Pure but for its callables.

Streams: attachments are never held in memory. Deterministic: the same content, blobs and boundaries
give the same bytes. Nothing is written before all header fields are known to be safe.
"""

from __future__ import annotations

import hashlib
import json
from typing import IO, TYPE_CHECKING

from app.domain.errors import AttachmentChanged, DraftRejected
from app.domain.outbound import RenderedMessage
from app.domain.problem import Problem
from app.mime.attachment_part import attachment_leaf
from app.mime.finalize import referenced_cids
from app.mime.flowed import flow
from app.mime.message_head import message_head
from app.mime.parts import CRLF, Leaf, Multi, Part, assign_boundaries, text_leaf
from app.mime.transfer import MAX_LINE, encode_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.attachment import Attachment
    from app.domain.outbound import Envelope, MessageContent
    from app.mime.transfer import Sink

__all__ = ["AttachmentChanged", "DraftRejected", "Problem", "frozen_hash", "render"]


class _HashingSink:
    """Hashes and counts what passes through, and hands it on in whole blocks.

    Blocks of whole pages take a file system half the time that lines or chunks of base64 take it.
    """

    _BLOCK_BYTES = 256 * 1024
    _FIRST_BYTES = 8 * 1024

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        # Grown when it is needed: to clear a whole block takes as long as to render a short message.
        self._block = bytearray(self._FIRST_BYTES)
        self._used = 0
        self.size_bytes = 0

    def write(self, data: bytes, /) -> int:
        size = len(data)
        self.size_bytes += size
        if self._used + size > len(self._block) < self._BLOCK_BYTES:
            self._block.extend(bytes(self._BLOCK_BYTES - len(self._block)))
        done = 0
        while size - done >= (room := self._BLOCK_BYTES - self._used):
            self._block[self._used :] = memoryview(data)[done : done + room]
            self._used = self._BLOCK_BYTES
            done += room
            self.flush()
        rest = size - done
        self._block[self._used : self._used + rest] = memoryview(data)[done:]
        self._used += rest
        return size

    def flush(self) -> None:
        """Hand on what is held."""
        block = bytes(memoryview(self._block)[: self._used])
        self._used = 0
        self._hash.update(block)
        self._out.write(block)

    def hexdigest(self) -> str:
        """Give the SHA-256 of everything handed on."""
        return self._hash.hexdigest()


def render(
    content: MessageContent,
    *,
    open_blob: Callable[[str], IO[bytes]],
    out: Sink,
    boundary: Callable[[], str],
    include_bcc: bool = True,
) -> RenderedMessage:
    """Write a message to `out`.

    Args:
        content: what goes out.
        open_blob: gives an attachment's bytes by its SHA-256.
        out: where the bytes go.
        boundary: draws candidates for part boundaries (RFC 2046 §5.1.1: up to 70 characters).
        include_bcc: Gmail and Graph read Bcc from the bytes and strip it on delivery; an exported
            copy leaves it out.

    Raises:
        DraftRejected: a header field holds what no header may hold (code `unsafe_header`).
        AttachmentChanged: a kept file is gone or is not what was attached.
    """
    head = message_head(content, include_bcc=include_bcc)
    body = _body(content, open_blob)
    assign_boundaries(body, boundary)
    sink = _HashingSink(out)
    sink.write(head)
    body.write(sink)
    if isinstance(body, Leaf):
        sink.write(CRLF)
    sink.flush()
    digest = sink.hexdigest()
    return RenderedMessage(
        content=content,
        sha256=digest,
        size_bytes=sink.size_bytes,
        frozen_hash=frozen_hash(digest, content.envelope),
    )


def frozen_hash(sha256: str, envelope: Envelope) -> str:
    """Give the SHA-256 over the rendered digest and everybody it goes to, in canonical form."""
    who = {
        "from": envelope.sender.addr_spec,
        **{
            field: [address.addr_spec for address in addresses]
            for field, addresses in (
                ("to", envelope.to),
                ("cc", envelope.cc),
                ("bcc", envelope.bcc),
            )
        },
    }
    canonical = json.dumps([sha256, who], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _body(content: MessageContent, open_blob: Callable[[str], IO[bytes]]) -> Part:
    """Build the smallest tree that says it: mixed(alternative(text, related(html, …)), files …)."""
    cids = referenced_cids(content.html)
    shown: list[Attachment] = []
    files: list[Attachment] = []
    for attachment in content.attachments:
        is_shown = attachment.is_inline and attachment.content_id.strip("<>") in cids
        (shown if is_shown else files).append(attachment)
    leaves: list[Part] = [attachment_leaf(a, open_blob, is_inline=False) for a in files]
    if content.html or content.text or not leaves:
        leaves.insert(0, _text_part(content, shown, open_blob))
    return leaves[0] if len(leaves) == 1 else Multi("mixed", leaves)


def _text_part(
    content: MessageContent, shown: list[Attachment], open_blob: Callable[[str], IO[bytes]]
) -> Part:
    if not content.html:
        return _plain(content.text)
    rich: Part = text_leaf("html", encode_text(content.html))
    if shown:
        pictures = [attachment_leaf(a, open_blob, is_inline=True) for a in shown]
        # RFC 2387 §3.1: the type of the root part is required.
        rich = Multi("related", [rich, *pictures], 'type="text/html"')
    if not content.text:
        return rich
    # The last alternative is the best one (RFC 2046 §5.1.4).
    return Multi("alternative", [_plain(content.text), rich])


def _plain(text: str) -> Leaf:
    """Make the text part: flowed, unless a word alone is longer than a line may be (RFC 3676 §4.2)."""
    flowed = encode_text(flow(text))
    if any(len(line) > MAX_LINE for line in flowed.split(CRLF)):
        return text_leaf("plain", encode_text(text))
    return text_leaf("plain", flowed, "; format=flowed")
