"""Header fields out and in: our own encoder, and decoders that survive real mail.

Pure. The standard library's folding is not used: it joins recipients of long lists with
non-ASCII names (CVE-2025-1795), loses spaces of subjects and encodes message ids. Each `encode_*`
returns the whole field, folded and ending in CRLF.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.address import domain_to_ascii, quote_local, quote_name
from app.domain.encoded_word import decode_raw, decode_words
from app.mime.dates import encode_date, parse_date
from app.mime.header_text import (
    LINE_SOFT,
    WORD_LIMIT,
    UnsafeHeader,
    checked_name,
    checked_text,
    encoded_words,
    fold,
    is_plain,
)
from app.mime.msgid import encode_msgids, is_msgid, make_message_id, parse_msgids
from app.mime.params import decode_params, encode_parameterised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.address import Address

__all__ = [
    "UnsafeHeader",
    "decode_header",
    "decode_params",
    "encode_addresses",
    "encode_date",
    "encode_msgids",
    "encode_parameterised",
    "encode_unstructured",
    "is_msgid",
    "make_message_id",
    "parse_date",
    "parse_msgids",
]

_DOMAIN = re.compile(r"[!-'*+\-./0-9=?A-Z^_`a-z{|}~]+|\[[!-Z^-~]+\]")
_EMPTY_MEMBER = re.compile(r",\s*,")
# Without quotes, spaces and stray dots can be mended; anything else may be a second address.
_LOCAL = re.compile(r"[^\"(),:;<>@\[\\\]]+")
# A fold at a run of spaces costs some readers all but one of them.
_SINGLE_SPACE = re.compile(r"(?<! ) (?! )")


def encode_unstructured(name: str, value: str) -> bytes:
    """Return a field of free text such as Subject; the decoded text is `value` exactly.

    Raises:
        UnsafeHeader: `value` holds a line break or NUL of any kind, or `name` is no field name.
    """
    checked_text(checked_name(name), value)
    if not value:
        return f"{name}:\r\n".encode("ascii")
    if is_plain(value) and value.strip() == value:
        chunks = _SINGLE_SPACE.split(value)
        widest = max(map(len, chunks))
        if len(name) + 2 + len(chunks[0]) <= LINE_SOFT and widest < LINE_SOFT:
            return fold(name, chunks)
    # Readers disagree on spaces between words and plain text, so all of it is encoded.
    return fold(name, encoded_words(value, _room(name)))


def _room(name: str) -> int:
    room = LINE_SOFT - len(name) - 2
    return room if room >= WORD_LIMIT // 2 else WORD_LIMIT


def encode_addresses(name: str, addresses: Sequence[Address], *, smtputf8: bool = False) -> bytes:
    """Return an address list field, or nothing for an empty list.

    Args:
        name: To, Cc, From and so on.
        addresses: in the order to be shown.
        smtputf8: whether the transport takes local parts beyond ASCII (RFC 6531).

    Raises:
        UnsafeHeader: an address or name that cannot be written safely; nothing is left out.
    """
    checked_name(name)
    if not addresses:
        return b""
    chunks: list[str] = []
    for index, address in enumerate(addresses):
        room = _room(name) if index == 0 else WORD_LIMIT
        parts = _mailbox(name, address, room, smtputf8=smtputf8)
        if index + 1 < len(addresses):
            parts[-1] += ","
        chunks += parts
    return fold(name, chunks)


def _mailbox(field: str, address: Address, room: int, *, smtputf8: bool) -> list[str]:
    spec = wire_addr_spec(field, address, smtputf8=smtputf8)
    if not address.name:
        return [spec]
    return [*_phrase(field, address.name, room), f"<{spec}>"]


def _phrase(field: str, name: str, room: int) -> list[str]:
    """Return a display name in pieces between which the line may be folded."""
    checked_text(field, name)
    # Two commas in a row look like an empty member to readers that do not mind quotes.
    if not is_plain(name) or name.strip() != name or _EMPTY_MEMBER.search(name):
        return encoded_words(name, room)
    phrase = quote_name(name)
    # A quoted string is never folded inside: readers differ on what is left of its spaces.
    pieces = [phrase] if phrase[0] == '"' else phrase.split(" ")
    if max(map(len, pieces)) > WORD_LIMIT:
        return encoded_words(name, room)
    return pieces


def wire_addr_spec(field: str, address: Address, *, smtputf8: bool = False) -> str:
    """Return the address as headers and envelopes carry it.

    The domain is in A-labels, the local part quoted if it needs to be.

    Raises:
        UnsafeHeader: see `encode_addresses`.
    """
    checked_text(field, address.addr_spec)
    local, domain = address.local, address.domain
    if "=?" in local:  # what looks like an encoded word would be decoded by someone
        raise UnsafeHeader(field, "address")
    is_quoted = len(local) > 1 and local[0] == local[-1] == '"'
    if not domain or not local.isprintable() or not (is_quoted or _LOCAL.fullmatch(local)):
        raise UnsafeHeader(field, "address")
    if not local.isascii() and not smtputf8:
        raise UnsafeHeader(field, "non_ascii_local_part")
    try:
        ascii_domain = domain_to_ascii(domain)
    except ValueError as error:
        raise UnsafeHeader(field, "domain") from error
    if not _DOMAIN.fullmatch(ascii_domain):
        raise UnsafeHeader(field, "domain")
    return f"{quote_local(local)}@{ascii_domain}"


def decode_header(text: str | bytes) -> str:
    """Return a field body as text for people: unfolded, encoded words decoded, never an error.

    Raw 8-bit octets, as bytes or as surrogates of `surrogateescape`, are read as UTF-8 or else
    as Windows-1252.
    """
    if isinstance(text, bytes):
        text = decode_raw(text)
    return decode_words(text.strip(" \t\r\n"))
