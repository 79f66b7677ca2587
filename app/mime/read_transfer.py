"""Content transfer encodings read tolerantly. Pure, linear, never raises."""

from __future__ import annotations

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_BLANKS = b" \t\r\n"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_PADDING = re.compile(rb"=+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)
_UU_NAMES = frozenset({b"uuencode", b"x-uuencode", b"x-uue", b"uue"})
_COMMENT = re.compile(rb"\([^()]*\)")


def decode_transfer(body: bytes, encoding: bytes) -> bytes:
    """Give a body without its transfer encoding; an unknown one leaves it as it is."""
    # The last word counts: "7bit ; base64", comments and quotes occur.
    word = _COMMENT.sub(b"", encoding).strip().strip(b"\"';").strip().lower()
    if word == b"base64":
        return decode_base64(body)
    if word in {b"quoted-printable", b"quoted-printeable", b"quotedprintable"}:
        return decode_quoted_printable(body)
    if word in _UU_NAMES:
        return decode_uu(body)
    return body


def decode_base64(body: bytes) -> bytes:
    """Decode base64 with anything in between, cut off, or in several padded pieces."""
    letters = body.translate(None, _BLANKS)
    if letters.translate(None, _ALPHABET):
        letters = _NOT_BASE64.sub(b"", letters)
    if b"=" not in letters.rstrip(b"="):
        return _decode_piece(letters.rstrip(b"="))
    pieces = [piece for piece in _PADDING.split(letters) if piece]
    return b"".join(_decode_piece(piece) for piece in pieces)


def _decode_piece(piece: bytes) -> bytes:
    # A single left-over letter holds less than an octet.
    rest = len(piece) % 4
    if rest == 1:
        piece = piece[:-1]
        rest = 0
    return binascii.a2b_base64(piece + b"=" * (-rest % 4))


def decode_quoted_printable(body: bytes) -> bytes:
    """Decode quoted-printable; escapes that are none stay as they are."""
    return binascii.a2b_qp(body)


def decode_uu(body: bytes) -> bytes:
    """Decode uuencoded lines between `begin` and `end`."""
    start = _UU_BEGIN.search(body)
    out: list[bytes] = []
    for line in body[start.end() if start else 0 :].splitlines():
        if line.strip() == b"end":
            break
        out.append(_uu_line(line))
    return b"".join(out)


def _uu_line(line: bytes) -> bytes:
    if not line:
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Some writers count the last group wrong: take as many characters as the length says.
        wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:wanted])
        except binascii.Error:
            return b""
