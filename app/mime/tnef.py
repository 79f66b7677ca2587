"""winmail.dat opened: the files in Outlook's Transport Neutral Encapsulation Format. Pure.

Source: [MS-OXTNEF], and [MS-OXCDATA] §2.11 for property values. Bounded: every length is checked
against what is there, nothing is raised.
"""

from __future__ import annotations

import mimetypes
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.encoded_word import decode_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x78\x9f\x3e\x22"
_LEVEL_ATTACHMENT = 2
_REND_DATA = 0x9002
_ATTACH_TITLE = 0x8010
_ATTACH_DATA = 0x800F
_ATTACH_PROPERTIES = 0x9005
_CODEPAGE = 0x9007
_LONG_FILENAME = 0x3707
_FILENAME = 0x3704
_MIME_TAG = 0x370E
_ATTACH_OBJECT = 0x3701
_TYPE_STRING8, _TYPE_UNICODE, _TYPE_BINARY, _TYPE_OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_VARIABLE = frozenset({_TYPE_STRING8, _TYPE_UNICODE, _TYPE_BINARY, _TYPE_OBJECT})
_FIXED = {0x00: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4}
_FIXED |= {0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_MULTIPLE = 0x1000
_MAX_FILES = 500
_TYPES = mimetypes.MimeTypes()

TnefFile = tuple[str, str, bytes]


@dataclass(slots=True)
class _File:
    name: str = ""
    media_type: str = ""
    data: bytes = b""


def read_tnef(data: bytes) -> list[TnefFile]:
    """Give name, media type and bytes of each file; empty if there is none or it is no TNEF."""
    if not data.startswith(_SIGNATURE):
        return []
    files: list[_File] = []
    codepage = "cp1252"
    for level, attribute, value in _attributes(data):
        if attribute == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif level == _LEVEL_ATTACHMENT and attribute == _REND_DATA:
            if len(files) >= _MAX_FILES:
                break
            files.append(_File())
        elif level == _LEVEL_ATTACHMENT and files:
            _take(files[-1], attribute, value, codepage)
    return [(f.name, _media_type(f), f.data) for f in files if f.data or f.name]


def _take(file: _File, attribute: int, value: bytes, codepage: str) -> None:
    if attribute == _ATTACH_TITLE and not file.name:
        file.name = decode_bytes(value.split(b"\0", 1)[0], codepage)
    elif attribute == _ATTACH_DATA:
        file.data = value
    elif attribute == _ATTACH_PROPERTIES:
        texts: dict[int, str] = {}
        for tag, kind, content in _properties(value):
            if tag == _ATTACH_OBJECT and kind in {_TYPE_BINARY, _TYPE_OBJECT}:
                # An object begins with the id of its interface ([MS-OXTNEF] §2.1.3.4).
                file.data = content[16:] if kind == _TYPE_OBJECT else content
            elif kind == _TYPE_UNICODE:
                texts[tag] = content.decode("utf-16-le", "replace").split("\0", 1)[0]
            elif kind == _TYPE_STRING8:
                texts[tag] = decode_bytes(content.split(b"\0", 1)[0], codepage)
        file.name = texts.get(_LONG_FILENAME) or texts.get(_FILENAME) or file.name
        file.media_type = texts.get(_MIME_TAG, "").lower() or file.media_type


def _media_type(file: _File) -> str:
    return file.media_type or _TYPES.guess_type(file.name)[0] or "application/octet-stream"


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give level, id and value of each attribute: 9 bytes of head, value, 2 bytes of checksum."""
    position = 6
    while position + 9 <= len(data):
        level, attribute, _, length = struct.unpack_from("<BHHI", data, position)
        start = position + 9
        if start + length > len(data):
            return
        yield level, attribute, data[start : start + length]
        position = start + length + 2


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give tag, type and bytes of each property of an encapsulated list."""
    reader = _Cursor(data)
    for _ in range(min(reader.u32(), 4096)):
        if reader.is_done:
            return
        kind, tag = reader.u16(), reader.u16()
        if tag >= 0x8000:
            reader.skip_name()
        base = kind & ~_MULTIPLE
        count = reader.u32() if base in _VARIABLE or kind & _MULTIPLE else 1
        if base not in _VARIABLE and base not in _FIXED:
            return
        for _ in range(min(count, 4096)):
            size = reader.u32() if base in _VARIABLE else _FIXED[base]
            yield tag, base, reader.take(size)


class _Cursor:
    """Reads forward over padded little-endian values; past the end it reads zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_done(self) -> bool:
        """Say whether nothing is left."""
        return self._at >= len(self._data)

    def u16(self) -> int:
        """Read two bytes."""
        return int.from_bytes(self._raw(2), "little")

    def u32(self) -> int:
        """Read four bytes."""
        return int.from_bytes(self._raw(4), "little")

    def take(self, size: int) -> bytes:
        """Read a value and its padding to four bytes."""
        value = self._raw(size)
        self._at += -size % 4
        return value

    def skip_name(self) -> None:
        """Pass over a named property's GUID and name ([MS-OXTNEF] §2.1.3.3.2)."""
        self._raw(16)
        if self.u32() == 0:
            self.u32()
        else:
            self.take(self.u32())

    def _raw(self, size: int) -> bytes:
        value = self._data[self._at : self._at + size]
        self._at += size
        return value
