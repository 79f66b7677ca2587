"""Remembers, in this process only, what a courier left to be done: write again, read back later.

Nothing is lost with it: a row that says SENDING is taken up at the next start, and so is a sent copy
that was never read. Pure but for the injected clock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.ports import Clock

# Exchange shows a sent message in Sent Items within seconds, as a rule.
READ_AGAIN_S = (0.5, 2.0, 8.0, 30.0, 120.0)
STORE_PAUSE_S = 2.0
LONG_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Unread:
    account_uid: str
    due_s: float
    tries: int


class Aftercare:
    """What is left over, by record. Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._unread: dict[str, _Unread] = {}
        self._unrecorded: set[str] = set()
        self._resting: dict[str, float] = {}

    def is_done(self, account_uid: str, uid: str, *, is_read: bool | None) -> None:
        """Note that a courier is through with a record; None if it left its sent copy to be read."""
        if is_read is None:
            self.is_unread(account_uid, uid)
            return
        with self._lock:
            known = self._unread.pop(uid, None)
            tries = known.tries if known else 0
            if is_read or tries >= len(READ_AGAIN_S):
                return
            due_s = self._clock.monotonic() + READ_AGAIN_S[tries]
            self._unread[uid] = _Unread(account_uid, due_s, tries + 1)

    def is_unread(self, account_uid: str, uid: str) -> None:
        """Note that nobody has tried to read a sent copy; due as soon as no mail is."""
        with self._lock:
            self._unread.setdefault(uid, _Unread(account_uid, self._clock.monotonic(), 0))

    def is_unrecorded(self, account_uid: str, uid: str) -> None:
        """Note that a courier could not write; its account rests a moment, the row is looked at."""
        with self._lock:
            self._unrecorded.add(uid)
        self.rest(account_uid, STORE_PAUSE_S)

    def rest(self, account_uid: str, pause_s: float) -> None:
        """Let nothing new of an account be begun for so long."""
        with self._lock:
            self._resting[account_uid] = self._clock.monotonic() + pause_s

    def is_recorded(self, uid: str) -> None:
        """Note that a row says again where its record stands."""
        with self._lock:
            self._unrecorded.discard(uid)

    def unrecorded(self) -> list[str]:
        """Give the records whose rows may be behind."""
        with self._lock:
            return sorted(self._unrecorded)

    def resting(self) -> set[str]:
        """Give the accounts that pause: the store failed, or the next would make a burst."""
        now_s = self._clock.monotonic()
        with self._lock:
            self._resting = {uid: end for uid, end in self._resting.items() if end > now_s}
            return set(self._resting)

    def to_read(self) -> list[tuple[str, str]]:
        """Give each account's first sent copy that is due to be looked for."""
        now_s = self._clock.monotonic()
        first: dict[str, str] = {}
        with self._lock:
            for uid, one in self._unread.items():
                if one.due_s <= now_s:
                    first.setdefault(one.account_uid, uid)
        return list(first.items())

    def will_read_soon(self, uid: str) -> bool:
        """Say whether a sent copy is about to be looked for the first or the second time."""
        with self._lock:
            known = self._unread.get(uid)
            return known is not None and known.tries <= 1

    def wait_s(self, busy: Collection[str]) -> float:
        """Give the seconds until something of this is due; busy accounts wake us themselves."""
        now_s = self._clock.monotonic()
        with self._lock:
            ends = [one.due_s for one in self._unread.values() if one.account_uid not in busy]
            ends += [end for uid, end in self._resting.items() if uid not in busy]
        return max(0.02, min(ends) - now_s) if ends else LONG_S
