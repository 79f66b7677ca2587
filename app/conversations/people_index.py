"""Finds people by what was typed, in memory: one text, best first, searched as a whole. Pure.

100,000 people are one text of four megabytes; looking for a piece in it takes the interpreter a
millisecond or two, and the first matches are the best because they stand first. Bytes, because one
name in another script would make every character of a str two or four bytes wide.
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
# Of several words that are all common, nobody looks at more lines than these.
_MOST_LINES = 4_000
_SAMPLE_BYTES = 200_000
_BREAKS = str.maketrans(dict.fromkeys("@.,;:-_+\"'()<>\t\r\n", " "))


def score_of(person: Person, now: datetime) -> float:
    """Weigh how often and how recently; a mail of two months ago counts half."""
    days = max(0.0, (now - person.last_at).total_seconds() / 86_400)
    often = person.written * _WRITTEN_WEIGHT + person.received
    return float(often * 0.5 ** (days / _HALF_LIFE_DAYS))


def words_of(text: str) -> list[str]:
    """Give what was typed as words; the signs inside addresses part them too."""
    return fold(text).translate(_BREAKS).split()


def begins(person: Person, text: str) -> bool:
    """Say whether every word typed begins a word of the person's name or address."""
    line = _line(person)
    return all(f" {word}".encode() in line for word in words_of(text))


class PeopleIndex:
    """People of one account, best first. Never changes once it is made."""

    def __init__(self, people: Sequence[Person], now: datetime) -> None:
        self._people = sorted(people, key=lambda one: score_of(one, now), reverse=True)
        lines = [_line(one) for one in self._people]
        self._text = b"\n".join([*lines, b""])
        self._starts = _starts(lines)

    def __len__(self) -> int:
        return len(self._people)

    def find(self, text: str, limit: int) -> list[Person]:
        """Give people whose words begin as typed, then those who hold it anywhere; best first."""
        words = [word.encode() for word in words_of(text)]
        firsts = [self._text.find(word) for word in words]
        if not words or min(firsts) < 0:
            return []
        # Before this line at least one of the words is missing.
        first = bisect_right(self._starts, max(firsts)) - 1
        found: dict[int, None] = {}
        for wanted in ([b" " + word for word in words], words):
            for number in self._matches(wanted, self._starts[first]):
                found[number] = None
                if len(found) >= limit:
                    return [self._people[one] for one in found]
        return [self._people[one] for one in found]

    def _matches(self, wanted: Sequence[bytes], start: int) -> Iterator[int]:
        """Give the numbers of the lines that hold every piece, from a place on."""
        lead = min(wanted, key=lambda one: self._text.count(one, 0, _SAMPLE_BYTES))
        others = [one for one in wanted if one is not lead]
        at, looked = self._text.find(lead, start), 0
        while at >= 0 and looked < _MOST_LINES:
            number = bisect_right(self._starts, at) - 1
            line, end = self._starts[number], self._starts[number + 1]
            if all(self._text.find(one, line, end) >= 0 for one in others):
                yield number
            at, looked = self._text.find(lead, end), looked + 1


def _line(person: Person) -> bytes:
    """Give a person's words, each after a space."""
    return f" {' '.join(words_of(f'{person.address.name} {person.address.addr_spec}'))}".encode()


def _starts(lines: Sequence[bytes]) -> list[int]:
    """Give where each line begins, and where the text ends."""
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return [*starts, at]
