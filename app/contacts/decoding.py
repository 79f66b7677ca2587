"""Bytes of a file somebody exported, as text. Pure.

Spreadsheets write UTF-8 with and without a mark, UTF-16 ("Unicode text") and the code page of
western Windows. Anything is one of these, or it is no text.
"""

from __future__ import annotations

import codecs

_SAMPLE_BYTES = 4096
# A stray NUL is some program's slip; more of them are no text.
_FEW = 0.05
# What cp1252 leaves undefined is read as Latin-1 has it, as browsers do (WHATWG encoding standard).
_GAPS = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_CP1252 = {byte: _GAPS.get(byte) or bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0)}
_BINARY_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\x1f\x8b")


def decode(data: bytes) -> tuple[str, str]:
    """Give the text and the name of its encoding.

    Raises:
        ValueError: it is no text.
    """
    if data.startswith(_BINARY_BEGINNINGS):
        raise ValueError("not text")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), "utf-16"
    guessed = _utf16_without_mark(data[:_SAMPLE_BYTES])
    if guessed:
        return data.decode(guessed, "replace"), guessed
    if data.count(0, 0, _SAMPLE_BYTES) > min(len(data), _SAMPLE_BYTES) * _FEW:
        raise ValueError("not text")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_CP1252), "cp1252"


def _utf16_without_mark(sample: bytes) -> str:
    """Tell UTF-16 by its zeros: every other octet of western text is one."""
    pairs = len(sample) // 2
    if not pairs:
        return ""
    if sample[1::2].count(0) > pairs * 0.6 and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) > pairs * 0.6 and not sample[1::2].count(0):
        return "utf-16-be"
    return ""
