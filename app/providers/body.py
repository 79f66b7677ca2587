"""Request bodies: bytes, JSON, or a spool file streamed with progress. Each can be sent again from its start.

A cancelled upload stops by raising from the iterator, which breaks the connection; after the last
piece was handed over it is too late, and the answer decides.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.runtime.cancel import CancelToken

CHUNK_BYTES = 256 * 1024
# A multiple of three, so that pieces of base64 join without padding in between.
_BASE64_CHUNK_BYTES = 3 * 64 * 1024

Progress = "Callable[[int, int], None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Something to send: how long it is, of what type, and how to read it from the start."""

    size_bytes: int
    content_type: str
    pieces: Callable[[], Iterator[bytes]]


@dataclass(slots=True)
class Flight:
    """One passage of a body over the wire: what was handed to the connection so far."""

    body: Body | None
    handed_over_bytes: int = 0
    began: bool = False
    _size: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._size = self.body.size_bytes if self.body else 0

    def __iter__(self) -> Iterator[bytes]:
        self.handed_over_bytes = 0
        if self.body is None:
            return
        for piece in self.body.pieces():
            # Counted before it leaves: a piece that may have left has left.
            self.handed_over_bytes += len(piece)
            yield piece

    def trace(self, event: str, info: object) -> None:
        """Note that the request's head begins to go out (httpcore's trace extension)."""
        del info
        if event.endswith("send_request_headers.started"):
            self.began = True

    @property
    def may_have_arrived(self) -> bool:
        """Say whether the whole request may be at the other side."""
        return self.began and self.handed_over_bytes >= self._size


def bytes_body(data: bytes, content_type: str) -> Body:
    """Make a body of bytes in memory."""
    return Body(
        size_bytes=len(data),
        content_type=content_type,
        pieces=lambda: iter((data,) if data else ()),
    )


def json_body(value: object) -> Body:
    """Make a body of JSON."""
    return bytes_body(json.dumps(value).encode("utf-8"), "application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to stream, who wants to know how far it is, and who may stop it."""

    open_file: Callable[[], IO[bytes]]
    size_bytes: int
    cancel: CancelToken
    progress: Callable[[int, int], None]
    # What went before and how much there is in all, where a file is one part of several.
    done_bytes: int = 0
    total_bytes: int = 0

    def report(self, done: int) -> None:
        """Tell how much of the whole has gone."""
        total = self.total_bytes or self.size_bytes
        self.progress(min(self.done_bytes + done, total), total)


def file_pieces(upload: Upload, start: int, end: int) -> Iterator[bytes]:
    """Read the bytes from `start` up to `end` in pieces. Raises Cancelled."""
    with upload.open_file() as file:
        file.seek(start)
        at = start
        while at < end:
            upload.cancel.check()
            piece = file.read(min(CHUNK_BYTES, end - at))
            if not piece:
                return
            at += len(piece)
            yield piece
            upload.report(at)


def file_body(upload: Upload, content_type: str, start: int = 0, end: int | None = None) -> Body:
    """Make a body of a file, or of a stretch of it."""
    stop = upload.size_bytes if end is None else end
    return Body(
        size_bytes=stop - start,
        content_type=content_type,
        pieces=lambda: file_pieces(upload, start, stop),
    )


def base64_body(upload: Upload, content_type: str) -> Body:
    """Make a body of a file in standard base64 without line breaks."""

    def pieces() -> Iterator[bytes]:
        with upload.open_file() as file:
            done = 0
            while piece := file.read(_BASE64_CHUNK_BYTES):
                upload.cancel.check()
                done += len(piece)
                yield base64.b64encode(piece)
                upload.report(done)

    size = (upload.size_bytes + 2) // 3 * 4
    return Body(size_bytes=size, content_type=content_type, pieces=pieces)


def related_body(upload: Upload, metadata: object, boundary: str) -> Body:
    """Make the multipart/related body of a Gmail upload: JSON metadata, then the message."""
    head = (
        f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
        f"{json.dumps(metadata)}\r\n--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        yield head
        yield from file_pieces(upload, 0, upload.size_bytes)
        yield tail

    return Body(
        size_bytes=len(head) + upload.size_bytes + len(tail),
        content_type=f"multipart/related; boundary={boundary}",
        pieces=pieces,
    )
