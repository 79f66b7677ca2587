"""Finds people by what was typed, in memory: one text, best first, searched as a whole. Pure.

100,000 people are one text of some megabytes; looking for a piece of text in it takes the
interpreter a fraction of a millisecond, and the first matches are the best because they stand first.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from app.domain.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from app.domain.conversation import Person

# A mail that was written counts as much as so many received.
_WRITTEN_WEIGHT = 4
_HALF_LIFE_DAYS = 60.0
# Of words that fill the text nobody looks at more lines than these.
_MOST_LINES = 2_000
_BREAKS = str.maketrans(dict.fromkeys("@.,-_+\"'()<>\n", " "))


def score_of(person: Person, now: datetime) -> float:
    """Weigh how often and how recently; a mail of two months ago counts half."""
    days = max(0.0, (now - person.last_at).total_seconds() / 86_400)
    often = person.written * _WRITTEN_WEIGHT + person.received
    return float(often * 0.5 ** (days / _HALF_LIFE_DAYS))


def searchable(person: Person) -> str:
    """Give one line: the name and address as written and as words, each word after a space."""
    plain = fold(f"{person.address.name} {person.address.addr_spec}").replace("\n", " ")
    return f" {plain} {plain.translate(_BREAKS)}"


def begins(person: Person, text: str) -> bool:
    """Say whether every word typed begins a word of the person's name or address."""
    line = searchable(person)
    return all(f" {word}" in line for word in fold(text).split())


class PeopleIndex:
    """People of one account, best first. Never changes once it is made."""

    def __init__(self, people: Sequence[Person], now: datetime) -> None:
        self._people = sorted(people, key=lambda one: score_of(one, now), reverse=True)
        lines = [searchable(one) for one in self._people]
        self._text = "\n".join([*lines, ""])
        self._starts = _starts(lines)

    def __len__(self) -> int:
        return len(self._people)

    def find(self, text: str, limit: int) -> list[Person]:
        """Give people whose words begin as typed, then those who hold it anywhere; best first."""
        words = fold(text).split()
        if not words or any(word not in self._text for word in words):
            return []
        found: dict[int, None] = {}
        for beginnings in (True, False):
            for number in self._matches(words, beginnings=beginnings):
                found[number] = None
                if len(found) >= limit:
                    return [self._people[one] for one in found]
        return [self._people[one] for one in found]

    def _matches(self, words: Sequence[str], *, beginnings: bool) -> Iterator[int]:
        wanted = [f" {word}" for word in words] if beginnings else list(words)
        # The rarest word leads: the others are looked for only in its lines.
        lead = wanted[0] if len(wanted) == 1 else min(wanted, key=self._text.count)
        at, looked = self._text.find(lead), 0
        while at >= 0 and looked < _MOST_LINES:
            number = bisect_right(self._starts, at) - 1
            start, end = self._starts[number], self._starts[number + 1]
            if all(self._text.find(word, start, end) >= 0 for word in wanted):
                yield number
            at, looked = self._text.find(lead, end), looked + 1


def _starts(lines: Sequence[str]) -> list[int]:
    """Give where each line begins, and where the text ends."""
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return [*starts, at]
