"""What the values of options must look like; anything else is wrong usage, in one sentence. Pure."""

from __future__ import annotations

import argparse
import math
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.domain.account import ProviderKind

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS = 1_000_000
LONGEST_S = 7 * 86_400
MOST_DAYS = 36_500
MAX_LABEL = 100
MAX_KEY = 255
_HALVES = re.compile("[\ud800-\udfff]")


def context(text: str) -> str:
    """Read TYPE:ID."""
    kind, colon, uid = text.partition(":")
    if not (kind.strip() and colon and uid.strip()) or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not TYPE:ID")
    return text


def inline(text: str) -> str:
    """Read CID=FILE."""
    content_id, equals, name = text.partition("=")
    if not (content_id.strip() and equals and name) or not content_id.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not CID=FILE")
    return text


def separator(text: str) -> str:
    """Read a separator: one character, or the word tab."""
    mark = "\t" if text.casefold() in {"tab", "\\t"} else text
    if len(mark) != 1 or mark in '"\r\n':
        raise argparse.ArgumentTypeError(f"{text!r} is not one character")
    return mark


def count(text: str) -> int:
    """Read how many rows at most."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_ROWS}")
    return int(text)


def seconds(text: str) -> float:
    """Read how long to wait."""
    found = _number(text)
    if not 0 <= found <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, such as 30")
    return found


def days(text: str) -> float:
    """Read after how many days something ends."""
    found = _number(text)
    if not 0 < found <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days above 0")
    return found


def port(text: str) -> int:
    """Read a port; 0 takes a free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def provider(text: str) -> str:
    """Read a provider by any of its names."""
    try:
        ProviderKind.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"no provider {text!r}; say gmail or outlook") from None
    return text


def label(text: str) -> str:
    """Read a name people will see in a list."""
    if not text.strip() or not text.isprintable() or len(text) > MAX_LABEL:
        message = f"a name has 1 to {MAX_LABEL} letters on one line"
        raise argparse.ArgumentTypeError(message)
    return text.strip()


def idempotency_key(text: str) -> str:
    """Read a key, as the local API takes it."""
    if not (text.strip() and text.isascii() and text.isprintable()) or len(text) > MAX_KEY:
        message = f"a key has 1 to {MAX_KEY} printable ASCII characters"
        raise argparse.ArgumentTypeError(message)
    return text


def web_address(text: str) -> str:
    """Read where a sandbox answers."""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_good = False
    if not is_good:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an address such as http://127.0.0.1:8000"
        )
    return text


def unreadable(argv: Sequence[str]) -> str | None:
    """Give the first argument that is no text in this system's encoding and names no file."""
    from pathlib import Path  # for the rare case only

    for one in argv:
        if _HALVES.search(one) and not Path(one.rpartition("=")[2]).exists():
            return one
    return None


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found
