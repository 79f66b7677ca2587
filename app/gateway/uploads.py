"""Takes files in by multipart upload and gives each a storage key. Streamed into the blob store."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, Any

from app.compose.attach import guess_media_type
from app.gateway.bodies import chunks
from app.gateway.fields import one_line
from app.gateway.refusals import Refusal, invalid_field
from app.mime.filenames import clean_filename
from app.ports.gateway import KeptFile

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from app.gateway.act import Caller
    from app.gateway.pools import Pools
    from app.ports import Blob, BlobWriter
    from app.services import Services

FIELD = "file"
MAX_HEADER_BYTES = 8192


@dataclass(slots=True)
class _Part:
    """The part that is being read."""

    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Feeds a multipart body to the parser and the one file in it to the blob store."""

    def __init__(self, boundary: bytes, out: BlobWriter) -> None:
        from python_multipart.multipart import MultipartParser

        # What is wrong with a body is told to its sender.
        logging.getLogger("python_multipart").setLevel(logging.ERROR)
        self._out = out
        self._part = _Part()
        self._is_file = False
        self.filename = ""
        self.media_type = ""
        self.files = 0
        self.strangers: list[str] = []
        self.has_ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._name,
                "on_header_value": self._value,
                "on_header_end": self._header,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> None:
        """Take the next piece. Raises Refusal if it is not multipart."""
        from python_multipart.exceptions import MultipartParseError

        try:
            self._parser.write(data)
        except MultipartParseError:
            raise Refusal(400, "The body is not multipart/form-data.") from None

    def _begin(self) -> None:
        self._part = _Part()
        self._is_file = False

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._part.name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]
        if len(self._part.value) > MAX_HEADER_BYTES:
            raise Refusal(400, "A header in the multipart body is too long.")

    def _header(self) -> None:
        name = self._part.name.decode("latin-1").lower()
        self._part.headers[name] = self._part.value.decode("utf-8", "replace")
        self._part.name.clear()
        self._part.value.clear()

    def _headers_end(self) -> None:
        head = Message()
        head["Content-Disposition"] = _flat(self._part.headers.get("content-disposition", ""))
        head["Content-Type"] = _flat(self._part.headers.get("content-type", ""))
        name = str(head.get_param("name", "", "content-disposition"))
        filename = head.get_filename()
        if name != FIELD or filename is None:
            self.strangers.append(name)
            return
        self._is_file = True
        self.files += 1
        self.filename = filename
        self.media_type = head.get_content_type() if head["Content-Type"] else ""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._out.write(data[start:end])

    def _end(self) -> None:
        self.has_ended = True


class UploadDesk:
    """Keeps files for later."""

    def __init__(self, services: Services, pools: Pools) -> None:
        self._services = services
        self._pools = pools

    async def take(self, request: Any, caller: Caller) -> dict[str, Any]:
        """Take one file in. Raises Refusal, StoreError."""
        boundary = _boundary(request.headers.get("content-type", ""))
        holder: AbstractContextManager[BlobWriter] = self._services.blobs.writer()
        out = await self._pools.core(holder.__enter__)
        try:
            reader = _Reader(boundary, out)
            async for chunk in chunks(request.receive):
                await self._pools.core(reader.feed, chunk)
            _check(reader)
            return await self._pools.core(self._keep, reader, out, caller)
        finally:
            await self._pools.core(holder.__exit__, None, None, None)

    def _keep(self, reader: _Reader, out: BlobWriter, caller: Caller) -> dict[str, Any]:
        services = self._services
        filename = clean_filename(reader.filename, reader.media_type)
        blob: Blob = out.commit()
        if blob.size_bytes == 0:
            raise invalid_field(FIELD, f"{FIELD} must not be empty.")
        kept = KeptFile(
            key=f"files/{services.ids.new_token(16)}",
            owner_uid=caller.key.uid,
            filename=filename,
            media_type=reader.media_type or guess_media_type(filename),
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            created_at=services.clock.now(),
        )
        services.gateway.files.save_file(kept)
        return {
            "storageKey": kept.key,
            "storage_path": kept.key,
            "filename": kept.filename,
            "content_type": kept.media_type,
            "size_bytes": kept.size_bytes,
            "sha256": kept.sha256,
        }


def _check(reader: _Reader) -> None:
    if not reader.has_ended:
        raise Refusal(400, "The multipart body has no end.")
    if reader.files != 1 or reader.strangers:
        raise invalid_field(FIELD, f"Send exactly one file, in the field {FIELD}.")
    try:
        one_line(reader.filename)
    except ValueError as error:
        raise invalid_field(FIELD, f"The file name {error}") from None


def _flat(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ").replace("\0", " ")


def _boundary(content_type: str) -> bytes:
    head = Message()
    head["Content-Type"] = _flat(content_type)
    boundary = str(head.get_param("boundary", ""))
    if not boundary or len(boundary) > 200 or not boundary.isascii():
        raise Refusal(400, "The Content-Type names no boundary.")
    return boundary.encode()
