"""How far something is that is done with many messages, and a link to stop it. Does nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar

from app.ui.widgets import button, label, look

# What is done sooner is told by the notice alone.
SHOWN_AFTER_MS = 400
PAINT_MS = 100


class BulkProgress(QFrame):
    """Hidden while nothing is done, and for jobs that take no time."""

    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mailroom.progress")
        look(self, surface="raised")
        self._done = self._all = 0
        self._text = label(name="mailroom.progress.text", tone="muted")
        self._bar = QProgressBar()
        self._bar.setObjectName("mailroom.progress.bar")
        self._bar.setAccessibleName("Progress")
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(240, 4)
        self._stop = button(
            "Stop", name="mailroom.progress.stop", role="link", clicked=self._on_stop
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._stop)
        row.addStretch(1)
        self._wait = QTimer(self, singleShot=True, interval=SHOWN_AFTER_MS)
        self._wait.timeout.connect(self._appear)
        self._paint = QTimer(self, singleShot=True, interval=PAINT_MS)
        self._paint.timeout.connect(self._refresh)
        self.hide()

    def show_progress(self, done: int, everything: int) -> None:
        """So many of all are done; shown a moment after the first."""
        self._done, self._all = done, everything
        if self.isHidden() and not self._wait.isActive():
            self._stop.setEnabled(True)
            self._wait.start()
        elif not self._paint.isActive():
            self._paint.start()

    def finish(self) -> None:
        """All is done, or stopped."""
        self._wait.stop()
        self._paint.stop()
        self.hide()

    def _appear(self) -> None:
        self._refresh()
        self.show()

    def _refresh(self) -> None:
        self._text.setText(f"{self._done:,} of {self._all:,} done")
        self._bar.setMaximum(max(self._all, 1))
        self._bar.setValue(self._done)

    def _on_stop(self) -> None:
        self._stop.setEnabled(False)
        self.stop_requested.emit()
