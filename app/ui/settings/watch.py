"""Sees changes of the settings file by other programs, and follows the theme. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

from app.ui import tasks

if TYPE_CHECKING:
    from app.services import Services
    from app.ui.bridge import Bridge
    from app.ui.theme import Theme

# Editors write a file in several steps.
PAUSE_MS = 100


class SettingsWatch(QObject):
    """Lives as long as the windows."""

    def __init__(
        self, *, services: Services, bridge: Bridge, theme: Theme, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._theme = theme
        # The folder as well: a file that is replaced or made is another one to the watcher.
        self._folder = str(services.paths.profile)
        self._file = str(services.paths.settings)
        self._watcher = QFileSystemWatcher(self)
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self._refresh)
        self._watcher.directoryChanged.connect(lambda _: self._soon.start())
        self._watcher.fileChanged.connect(lambda _: self._soon.start())
        bridge.settings_changed.connect(self._on_changed)

    def start(self) -> None:
        """Watch; what was written since the settings were read is taken at once."""
        self._watcher.addPath(self._folder)
        self._soon.start()

    def stop(self) -> None:
        """Watch no more."""
        self._watcher.removePaths([*self._watcher.files(), *self._watcher.directories()])
        self._soon.stop()

    def _refresh(self) -> None:
        if self._file not in self._watcher.files() and self._services.paths.settings.exists():
            self._watcher.addPath(self._file)
        tasks.run(self, self._services.executors.run_store(self._services.preferences.refresh))

    def _on_changed(self, names: frozenset[str]) -> None:
        if "ui.theme" in names:
            self._theme.choose(str(self._services.settings.theme))
