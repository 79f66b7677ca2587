"""Octets of somebody's mail to text: never fails. Pure."""

from __future__ import annotations

import re

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:+-]+)", re.IGNORECASE)


def charset_of(content_type: str) -> str:
    """Give the charset a Content-Type names, or nothing."""
    match = _CHARSET.search(content_type)
    return match[1] if match else ""


def text_of(data: bytes, charset: str) -> str:
    """Decode: UTF-8 if it is that, else the charset named, else Windows-1252.

    Gmail gives text parts re-coded as UTF-8 for most mail while the header still names the old
    charset (many reports), so UTF-8 goes first; other charsets hardly ever look like it.
    """
    stateful = charset.lower().startswith(("iso-2022", "utf-7", "hz"))
    for name in (charset, "utf-8") if stateful else ("utf-8", charset):
        try:
            return data.decode(name)
        except (ValueError, LookupError):
            continue
    return data.decode("cp1252", "replace")
