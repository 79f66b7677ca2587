"""An object that is made on first use, on the thread that uses it. No Qt here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Later:
    """Stands for an object that is made on first use, on the worker that uses it."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[object] = []

    def __getattr__(self, name: str) -> Any:
        """Make the object if need be and give its attribute."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
        return getattr(self._made[0], name)

    def close_if_made(self) -> None:
        """Close the object unless nobody ever needed it."""
        with self._lock:
            made = tuple(self._made)
        # Not under the lock: what is being closed may wait for a thread that still uses the object.
        for one in made:
            close = getattr(one, "close", None)
            if close is not None:
                close()
