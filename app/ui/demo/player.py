"""Plays a story in the running event loop: each step acts, then yields what to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.ports import Clock

    Condition = Callable[[], object]
    Story = Generator[tuple[str, Condition], None, None]

LOOK_MS = 20
PATIENCE_S = 60.0


class Player(QObject):
    """Runs a generator that yields (what, condition); goes on as soon as the condition holds.

    `finished(trouble)` is emitted at the end, with a sentence if a condition never came true.
    """

    finished = Signal(str)

    def __init__(self, story: Story, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._story = story
        self._clock = clock
        self._what = ""
        self._condition: Condition | None = None
        self._since = clock.monotonic()
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin."""
        self._timer.start()

    def _look(self) -> None:
        if self._condition is not None and not self._condition():
            if self._clock.monotonic() - self._since > PATIENCE_S:
                self._end(f"waited in vain for {self._what}")
            return
        try:
            self._what, self._condition = next(self._story)
            self._since = self._clock.monotonic()
        except StopIteration:
            self._end("")
        except (LookupError, RuntimeError, AttributeError, TypeError) as error:
            self._end(f"{self._what}: {type(error).__name__}: {error}")

    def _end(self, trouble: str) -> None:
        self._timer.stop()
        self.finished.emit(trouble)
