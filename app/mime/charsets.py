"""Octets of a text part as text, with the charset said, or else a sane guess. Pure, never raises."""

from __future__ import annotations

import re

from app.domain.encoded_word import decode_bytes

_META = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE
)
_ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\(J|\$\(D)")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_JUNK = re.compile(r"^3d", re.IGNORECASE)
_NAMELESS = frozenset(
    "unknown unknown-8bit x-unknown x-user-defined default default_charset none null iso us-ascii"
    " ascii ansi_x3.4-1968 646 8bit binary utf8mb4".split()
)


def decode_text(data: bytes, charset: str, *, is_html: bool = False) -> str:
    """Give the text of a part.

    Args:
        data: the body without transfer encoding.
        charset: the parameter of Content-Type; "" if there is none.
        is_html: look for the charset in the document where the header says none.
    """
    name = _JUNK.sub("", charset.strip().strip("\"'").lower())
    for mark, by_mark in _MARKS:
        if data.startswith(mark) and (name in {"", by_mark} or by_mark == "utf-8"):
            return decode_bytes(data, by_mark).lstrip("\ufeff")
    if not name or name in _NAMELESS:
        name = _guess(data, is_html=is_html)
    return decode_bytes(data, name)


def _guess(data: bytes, *, is_html: bool) -> str:
    """Name the likeliest charset: what the document says, ISO-2022-JP escapes, UTF-8, Windows-1252."""
    if is_html and (found := _META.search(data[:4096])):
        return found[1].decode("ascii")
    if data.isascii():
        return "iso-2022-jp" if _ISO_2022.search(data) else "us-ascii"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"
