"""Keeps the send bar true: who carries the mail, what was sent today, what waits. Changes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.ui import tasks

if TYPE_CHECKING:
    from app.outbox.limits import DayUsage
    from app.ui.compose.controller import ComposeController
    from app.ui.compose.host import Sender
    from app.ui.compose.send_bar import SendBar

READ_AFTER_MS = 200


class Standing(QObject):
    """Lives with the window; reads again whenever a record changes."""

    def __init__(self, controller: ComposeController, bar: SendBar) -> None:
        super().__init__(controller)
        self._controller = controller
        self._bar = bar
        # After the window is there, and once for many changes.
        self._soon = QTimer(self, singleShot=True, interval=READ_AFTER_MS)
        self._soon.timeout.connect(self._read)
        self._soon.start()
        bridge = controller.host.bridge
        bridge.outbound_changed.connect(self._on_outbound_changed)
        bridge.store_changed.connect(self._soon.start)
        bridge.conversations_changed.connect(self._on_outbound_changed)

    def show_sender(self, sender: Sender | None) -> None:
        """The mail goes out from here."""
        self._bar.show_carrier(f"Sends via {sender.mailbox.provider.label}" if sender else "")
        self._bar.show_usage(0, 0)
        self._soon.start()

    def _on_outbound_changed(self, _uid: str) -> None:
        self._soon.start()

    def _read(self) -> None:
        host, sender = self._controller.host, self._controller.chosen
        tasks.run(self, host.waiting_count(), done=self._bar.show_waiting, failed=_ignore)
        if sender is not None:
            told = partial(self._on_usage, sender.mailbox.uid)
            tasks.run(self, host.usage(sender.mailbox), done=told, failed=_ignore)

    def _on_usage(self, mailbox_uid: str, usage: DayUsage) -> None:
        chosen = self._controller.chosen
        if chosen is not None and chosen.mailbox.uid == mailbox_uid:
            self._bar.show_usage(usage.used, usage.cap, usage.elsewhere)


def _ignore(_error: object) -> None:
    """What is not counted now is counted at the next change; it only informs."""
