"""Recipients to look at again: a domain that is nearly one the person writes to. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.address import Address
from app.domain.address_check import lacks_dot, looks_alike, suggest_domain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.conversation import Conversation

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An address and the one that was probably meant."""

    address: Address
    meant: Address
    known_people: int

    @property
    def sentence(self) -> str:
        """Say why it is doubted."""
        text = f"{self.address.addr_spec} looks like {self.meant.domain}"
        if not self.known_people:
            return f"{text}."
        count = self.known_people
        word = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
        verb = "of your contacts is" if count == 1 else "of your contacts are"
        return f"{text}, where {word} {verb}."


class KnownDomains:
    """Domains of the people in recent conversations, with how many people each."""

    def __init__(self) -> None:
        self._people: dict[str, set[str]] = {}
        self._answers: dict[Address, Doubt | None] = {}

    def learn(self, conversations: Iterable[Conversation], own: Iterable[str] = ()) -> None:
        """Remember who takes part."""
        self._answers.clear()
        for conversation in conversations:
            for person in conversation.participants:
                if person.domain:
                    self._people.setdefault(person.domain.lower(), set()).add(person.key)
        for spec in own:
            address = Address(spec)
            self._people.setdefault(address.domain.lower(), set()).add(address.key)

    def doubt(self, address: Address) -> Doubt | None:
        """Say what was probably meant instead, if anything; asked again it remembers."""
        if address not in self._answers:
            self._answers[address] = self._find(address)
        return self._answers[address]

    def _find(self, address: Address) -> Doubt | None:
        counts = Counter({domain: len(people) for domain, people in self._people.items()})
        known = [domain for domain, _count in counts.most_common()]
        domain = address.domain
        if lacks_dot(address.addr_spec):
            meant = next((name for name in known if name.startswith(f"{domain.lower()}.")), None)
        else:
            meant = looks_alike(domain, known) or suggest_domain(domain, known)
        if not domain or meant is None:
            return None
        return Doubt(
            address=address,
            meant=Address(f"{address.local}@{meant}", address.name),
            known_people=counts.get(meant, 0),
        )
