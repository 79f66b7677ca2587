"""Tells the person what needs them, and nothing else: a tray icon with counts, where there is a tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from app.domain.outbound import OutboundState, Reason
from app.domain.texts import people_text, plural, row_words
from app.ui import tasks
from app.ui.icons import resources_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from app.domain.outbound import OutboundEmail
    from app.ports import Clock
    from app.ui.bridge import Bridge

# Changes are gathered this long, so that a flood of them is one look and one notification.
GATHER_MS = 200
_STATES = frozenset({OutboundState.HELD, OutboundState.FAILED})


def needs_person(record: OutboundEmail) -> bool:
    """Say whether a record goes no further without the person."""
    is_open_question = record.state is OutboundState.UNCERTAIN and record.reason is Reason.UNSETTLED
    # Also what went although the person wanted it back: that is told once.
    return record.state in _STATES or is_open_question or record.reason is Reason.TOO_LATE


class Notifier(QObject):
    """`opened(uid)` is emitted when the person follows a notification."""

    opened = Signal(str)
    noticed = Signal(str, str)

    def __init__(
        self,
        *,
        bridge: Bridge,
        find_records: Callable[[Sequence[str]], Future[list[OutboundEmail]]],
        clock: Clock,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._find = find_records
        self._changed: set[str] = set()
        self._soon = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._soon.timeout.connect(self._look)
        self._clock = clock
        self._told: dict[str, tuple[OutboundState, Reason]] = {}
        self._last_uid = ""
        self._tray: QSystemTrayIcon | None = None
        bridge.outbound_changed.connect(self._on_changed)

    def show_tray(self, menu: QMenu) -> None:
        """Show the tray icon, if the desktop has a tray."""
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        self._tray = QSystemTrayIcon(QIcon(str(resources_dir() / "postrider.svg")), self)
        self._tray.setToolTip("Postrider")
        self._tray.setContextMenu(menu)
        self._tray.messageClicked.connect(lambda: self.opened.emit(self._last_uid))
        self._tray.show()

    def _on_changed(self, uid: str) -> None:
        self._changed.add(uid)
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        changed, self._changed = list(self._changed), set()
        tasks.run(self, self._find(changed), done=self._on_found, failed=_ignore)

    def _on_found(self, records: Sequence[OutboundEmail]) -> None:
        news = [record for record in records if self._is_new(record)]
        if len(news) == 1:
            self._tell_of(news[0])
        elif news:
            self._last_uid = news[0].uid
            why = row_words(news[0], self._clock.now()).why
            self._tell(f"{plural(len(news), 'message')} need you", why)

    def _is_new(self, record: OutboundEmail) -> bool:
        if not needs_person(record):
            self._told.pop(record.uid, None)
            return False
        what = (record.state, record.reason)
        if self._told.get(record.uid) == what:
            return False
        self._told[record.uid] = what
        return True

    def _tell_of(self, record: OutboundEmail) -> None:
        words = row_words(record, self._clock.now())
        who = people_text(record.envelope.recipients)
        self._last_uid = record.uid
        self._tell(f"{words.state}: {record.subject or 'message'} to {who}", words.why)

    def _tell(self, title: str, why: str) -> None:
        self.noticed.emit(title, why)
        if self._tray is not None:
            self._tray.showMessage(title, why, QSystemTrayIcon.MessageIcon.Warning)
        window = QApplication.activeWindow()
        if window is None and QApplication.topLevelWidgets():
            QApplication.alert(QApplication.topLevelWidgets()[0])


def _ignore(_error: object) -> None:
    """The row shows it anyway; a notification is a courtesy."""
