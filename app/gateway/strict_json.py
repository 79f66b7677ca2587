"""JSON as RFC 8259 says and no more: UTF-8, no duplicate names, bounded depth. Pure.

The library's parser takes NaN, keeps the last of two equal names and recurses without a bound of
ours; each of these is a way to make two readers of one request see different things.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from app.gateway.refusals import Refusal

MAX_DEPTH = 32
# Possessive, and an end of the body ends a string too: nothing is ever looked at twice, however it is
# broken. Plain characters go in one step, for a file in base64 is one string of megabytes.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PARTS = re.compile(r"[\ud800-\udfff]")


class NotJson(Refusal):
    """A body that is not the JSON we take."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


def parse(data: bytes) -> Any:
    """Read a whole body.

    Raises:
        NotJson: it is no JSON, or none we take; the sentence says why.
    """
    if not data.strip(b" \t\r\n"):
        raise NotJson("The body is empty. Send a JSON object.")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotJson("The body begins with a byte order mark. Send plain UTF-8.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8.") from None
    if depth_of(data) > MAX_DEPTH:
        raise NotJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
    try:
        value = _DECODER.decode(text)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(
            f"The body is not JSON (line {error.lineno}, column {error.colno})."
        ) from None
    except (ValueError, RecursionError):
        raise NotJson("The body holds a number that is too long.") from None
    if _SURROGATE.search(data) and _holds_half(value):
        raise NotJson("The body holds half a character (an unpaired surrogate).")
    return value


def depth_of(data: bytes) -> int:
    """Give how deep brackets are nested, without recursion."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(_STRINGS.sub(b"", data)):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotJson(f"The name {name[:100]!r} occurs twice in one object.")
            seen.add(name)
    return made


def _refuse_constant(word: str) -> NoReturn:
    raise NotJson(f"{word} is not a JSON value.")


def _holds_half(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _PARTS.search(one):
                return True
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
