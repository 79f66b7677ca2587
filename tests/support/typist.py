"""The composer on a real profile as a process: somebody types in it while conversations are read.

A key is due at fixed times, whether or not the program is ready; what is measured is the time from
then to the painted letter, so a busy event loop counts. Says a JSON object a line.
"""

from __future__ import annotations

import gc
import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtTest import QTest

from app.domain.events import SyncProgressed
from app.paths import Paths
from app.ui.application import GuiProgram, run_gui
from app.ui.launch import Inbox, LaunchRequest
from app.wiring import open_services
from tests.support.priority import go_first

TEXT = "Dear Jane, here are the numbers you asked for. "
# A line each so often, as a person does; one endless paragraph is another bench.
LINE_KEYS = 80
WARM_UP_KEYS = 60


class Typist(QObject):
    """Types into an editor, a key each `every_s`."""

    pressed = Signal(int)

    def __init__(self, editor: Any, every_s: float, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._every_s = every_s
        self._count = 0
        self._due = 0.0
        self.times_ms: list[float] = []
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._press)

    def start(self) -> None:
        self._due = time.perf_counter()
        self._wait()

    def _wait(self) -> None:
        self._due += self._every_s
        self._timer.start(max(0, round((self._due - time.perf_counter()) * 1000)))

    def _press(self) -> None:
        # A timer may be a little early: the key is not pressed before it is due.
        began = min(self._due, time.perf_counter())
        self._count += 1
        if self._count % LINE_KEYS:
            QTest.keyClick(self._editor, TEXT[self._count % len(TEXT)])
        else:
            QTest.keyClick(self._editor, Qt.Key.Key_Return)
        self._editor.viewport().repaint()
        if self._count > WARM_UP_KEYS:
            self.times_ms.append((time.perf_counter() - began) * 1000)
        self.pressed.emit(self._count)
        self._wait()


class Bench(QObject):
    """In peace first, then with the sync, until it is complete (or for so many seconds)."""

    def __init__(self, program: GuiProgram, options: dict[str, Any]) -> None:
        super().__init__(program)
        self._program = program
        self._services = program.services
        self._options = options
        self._progress = (0, False)
        self._began = self._cpu = 0.0
        self._peace: list[float] = []
        self._refreshes = 0
        # In peace first: the sync begins when the bench says so.
        program._refresh_soon.stop()
        composer = program.windows.composers[0]
        self._typist = Typist(composer.editor, options["every_s"], self)
        self._typist.pressed.connect(self._on_pressed)
        self._services.bus.subscribe(SyncProgressed, self._on_progress)
        program.bridge.conversations_changed.connect(self._on_conversations_changed)
        composer.editor.setFocus()
        self._collections_ms: list[float] = []
        self._collecting = 0.0
        gc.callbacks.append(self._on_collection)
        self._typist.start()

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._collections_ms.append((time.perf_counter() - self._collecting) * 1000)

    def _on_conversations_changed(self, _uid: str) -> None:
        self._refreshes += 1

    def _on_progress(self, event: SyncProgressed) -> None:
        """Runs on a worker."""
        self._progress = (self._progress[0] + 1, event.is_complete)

    def _on_pressed(self, count: int) -> None:
        if not self._began and count >= WARM_UP_KEYS + self._options["peace_keys"]:
            self._peace = list(self._typist.times_ms)
            self._typist.times_ms.clear()
            self._began, self._cpu = time.perf_counter(), time.process_time()
            self._services.conversations.start_sync()
        elif self._began and count % 50 == 0:
            say(pages=self._progress[0], is_complete=self._progress[1])
        if self._began and self._is_over():
            self._report()

    def _is_over(self) -> bool:
        longest_s = self._options["longest_s"]
        passed_s = time.perf_counter() - self._began
        return self._progress[1] or passed_s > longest_s

    def _report(self) -> None:
        say(
            peace_ms=self._peace,
            busy_ms=self._typist.times_ms,
            took_s=time.perf_counter() - self._began,
            cpu_s=time.process_time() - self._cpu,
            peak_mb=peak_mb(),
            refreshes=self._refreshes,
            longest_collection_ms=max(self._collections_ms, default=0.0),
            pages=self._progress[0],
            is_complete=self._progress[1],
        )
        self._typist.deleteLater()
        self._program.windows.composers[0].closing.close_now()
        self._program.quit()


def peak_mb() -> float:
    """Give the most memory this program had; what getrusage gives is its parent's before the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(**what: Any) -> None:
    try:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever listens is gone, and so are the numbers.
        os._exit(1)


def _main() -> int:
    options = json.loads(sys.argv[1])
    go_first()
    flags = {"sandbox.url": options["url"], **options["flags"]}
    return run_gui(
        open_services=lambda: open_services(Paths(Path(options["profile"])), flags),
        launch=LaunchRequest(page="compose"),
        inbox=Inbox(),
        on_ready=lambda program: Bench(program, options),
    )


if __name__ == "__main__":
    sys.exit(_main())
