"""Writes winmail.dat files as [MS-OXTNEF] describes them."""

from __future__ import annotations

import struct

_ATTACHMENT = 2
_REND_DATA, _TITLE, _DATA, _PROPERTIES, _CODEPAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9007


def _attribute(level: int, tag: int, kind: int, value: bytes) -> bytes:
    checksum = sum(value) & 0xFFFF
    head = struct.pack("<BHHI", level, tag, kind, len(value))
    return head + value + struct.pack("<H", checksum)


def _padded(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value + b"\0" * (-len(value) % 4)


def _properties(long_name: str, media_type: str) -> bytes:
    name = _padded(long_name.encode("utf-16-le") + b"\0\0")
    mime = _padded(media_type.encode() + b"\0")
    return b"".join(
        (
            struct.pack("<I", 4),
            struct.pack("<HHI", 0x0003, 0x3705, 1),  # attach method: a fixed-size value
            # A named property: GUID, kind 1, name in UTF-16.
            struct.pack("<HH", 0x001F, 0x8001) + b"\1" * 16 + struct.pack("<I", 1),
            _padded("prop".encode("utf-16-le")) + struct.pack("<I", 1) + _padded(b"v\0\0\0"),
            struct.pack("<HHI", 0x001F, 0x3707, 1) + name,
            struct.pack("<HHI", 0x001E, 0x370E, 1) + mime,
        )
    )


def winmail(files: list[tuple[str, str, bytes]], *, codepage: int = 1252) -> bytes:
    """Give a winmail.dat that holds these files: name, media type, bytes."""
    out = [b"\x78\x9f\x3e\x22", struct.pack("<H", 1)]
    out.append(_attribute(1, _CODEPAGE, 6, struct.pack("<II", codepage, 0)))
    for name, media_type, data in files:
        short = name.encode(f"cp{codepage}", "replace") + b"\0"
        out += [
            _attribute(_ATTACHMENT, _REND_DATA, 6, b"\0" * 14),
            _attribute(_ATTACHMENT, _TITLE, 1, short),
            _attribute(_ATTACHMENT, _DATA, 6, data),
        ]
        if media_type:
            properties = _properties(name, media_type)
            out.append(_attribute(_ATTACHMENT, _PROPERTIES, 6, properties))
    return b"".join(out)
