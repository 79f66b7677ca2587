"""Changes the settings of a running profile, and sees what others changed in its file. No Qt here.

The person's own file is edited, not rewritten: comments, order and what we do not know stay. Never
on the GUI thread.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.events import SettingsChanged
from app.runtime.cancel import CancelToken
from app.runtime.file_lock import lock_file, unlock_file
from app.runtime.threads import forbid_gui_thread
from app.settings import SETTINGS, SettingError, Settings, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.runtime.bus import Bus
    from app.settings import Setting

log = logging.getLogger("settings")
T = TypeVar("T", bound=str | int | float | bool)
PRIVATE = 0o600
LOCK_TRIES = 100
LOCK_PAUSE_S = 0.05


class Preferences:
    """Publishes SettingsChanged with the names of the settings that have other values."""

    def __init__(self, *, path: Path, settings: Settings, bus: Bus) -> None:
        self._path = path
        self._settings = settings
        self._bus = bus
        self._lock = threading.Lock()
        self._seen = _stamp(path)

    def forced_by(self, setting: Setting[Any]) -> str:
        """Name what overrides the file (a flag, a variable of the environment), or give nothing."""
        origin = self._settings.lookup(setting)[1]
        return origin if origin == "flag" or origin.startswith("environment") else ""

    def change(self, setting: Setting[T], value: T) -> None:
        """Write one value into the file, and go on with it.

        Raises:
            SettingError: the file cannot be read, understood or written; nothing was changed.
        """
        forbid_gui_thread()
        with self._lock:
            held = self._hold_file()
            try:
                _edit(self._path, setting.name, value)
            except OSError as error:
                detail = error.strerror or str(error)
                raise SettingError(
                    name=setting.name, origin=str(self._path), detail=detail
                ) from error
            finally:
                unlock_file(held)
        self.refresh(even_if_seen=True)

    def refresh(self, *, even_if_seen: bool = False) -> bool:
        """Take what the file says now, if it was written since; say whether it was.

        A file that cannot be understood, as one half written by hand, changes nothing.
        """
        forbid_gui_thread()
        with self._lock:
            stamp = _stamp(self._path)
            if stamp == self._seen and not even_if_seen:
                return False
            self._seen = stamp
            try:
                names = _take(self._settings, read_file(self._path))
            except SettingError as error:
                log.info("the settings stay as they are: %s", error)
                return False
        if names:
            self._bus.publish(SettingsChanged(names))
        return True

    def _hold_file(self) -> Any:
        """Keep other processes from writing meanwhile. Raises SettingError."""
        beside, pause = self._path.with_suffix(".lock"), CancelToken()
        for _ in range(LOCK_TRIES):
            held = lock_file(beside)
            if held is not None:
                return held
            pause.wait(LOCK_PAUSE_S)
        raise SettingError(
            name="settings.toml", origin=str(self._path), detail="another program is writing it"
        )


def _take(settings: Settings, file: Mapping[str, object]) -> frozenset[str]:
    """Go on with other values of the file; give the names of the settings that have others now.

    Each is replaced at once: whoever reads on another thread sees the old or the new one.

    Raises:
        SettingError: a value is not of its setting's type; nothing was taken.
    """
    Settings(settings.flags, settings.environment, dict(file), settings.clients).origins()
    before = {one.name: settings.lookup(one)[0] for one in SETTINGS}
    settings.file.update(file)
    for name in [name for name in settings.file if name not in file]:
        del settings.file[name]
    return frozenset(one.name for one in SETTINGS if settings.lookup(one)[0] != before[one.name])


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _edit(path: Path, name: str, value: object) -> None:
    """Set one value. Raises OSError, SettingError."""
    import tomlkit  # 20 ms that only a change pays
    from tomlkit.exceptions import TOMLKitError

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    section, _, key = name.partition(".")
    path = path.resolve()  # a link stays a link
    try:
        document: Any = tomlkit.parse(text)
        if section not in document:
            document[section] = tomlkit.table()
        document[section][key] = value
        written = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, TypeError) as error:
        raise SettingError(name="settings.toml", origin=str(path), detail=str(error)) from error
    temporary = path.with_suffix(".new")
    with open(temporary, "w", encoding="utf-8", newline="", opener=_private) as out:
        out.write(written)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)
