"""Who takes part in a conversation. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.address import Address

_MOST = 50


def participants(people: Iterable[Address], own_address: str) -> tuple[Address, ...]:
    """Give everybody once, in order, without oneself unless one is alone."""
    own = own_address.casefold()
    everybody: dict[str, Address] = {}
    for person in people:
        known = everybody.get(person.key)
        if known is None or (person.name and not known.name):
            everybody[person.key] = person
    others = [one for one in everybody.values() if one.addr_spec.casefold() != own]
    return tuple((others or list(everybody.values()))[:_MOST])
