"""RFC 2047 encoded words in, text out: a decoder that survives what mail really contains.

Pure and linear in the length of its input. It never raises on text, and never lets a decoded line
break or NUL through: what is decoded may be shown or put into a header again.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = re.compile(r"=\?([^?\s]{1,80})\?([BbQq])\?")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_Q_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_OCTET = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # not from `surrogateescape`

# Names that senders use for a smaller character set than the one they write; the supersets are
# those of the WHATWG Encoding Standard, which is what browsers and mail readers agree on.
_SUPERSETS = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "x-mac-roman": "mac_roman",
    "unicode-1-1-utf-7": "utf-7",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp-850": "cp850",
    "x-windows-949": "cp949",
}
# Codecs of Python that are no character sets; a header must not reach them.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


def decode_words(text: str) -> str:
    """Return `text` unfolded, with its encoded words decoded (RFC 2047 §6, read tolerantly)."""
    text = unfold(text)
    if "=?" not in text:
        return text
    out: list[str] = []
    charset, data = "", b""
    for plain, word in _split(text):
        if word is None:
            out.append(_finish(charset, data))
            charset, data = "", b""
            out.append(plain)
            continue
        word_charset, word_data = word
        # White space between two encoded words is not part of the text (RFC 2047 §6.2). Words of
        # one charset are joined before decoding: many senders split inside a character.
        if data and (word_charset != charset or plain.strip()):
            out.append(_finish(charset, data))
            data = b""
        if plain.strip() or (plain and not charset):
            out.append(plain)
        charset, data = word_charset, data + word_data
    out.append(_finish(charset, data))
    return "".join(out)


def unfold(text: str) -> str:
    """Return a field body as one line: folding undone, other line breaks turned into spaces."""
    return _BREAKS.sub(" ", _FOLD.sub("", whole_characters(text))).replace("\0", "")


def whole_characters(text: str) -> str:
    """Return text without surrogates: octets of `surrogateescape` decoded, others U+FFFD."""
    if not _SURROGATE.search(text):
        return text
    return decode_raw(_NO_OCTET.sub("\ufffd", text).encode("utf-8", "surrogateescape"))


def decode_raw(data: bytes) -> str:
    """Return 8-bit octets of a header as text: UTF-8 (RFC 6532), damaged or not, else Windows-1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    # Whole multi-octet sequences hardly ever arise by chance: where they are the rule, the few
    # octets that fit in none are damage, not another charset.
    whole = sum(char > "\x7f" and char != "\ufffd" for char in text)
    return text if whole >= text.count("\ufffd") * 4 else decode_bytes(data, "cp1252")


def decode_bytes(data: bytes, charset: str) -> str:
    """Return `data` as text in `charset`; an unknown charset is guessed, a bad octet is U+FFFD."""
    name = charset.lower()
    codec = _SUPERSETS.get(name, name)
    if codec.replace("-", "_") in _NO_CHARSETS:
        return _guess(data)
    try:
        if codec == "cp1252":
            return _cp1252(data)
        return data.decode(codec, "replace")
    except (LookupError, UnicodeError, ValueError):
        return _guess(data)


def _guess(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _cp1252(data)


def _cp1252(data: bytes) -> str:
    # Five octets have no meaning in Windows-1252; the WHATWG table gives them their own number.
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(_cp1252_char(octet) for octet in data)


def _cp1252_char(octet: int) -> str:
    return bytes((octet,)).decode("cp1252", "ignore") or chr(octet)


def _split(text: str) -> Iterator[tuple[str, tuple[str, bytes] | None]]:
    """Yield (text before, word or None); `end` only moves forward, so the scan is linear."""
    done = start = 0
    end = -1
    while (match := _HEAD.search(text, start)) is not None:
        if end < match.end():
            end = text.find("?=", match.end())
            if end < 0:
                break
        # A word that holds the start of another one was never finished: it is plain text.
        if text.find("=?", match.end(), end) >= 0:
            start = match.start() + 2
            continue
        charset = match[1].partition("*")[0].lower()
        payload = text[match.end() : end]
        data = _b(payload) if match[2] in "Bb" else _q(payload, charset)
        yield text[done : match.start()], (charset, data)
        done = start = end + 2
    yield text[done:], None


def _b(payload: str) -> bytes:
    letters = _NOT_BASE64.sub("", payload)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))


def _q(payload: str, charset: str) -> bytes:
    text = payload.replace("_", " ")
    try:
        raw = text.encode("ascii" if text.isascii() else charset)
    except (LookupError, UnicodeError, ValueError):
        raw = text.encode("utf-8", "replace")
    return _Q_BYTE.sub(_octet, raw)


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))


def _finish(charset: str, data: bytes) -> str:
    if not data:
        return ""
    return _BREAKS.sub(" ", decode_bytes(data, charset)).replace("\0", "")
