"""The composer on a real profile as a process: somebody types while other programs send by the API.

In peace first, then while a child serves (as the product does), while this process itself serves
(as it must not), and in peace again. Says a JSON object a phase.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest

from app.domain.local_api import ApiStatus
from app.domain.permission import Permission
from app.paths import Paths
from app.ui.application import GuiProgram, run_gui
from app.ui.launch import Inbox, LaunchRequest
from app.wiring import open_services
from tests.support.sources import ROOT

TEXT = "Dear Jane, here are the numbers you asked for. "
EVERY_S = 0.06
WARM_UP_KEYS = 10
LOOK_MS = 100
BODY = json.dumps(
    {
        "to": "jane{number}@example.com",
        "subject": "Numbers",
        "body_html": "<p>Hi Jane, see here.</p>",
    }
)


class Hand(QObject):
    """Presses a key at fixed times; measures from when it was due to the painted letter."""

    def __init__(self, editor: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._editor = editor
        self._count = 0
        self._due_s = time.perf_counter()
        self.times_ms: list[float] = []
        # What this thread computed between two keys: however busy the computer is, no letter waits
        # longer for the window's own doing.
        self.between_ms: list[float] = []
        self._worked_s = time.thread_time()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._press)
        self._wait()

    def _wait(self) -> None:
        self._due_s += EVERY_S
        self._timer.start(max(0, round((self._due_s - time.perf_counter()) * 1000)))

    def _press(self) -> None:
        self._count += 1
        if self._count > WARM_UP_KEYS:
            self.between_ms.append((time.thread_time() - self._worked_s) * 1000)
        QTest.keyClick(self._editor, TEXT[self._count % len(TEXT)])
        self._editor.viewport().repaint()
        if self._count > WARM_UP_KEYS:
            self.times_ms.append(max(0.0, time.perf_counter() - self._due_s) * 1000)
        self._worked_s = time.thread_time()
        self._wait()


class Bench(QObject):
    """One phase after the other."""

    def __init__(self, program: GuiProgram, options: dict[str, Any]) -> None:
        super().__init__(program)
        self._program = program
        self._services = program.services
        self._options = options
        self._phases = list(options["phases"])
        self._phase = ""
        self._load: subprocess.Popen[str] | None = None
        self._here: Any = None
        self._hand: Hand | None = None
        self._began = self._cpu = 0.0
        future = self._services.executors.run_store(
            self._services.keys.create, "bench", list(Permission)
        )
        self._token = future.result()[1]
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._on_look)
        if options["mailroom"]:
            program.windows.open_mailroom()
        program.windows.composers[0].activateWindow()
        QTimer.singleShot(1000, self, self._next)

    def _next(self) -> None:
        if not self._phases:
            self._program.quit()
            return
        self._phase = self._phases.pop(0)
        if self._phase == "child":
            self._services.local_api.start()
        elif self._phase == "here":
            from app.gateway.server import GatewayServer

            self._here = GatewayServer(self._services, 0)
            self._services.executors.run_net(self._here.start).result()
        self._look.start()

    def _on_look(self) -> None:
        """Begin when somebody answers; end when the load has ended."""
        if self._hand is None:
            url = self._url()
            if url is not None:
                self._begin(url)
        elif self._is_over():
            self._end()

    def _url(self) -> str | None:
        if self._phase == "child":
            state = self._services.local_api.state
            return state.url if state.status is ApiStatus.ON else None
        return self._here.url if self._phase == "here" else ""

    def _begin(self, url: str) -> None:
        if url:
            order = {
                "url": url, "method": "POST", "path": "/v1/email/send", "body": BODY,
                "headers": {"Authorization": f"Bearer {self._token}",
                            "Content-Type": "application/json", "Prefer": "wait=0"},
                "connections": 20, "rate": self._options["rate"],
                "total": int(self._options["rate"] * self._options["seconds"]),
            }  # fmt: skip
            self._load = subprocess.Popen(
                [sys.executable, str(ROOT / "tests/support/gateway_load.py"), json.dumps(order)],
                stdout=subprocess.PIPE,
                text=True,
            )
        editor = self._program.windows.composers[0].editor
        editor.setFocus()
        self._began, self._cpu = time.perf_counter(), _cpu_s()
        self._floor = subprocess.Popen(
            [sys.executable, "-c", FLOOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._hand = Hand(editor, self)

    def _is_over(self) -> bool:
        if self._load is not None:
            return self._load.poll() is not None
        return time.perf_counter() - self._began >= self._options["seconds"]

    def _end(self) -> None:
        assert self._hand is not None
        self._look.stop()
        took_s = time.perf_counter() - self._began
        load = {}
        if self._load is not None:
            assert self._load.stdout is not None
            load = json.loads(self._load.stdout.read())
            self._load.stdout.close()
        floor, _ = self._floor.communicate(timeout=30)
        said = {
            "floor_ms": [round(one, 2) for one in json.loads(floor)],
            "phase": self._phase,
            "times_ms": [round(one, 2) for one in self._hand.times_ms],
            "between_ms": [round(one, 2) for one in self._hand.between_ms],
            "cpu_share": (_cpu_s() - self._cpu) / took_s,
            "load": load,
        }
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        self._hand.deleteLater()
        self._hand = self._load = None
        if self._here is not None:
            self._services.executors.run_net(self._here.stop).result()
            self._here = None
        if self._phase == "child":
            self._services.executors.run_net(self._services.local_api.close).result()
        QTimer.singleShot(2000, self, self._next)


# What the computer itself adds while it is as busy: a bare process that wakes and works a little.
FLOOR = """
import json, sys, threading, time
never, times, due = threading.Event(), [], time.perf_counter()
threading.Thread(target=lambda: (sys.stdin.read(), never.set()), daemon=True).start()
while not never.is_set():
    due += 0.06
    never.wait(max(0.0, due - time.perf_counter()))
    end = time.process_time() + 0.002
    while time.process_time() < end:
        pass
    times.append(max(0.0, time.perf_counter() - due) * 1000)
print(json.dumps(times[10:-1]))
"""


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(folder: Path, options: dict[str, Any]) -> int:
    """Run the window on this profile; settings come from the environment."""
    benches = []
    return run_gui(
        open_services=lambda: open_services(Paths(folder)),
        launch=LaunchRequest(page="compose", subject="Numbers"),
        inbox=Inbox(),
        on_ready=lambda program: benches.append(Bench(program, options)),
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
