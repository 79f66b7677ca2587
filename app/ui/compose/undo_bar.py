"""The small bar that stays after Send for as long as the mail can be taken back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.ui.widgets import button, icon_button, label, look

if TYPE_CHECKING:
    from PySide6.QtCore import QRect

    from app.ports import Clock
    from app.ui.theme import Theme

_TICK_MS = 100
_LINGER_MS = 6_000


class UndoBar(QWidget):
    """Counts down. `expired` comes once, when there is nothing left to take back."""

    undo_requested = Signal()
    mailroom_requested = Signal()
    expired = Signal()

    def __init__(
        self, *, theme: Theme, clock: Clock, span_s: float, scheduled_for: str = ""
    ) -> None:
        flags = (
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
        )
        super().__init__(None, flags)
        self.setObjectName("undo_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle("Sending")
        self._clock = clock
        self._span_s = span_s
        self._ends = clock.monotonic() + span_s
        self._scheduled_for = scheduled_for
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        card = QFrame()
        look(card, surface="card")
        outer.addWidget(card)
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 10, 10, 10)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.text = label(name="undo_bar.text")
        row.addWidget(self.text, 1)
        self.outbox = button(
            "Open Outbox", name="undo_bar.outbox", clicked=self.mailroom_requested.emit, role="link"
        )
        self.outbox.hide()
        row.addWidget(self.outbox)
        self.undo = button(
            "Undo",
            name="undo_bar.undo",
            clicked=self._on_undo,
            role="link",
            tip="Take it back (Ctrl+Z)",
        )
        row.addWidget(self.undo)
        row.addWidget(
            icon_button(theme, "close", name="undo_bar.close", tip="Hide", clicked=self._expire)
        )
        column.addLayout(row)
        QShortcut(QKeySequence.StandardKey.Undo, self).activated.connect(self.undo.click)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        column.addWidget(self._progress)
        self.setMinimumWidth(320)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._is_over = False
        self._tick()
        self._timer.start()

    def show_near(self, frame: QRect) -> None:
        """Show it at the lower left of where the composer was."""
        self.adjustSize()
        self.move(frame.left() + 24, frame.bottom() - self.height() - 24)
        self.show()

    def show_trouble(self, sentence: str) -> None:
        """Say why it cannot be taken back; then go away by itself."""
        self._timer.stop()
        self.text.setWordWrap(True)
        self.text.setText(sentence)
        self.undo.hide()
        self._progress.hide()
        self.outbox.show()
        self.adjustSize()
        QTimer.singleShot(_LINGER_MS, self, self._expire)

    def _tick(self) -> None:
        left_s = self._ends - self._clock.monotonic()
        if left_s <= 0:
            self._expire()
            return
        if self._scheduled_for:
            self.text.setText(f"Goes out {self._scheduled_for}")
        else:
            self.text.setText(f"Sending in {math.ceil(left_s)} s")
        self._progress.setValue(round(1000 * left_s / max(self._span_s, 0.1)))

    def _on_undo(self) -> None:
        self._timer.stop()
        self.undo.setEnabled(False)
        self.text.setText("Taking it back…")
        self.undo_requested.emit()

    def _expire(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._timer.stop()
        self.hide()
        self.expired.emit()
