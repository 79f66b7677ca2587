"""After Send: the window hides, a small bar counts down, Undo brings exactly that version back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.texts import error_sentence, moment_text
from app.ui import tasks
from app.ui.compose.send_later import SendLaterDialog
from app.ui.compose.undo_bar import UndoBar

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.domain.outbound import OutboundEmail
    from app.ui.compose.send_later import Planned
    from app.ui.compose.window import ComposeWindow

_SCHEDULED_UNDO_S = 10.0


class AfterSend(QObject):
    """Lives as long as its window, which goes when nothing can be taken back any more."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._not_before: datetime | None = None
        self._record_uid = ""
        self.bar: UndoBar | None = None
        window.closed.connect(self._drop_bar)

    def ask_time(self) -> None:
        """Ask when it shall go out."""
        sender = self._window.controller.chosen
        dialog = SendLaterDialog(
            self._window,
            now=self._window.host.clock.now(),
            keeping=self._window.host.keeping(sender.account) if sender else None,
        )
        dialog.chosen.connect(self._on_time)
        dialog.open()

    def _on_time(self, planned: Planned) -> None:
        self._not_before = planned.at
        self._window.send(undo_s=_SCHEDULED_UNDO_S, planned=planned)

    def on_submitted(self, record: OutboundEmail, undo_s: float) -> None:
        """Hide the window; offer to take it back while that is possible."""
        window = self._window
        self._record_uid = record.uid
        window.closing.set_safe(True)
        not_before, self._not_before = self._not_before, None
        window.hide()
        span_s = _SCHEDULED_UNDO_S if not_before is not None else undo_s
        if span_s <= 0:
            window.closing.close_now()
            return
        words = moment_text(not_before, window.host.clock.now()) if not_before else ""
        self.bar = UndoBar(
            theme=window.theme, clock=window.host.clock, span_s=span_s, scheduled_for=words
        )
        self.bar.undo_requested.connect(self._on_undo)
        self.bar.mailroom_requested.connect(window.host.open_mailroom)
        self.bar.expired.connect(self._on_expired)
        self.bar.show_near(window.geometry())

    def _on_undo(self) -> None:
        tasks.run(
            self,
            self._window.host.take_back(self._record_uid),
            done=self._on_taken_back,
            failed=self._on_too_late,
        )

    def _on_taken_back(self, draft: Draft | None) -> None:
        if draft is None:
            if self.bar is not None:
                self.bar.show_trouble("Outlook has it already and is asked to give it back.")
            return
        self._drop_bar()
        window = self._window
        window.closing.set_safe(False)
        window.show_version(draft)
        window.show()
        window.raise_()
        window.activateWindow()

    def _on_too_late(self, error: AppError) -> None:
        if self.bar is not None:
            self.bar.show_trouble(error_sentence(error))

    def _on_expired(self) -> None:
        self._drop_bar()
        self._window.closing.close_now()

    def _drop_bar(self) -> None:
        bar, self.bar = self.bar, None
        if bar is not None:
            bar.hide()
            bar.deleteLater()
