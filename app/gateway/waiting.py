"""Waits for a record to rest without holding a thread: the bus wakes coroutines. Runs on the loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from app.domain.events import OutboundChanged, StoreChanged
from app.domain.outbound import OutboundState, Reason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.domain.outbound import OutboundEmail
    from app.runtime.bus import Bus

_MOVING = frozenset({OutboundState.QUEUED, OutboundState.SENDING})


class Watch:
    """Tells coroutines when their records changed."""

    def __init__(self, *, bus: Bus, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self._forget = [
            bus.subscribe(OutboundChanged, lambda event: self._wake(event.uid)),
            bus.subscribe(StoreChanged, lambda _: self._wake_all()),
        ]

    def close(self) -> None:
        """Listen no longer; whoever waits goes on."""
        for forget in self._forget:
            forget()
        self._wake_all()

    async def until_at_rest(
        self,
        record: OutboundEmail,
        wait_s: float,
        look: Callable[[str], Awaitable[OutboundEmail]],
    ) -> OutboundEmail:
        """Wait up to `wait_s` seconds until the record no longer moves by itself; give it then."""
        changed = asyncio.Event()
        with self._lock:
            self._waiting.setdefault(record.uid, []).append(changed)
        end = self._loop.time() + wait_s
        try:
            # What changed before we listened was not told.
            record = await look(record.uid)
            while is_moving(record):
                left_s = end - self._loop.time()
                if left_s <= 0:
                    break
                try:
                    await asyncio.wait_for(changed.wait(), left_s)
                except TimeoutError:
                    break
                changed.clear()
                record = await look(record.uid)
        finally:
            self._leave(record.uid, changed)
        return record

    def _leave(self, uid: str, changed: asyncio.Event) -> None:
        with self._lock:
            events = self._waiting[uid]
            events.remove(changed)
            if not events:
                del self._waiting[uid]

    def _wake(self, uid: str) -> None:
        with self._lock:
            events = tuple(self._waiting.get(uid, ()))
        self._set(events)

    def _wake_all(self) -> None:
        with self._lock:
            events = tuple(one for many in self._waiting.values() for one in many)
        self._set(events)

    def _set(self, events: tuple[asyncio.Event, ...]) -> None:
        if events and not self._loop.is_closed():
            for event in events:
                self._loop.call_soon_threadsafe(event.set)


def is_moving(record: OutboundEmail) -> bool:
    """Say whether a record may come to rest by itself soon."""
    if record.state is OutboundState.UNCERTAIN:
        return record.reason is Reason.SETTLING
    return record.state in _MOVING
