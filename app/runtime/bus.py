"""Events go to whoever listens, on the thread that publishes. No Qt here.

Events carry ids only. A listener that fails is logged and does not stop the others: what was
stored stays true whatever a listener does.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.events import Event

log = logging.getLogger("runtime")
E_ = TypeVar("E_")


class Bus:
    """A list of listeners by event type."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[type, list[Callable[[object], None]]] = {}

    def subscribe(self, kind: type[E_], listener: Callable[[E_], None]) -> Callable[[], None]:
        """Call `listener` for each event of this type; calling the result stops that."""
        with self._lock:
            self._listeners.setdefault(kind, []).append(listener)  # type: ignore[arg-type]

        def unsubscribe() -> None:
            with self._lock:
                listeners = self._listeners.get(kind, [])
                if listener in listeners:
                    listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell everybody who listens for this type."""
        with self._lock:
            listeners = tuple(self._listeners.get(type(event), ()))
        for listener in listeners:
            try:
                listener(event)
            except RuntimeError:
                # A Qt object that went away while its window closed raises RuntimeError.
                log.exception("a listener of %s failed", type(event).__name__)
