"""Notices when a window is on the screen for the first time. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# A window that is never exposed (minimised at start) must not hold everything else up.
LATEST_MS = 3_000


class FirstPaint(QObject):
    """`painted` is emitted once, after the first frame was drawn."""

    painted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._is_done = False
        self._latest = QTimer(self, singleShot=True, interval=LATEST_MS)
        self._latest.timeout.connect(self._tell)
        self._latest.start()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See the paint event pass; the frame is on screen when the loop runs again."""
        if event.type() == QEvent.Type.Paint and not self._is_done:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._tell)
        return False

    def _tell(self) -> None:
        if not self._is_done:
            self._is_done = True
            self._latest.stop()
            self.painted.emit()
