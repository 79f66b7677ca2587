"""Bounds what a connection may cost before it has asked for anything. Runs on the loop.

uvicorn waits without an end for the head of a request, the first as well as one after a pause: a
client that sends a byte a minute, a thousand times over, would hold every file handle there is.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_TIMEOUT_S = 15.0
MAX_HEAD_BYTES = 65_536
MAX_CONNECTIONS = 2000


class Connections:
    """Counts the open connections of a server, and knows those that have not asked yet."""

    def __init__(self) -> None:
        self._most = min(MAX_CONNECTIONS, handles(2 * MAX_CONNECTIONS) // 2)
        self._open = 0
        self.waiting: dict[Bounds, None] = {}

    def take(self) -> bool:
        """Count one more; False if there are too many.

        Who has waited longest with half a head makes room: whoever only holds doors open must not
        keep out those who ask.
        """
        if self._open >= self._most:
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                return False
            oldest.cut()
        self._open += 1
        return True

    def give_back(self) -> None:
        """Uncount one."""
        self._open -= 1


def handles(wanted: int) -> int:
    """Give how many files this process may have open, raised to `wanted` as far as the system lets.

    A desktop session often starts with 1,024 (macOS: 256), of which half is left to the store.
    """
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        return soft
    return most


class Bounds:
    """What uvicorn's protocol has to be told besides: one connection of it."""

    door: Connections  # uvicorn has `connections` of its own
    malformed: Callable[[], bytes]
    loop: asyncio.AbstractEventLoop
    transport: Any
    cycle: Any
    access_log: bool
    _end: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_counted = False

    def connection_made(self, transport: Any) -> None:
        """Count it; one too many is cut off."""
        super().connection_made(transport)  # type: ignore[misc]
        # No line of log for every request, whatever the logging set-up is.
        self.access_log = False
        self._is_counted = self.door.take()
        if self._is_counted:
            self._begin_waiting()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what came; part of a head is not waited for without an end."""
        super().data_received(data)  # type: ignore[misc]
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_waiting()
            return
        self._begin_waiting()
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        """Uncount it."""
        self._end_waiting()
        if self._is_counted:
            self._is_counted = False
            self.door.give_back()
        super().connection_lost(error)  # type: ignore[misc]

    def cut(self) -> None:
        """Wait for it no longer."""
        self._end_waiting()
        if not self.transport.is_closing():
            self.transport.abort()

    def send_400_response(self, _: str) -> None:
        """Answer what is not HTTP in our own form."""
        self.transport.write(self.malformed())
        self.transport.close()

    def _begin_waiting(self) -> None:
        if self._end is None:
            self._end = self.loop.call_later(HEAD_TIMEOUT_S, self.cut)
            self.door.waiting[self] = None

    def _end_waiting(self) -> None:
        self._head_bytes = 0
        self.door.waiting.pop(self, None)
        if self._end is not None:
            self._end.cancel()
            self._end = None


def bounded(
    protocol: type[Any], connections: Connections, malformed: Callable[[], bytes]
) -> type[Any]:
    """Give uvicorn's protocol with bounds.

    Args:
        protocol: either of uvicorn's.
        connections: counts them.
        malformed: gives the whole answer to what is not HTTP.
    """
    members = {"door": connections, "malformed": staticmethod(malformed)}
    return type("Bounded", (Bounds, protocol), members)
