"""How text is made comparable for searching: case, accents and widths folded, cut into words. Pure.

The same cuts are made when text is stored and when it is asked for, so the index itself only has to
compare bytes. Scripts that write without spaces are cut into pairs of characters: any part of a
sentence is then found by its pairs.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Han, kana, Hangul, Thai, Lao, Burmese, Khmer.
_DENSE = (
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"([{_DENSE}]+)|[^\W_{_DENSE}]+")
# A dakuten tells ga from ka: those are other letters, not other accents.
_KEPT_MARKS = frozenset("\u3099\u309a")
MOST_WORDS = 12


def fold(text: str) -> str:
    """Give the text without case, accents and differences of width."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if char in _KEPT_MARKS or not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare)


def index_words(texts: Iterable[str]) -> str:
    """Give every word of the texts once, for the index: pairs and the last sign of dense runs."""
    found: dict[str, None] = {}
    for text in texts:
        for word, is_dense in _pieces(text):
            if is_dense:
                found.update(dict.fromkeys(_pairs(word)))
                # Alone, so that one sign typed is found wherever it stands.
                found[word[-1]] = None
            else:
                found[word] = None
    return " ".join(found)


def query_words(text: str) -> tuple[str, ...]:
    """Give the beginnings of words that must all be found; empty if there is no letter or digit."""
    found: dict[str, None] = {}
    for word, is_dense in _pieces(text):
        found.update(dict.fromkeys(_pairs(word) if is_dense and len(word) > 1 else (word,)))
    return tuple(found)[:MOST_WORDS]


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    for piece in _PIECE.finditer(fold(text)):
        yield piece[0], piece[1] is not None


def _pairs(word: str) -> Iterator[str]:
    return (word[at : at + 2] for at in range(len(word) - 1))
