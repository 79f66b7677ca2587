"""Which stretches of HTML are not text: tags, comments, styles and scripts. Pure.

It errs to the strict side: what a browser may take for a tag or not is taken for one, and an
unfinished one reaches to the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Braces behind the < would let a value make the name of a tag.
_OPENING = re.compile(r"<(?:!--|[A-Za-z/!?%]|\\?\{\{)")
_IN_TAG = re.compile(r"[\"'>]")
_RAW = re.compile(r"<(style|script|title|textarea|xmp|iframe|noembed|noframes)\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[\s\"'/]([A-Za-z][\w:-]*)\s*=\s*(?:\"([^\"]*)|'([^']*))\Z")
# An attribute that begins farther back than this is nobody's link.
_FAR = 4000


@dataclass(frozen=True, slots=True)
class Zone:
    """From `start` up to `end` there is no text: one tag, or something nobody reads."""

    start: int
    end: int
    is_tag: bool


def zones(html: str) -> Iterator[Zone]:
    """Give every zone, in order; one look at each character."""
    position = 0
    while opening := _OPENING.search(html, position):
        start = opening.start()
        if opening[0] == "<!--":
            position = _after(html, "-->", start + 2)
            yield Zone(start, position, is_tag=False)
            continue
        position = _tag_end(html, start)
        yield Zone(start, position, is_tag=True)
        raw = _RAW.match(html, start)
        if raw:
            end = re.compile(rf"</{raw[1]}", re.IGNORECASE).search(html, position)
            stop = end.start() if end else len(html)
            yield Zone(position, stop, is_tag=False)
            position = stop


def attribute_before(html: str, start: int, at: int) -> tuple[str, str]:
    """Give the name of the quoted attribute that is open at `at`, and what it holds up to there.

    Both are empty if none is open in the tag that begins at `start`.
    """
    found = _ATTRIBUTE.search(html, max(start, at - _FAR), at)
    if found is None:
        return "", ""
    return found[1].lower(), found[2] if found[2] is not None else found[3]


def _after(html: str, words: str, start: int) -> int:
    end = html.find(words, start)
    return len(html) if end < 0 else end + len(words)


def _tag_end(html: str, start: int) -> int:
    position = start + 1
    while found := _IN_TAG.search(html, position):
        if found[0] == ">":
            return found.end()
        position = _after(html, found[0], found.end())
    return len(html)
