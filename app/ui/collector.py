"""Collects cycles on the GUI thread only.

A collection that Python starts on a worker thread would destroy QObjects there, and that crashes.
So the automatic collection is off while the windows are open, and a timer here does it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

PAUSE_MS = 1_000


class Collector(QObject):
    """Takes the garbage collection over for the rest of the process.

    It is not given back: workers may still run while the windows are taken down.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._collect)
        self._is_frozen = False

    def start(self) -> None:
        """Take over."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Collect no more."""
        self._timer.stop()

    def _collect(self) -> None:
        """Collect what Python itself would have collected by now."""
        if not self._is_frozen:
            # Modules and classes stay for ever: without them a collection of everything takes
            # some ten milliseconds less, and somebody may be typing.
            gc.freeze()
            self._is_frozen = True
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if thresholds[generation] and counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return


def collect_everything() -> None:
    """Collect what is left of the windows, on the GUI thread, at the end."""
    gc.unfreeze()
    gc.collect()
