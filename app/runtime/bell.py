"""Many reasons to do a thing, done now and then: the first at once, the rest together. No Qt here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Bell:
    """Calls `answer` on a thread of its own; those who ring never wait."""

    def __init__(self, answer: Callable[[], None], *, gap_s: float, name: str) -> None:
        """Args: gap_s: seconds from one answer to the next at least."""
        self._answer = answer
        self._gap_s = gap_s
        self._rung = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def ring(self) -> None:
        """Have it answered soon; callable from any thread."""
        self._rung.set()

    def close(self) -> None:
        """Answer no more."""
        self._closed.set()
        self._rung.set()

    def _run(self) -> None:
        while True:
            self._rung.wait()
            self._rung.clear()
            if self._closed.is_set():
                return
            self._answer()
            self._closed.wait(self._gap_s)
