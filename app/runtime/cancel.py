"""A token that asks work to stop, and the only way to wait. No Qt here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.domain.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable


class CancelToken:
    """Ask long work to stop; waiting on it replaces sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        """Say whether stopping was asked for."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask to stop; callable from any thread, more than once."""
        with self._lock:
            already = self._event.is_set()
            self._event.set()
            callbacks = [] if already else self._callbacks
            self._callbacks = []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise if stopping was asked for.

        Raises:
            Cancelled: it was.
        """
        if self._event.is_set():
            raise Cancelled

    def wait(self, timeout_s: float) -> bool:
        """Wait up to `timeout_s` seconds; True as soon as stopping is asked for."""
        return self._event.wait(max(0.0, timeout_s))

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` once when stopping is asked for (at once if it was)."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()
