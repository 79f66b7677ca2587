"""Suggests people as an address is typed: by how often and how recently this account wrote to them.

Answers from memory, so any thread but the GUI's may ask (the first question reads the store).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.conversations.people_index import PeopleIndex, begins, score_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.address import Address
    from app.domain.conversation import Person
    from app.ports import AccountStore, Clock, PeopleStore

# People learnt since the big index was made stand in a small one beside it.
_MOST_FRESH = 500


class People:
    """Whom one may want to write to."""

    def __init__(self, *, store: PeopleStore, accounts: AccountStore, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._lock = threading.Lock()
        self._indexes: dict[str, PeopleIndex] = {}
        self._fresh: dict[str, dict[str, Person]] = {}
        self._forgotten: set[str] = set()

    def suggest(self, account_uid: str, text: str, limit: int = 8) -> list[Address]:
        """Give those who fit what was typed: this account's people first, then other accounts'.

        Raises:
            StoreError: they could not be read.
        """
        if not text.strip():
            return []
        found: dict[str, Address] = {}
        others = [one.uid for one in self._accounts.list_accounts() if one.uid != account_uid]
        for uid in (account_uid, *others):
            for person in self._find(uid, text, limit):
                found.setdefault(person.address.key, person.address)
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def warm_up(self, account_uid: str) -> None:
        """Read an account's people, so that the first letter typed is answered at once."""
        self._index(account_uid)

    def learn(self, people: Iterable[Person]) -> None:
        """Take in people as the store has just counted them."""
        with self._lock:
            for one in people:
                key = one.address.key
                self._forgotten.discard(key)
                self._fresh.setdefault(one.account_uid, {})[key] = one
            for uid, fresh in self._fresh.items():
                if len(fresh) > _MOST_FRESH:
                    self._indexes.pop(uid, None)
            for uid in [uid for uid in self._fresh if uid not in self._indexes]:
                del self._fresh[uid]

    def forget(self, address: Address) -> None:
        """Suggest an address no more, until it is written to again.

        Raises:
            StoreError: it could not be written down.
        """
        self._store.forget_person(address.key, self._clock.now())
        with self._lock:
            self._forgotten.add(address.key)
            for fresh in self._fresh.values():
                fresh.pop(address.key, None)

    def forget_account(self, account_uid: str) -> None:
        """Drop what is in memory of an account."""
        with self._lock:
            self._indexes.pop(account_uid, None)
            self._fresh.pop(account_uid, None)

    def _find(self, account_uid: str, text: str, limit: int) -> list[Person]:
        index, now = self._index(account_uid), self._clock.now()
        with self._lock:
            fresh = dict(self._fresh.get(account_uid, {}))
            forgotten = set(self._forgotten)
        found = index.find(text, limit + len(forgotten) + len(fresh))
        if fresh:
            found = [one for one in found if one.address.key not in fresh]
            found += PeopleIndex(list(fresh.values()), now).find(text, limit)
            found.sort(key=lambda one: (not begins(one, text), -score_of(one, now)))
        return [one for one in found if one.address.key not in forgotten][:limit]

    def _index(self, account_uid: str) -> PeopleIndex:
        with self._lock:
            known = self._indexes.get(account_uid)
        if known is not None:
            return known
        made = PeopleIndex(self._store.list_people(account_uid), self._clock.now())
        with self._lock:
            return self._indexes.setdefault(account_uid, made)
