"""Message ids (RFC 5322 §3.6.4): written exactly, never encoded, never broken.

Pure. Threads hang on these octets: Outlook's ids of 100 and more characters stay whole on a line
of their own, and what is not safe to write is refused instead of repaired.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.address import domain_to_ascii
from app.domain.encoded_word import unfold
from app.mime.header_text import LINE_HARD, UnsafeHeader, checked_name, checked_text, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

# Wider than the grammar, since ids must go back as they came; no spaces, brackets or 8-bit.
_MSGID = re.compile(r"<[!-;=?-~]+>")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~]+(?:\.[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~]+)*")


def is_msgid(text: str) -> bool:
    """Say whether `text` is an id in its brackets that can be written into a header."""
    return bool(_MSGID.fullmatch(text)) and len(text) < LINE_HARD


def encode_msgids(name: str, ids: Iterable[str]) -> bytes:
    """Return Message-ID, In-Reply-To or References; an id twice is written once.

    Args:
        name: the field.
        ids: with or without their brackets, in order.

    Raises:
        UnsafeHeader: something is not an id (`is_msgid` tells beforehand).
    """
    checked_name(name)
    chunks = list(dict.fromkeys(_bracketed(name, one) for one in ids))
    return fold(name, chunks) if chunks else b""


def _bracketed(name: str, one: str) -> str:
    checked_text(name, one)
    text = one if one[:1] == "<" else f"<{one}>"
    if not is_msgid(text):
        raise UnsafeHeader(name, "message_id")
    return text


def parse_msgids(text: str) -> tuple[str, ...]:
    """Return the ids of a field in their brackets, as they were written, without repeats.

    Without any brackets, words with an @ are taken for ids, and a lone word for one.
    """
    line = unfold(text)
    found = [f"<{inner.strip()}>" for inner in _IN_BRACKETS.findall(line) if inner.strip()]
    if not found and "<" not in line:
        words = line.replace(",", " ").split()
        found = [f"<{word}>" for word in words if "@" in word or len(words) == 1]
    return tuple(dict.fromkeys(found))


def make_message_id(domain: str, token: str) -> str:
    """Return `<token@domain>` with the domain in A-labels.

    Raises:
        UnsafeHeader: the token or the domain does not fit into an id.
    """
    try:
        right = domain_to_ascii(domain).lower()
    except ValueError as error:
        raise UnsafeHeader("Message-ID", "domain") from error
    if not _TOKEN.fullmatch(token) or not _TOKEN.fullmatch(right):
        raise UnsafeHeader("Message-ID", "message_id")
    return f"<{token}@{right}>"
