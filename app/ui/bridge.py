"""Events of the core as Qt signals on the GUI thread. Carries ids only; reads nothing.

The first event is told at once, those that follow together after a moment, each once: a thousand
changes of one row are one re-read, and a flood leaves the event loop time for the person.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid

from app.domain.events import (
    AccountsChanged,
    ConversationsChanged,
    DraftsChanged,
    Event,
    LocalApiChanged,
    OutboundChanged,
    SettingsChanged,
    StoreChanged,
    SyncProgressed,
    UploadProgressed,
)

if TYPE_CHECKING:
    from app.runtime.bus import Bus

_KINDS: tuple[type[Event], ...] = (
    OutboundChanged,
    DraftsChanged,
    AccountsChanged,
    ConversationsChanged,
    StoreChanged,
    SyncProgressed,
    UploadProgressed,
    SettingsChanged,
    LocalApiChanged,
)


GAP_MS = 40


class Bridge(QObject):
    """Listens to the bus from any thread, speaks on the GUI thread."""

    outbound_changed = Signal(str)
    drafts_changed = Signal(str)
    accounts_changed = Signal(str)
    conversations_changed = Signal(str)
    store_changed = Signal()
    upload_progressed = Signal(str, int)
    sync_progressed = Signal(str, int, bool)
    settings_changed = Signal(frozenset)
    local_api_changed = Signal()

    _woken = Signal()

    def __init__(self, bus: Bus, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._pending: dict[object, Event] = {}
        self._again = QTimer(self, singleShot=True, interval=GAP_MS)
        self._again.timeout.connect(self._flush)
        # Queued even for events from this thread: a listener never runs inside a store call.
        self._woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = [bus.subscribe(kind, self._on_event) for kind in _KINDS]

    def close(self) -> None:
        """Listen no more."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def _on_event(self, event: Event) -> None:
        """Runs on whatever thread published."""
        key: object = event
        if isinstance(event, UploadProgressed):
            key = (UploadProgressed, event.uid)
        elif isinstance(event, SyncProgressed):
            key = (SyncProgressed, event.account_uid)
        with self._lock:
            is_first = not self._pending
            self._pending[key] = event
        if is_first and isValid(self):
            self._woken.emit()

    def _on_woken(self) -> None:
        if not self._again.isActive():
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            events, self._pending = list(self._pending.values()), {}
        if events:
            self._again.start()
        for event in events:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        match event:
            case OutboundChanged(uid):
                self.outbound_changed.emit(uid)
            case DraftsChanged(uid):
                self.drafts_changed.emit(uid)
            case AccountsChanged(uid):
                self.accounts_changed.emit(uid)
            case ConversationsChanged(uid):
                self.conversations_changed.emit(uid)
            case StoreChanged():
                self.store_changed.emit()
            case UploadProgressed(uid, percent):
                self.upload_progressed.emit(uid, percent)
            case SyncProgressed(uid, done, is_complete):
                self.sync_progressed.emit(uid, done, is_complete)
            case SettingsChanged(names):
                self.settings_changed.emit(names)
            case LocalApiChanged():
                self.local_api_changed.emit()
