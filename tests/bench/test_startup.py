"""Time from process start to the painted composer, and memory, beside a bare QTextEdit window.

Ratios only: both are measured in turn, in the same run, on the same machine.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from app.paths import Paths
from app.runtime.single_instance import SingleInstance
from tests.support.profile import ADA_GMAIL, environment, make_profile
from tests.support.sandbox import sandbox_process

RUNS = 7

_BARE = """
import sys, time
from PySide6.QtCore import QObject, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QTextEdit
app = QApplication([])
editor = QTextEdit()
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, report)
        return False
watch = Watch()
"""

_COMPOSER = """
import sys, time
from app.paths import Paths
from app.ui.application import run_gui
from app.ui.launch import Inbox, LaunchRequest
from app.wiring import open_services
"""

_REPORT = """
import json, os, resource
HEAVY = ("httpx", "msal", "google", "google_auth_oauthlib", "keyring", "fastapi", "uvicorn")
def report(*_):
    # Field 22 of /proc/self/stat: when the process began, in ticks since boot.
    began = int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[19])
    began_s = began / os.sysconf("SC_CLK_TCK")
    painted_s = time.clock_gettime(time.CLOCK_BOOTTIME) - began_s
    pages = int(open("/proc/self/statm").read().split()[1])
    loaded = [name for name in HEAVY if name in sys.modules]
    print(json.dumps({"s": painted_s, "mb": pages * 4096 / 1e6, "heavy": loaded}), flush=True)
    os._exit(0)
"""


def _measure(script: str, env: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_time_to_painted_window_beside_a_bare_one(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with sandbox_process() as announced:
        make_profile(profile, str(announced["url"]), [ADA_GMAIL])
        env = {**environment(profile, str(announced["url"])), "QT_QPA_PLATFORM": "offscreen"}
    # As installed: with compiled modules, which the tests themselves do not write.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    bare = _REPORT + _BARE + "app.installEventFilter(watch); editor.show(); app.exec()"
    ours = (
        _REPORT
        + _COMPOSER
        + (
            "run_gui(open_services=lambda: open_services(Paths.choose()), launch=LaunchRequest(),"
            " inbox=Inbox(), on_ready=report)"
        )
    )
    figures: dict[str, list[dict[str, object]]] = {"bare": [], "composer": []}
    for _ in range(RUNS):
        figures["bare"].append(_measure(bare, env))
        figures["composer"].append(_measure(ours, env))
    medians = {
        name: {key: statistics.median(float(str(one[key])) for one in rows) for key in ("s", "mb")}
        for name, rows in figures.items()
    }
    print("\n                       painted after   memory")
    for name, row in medians.items():
        print(f"{name:22} {row['s'] * 1000:10.0f} ms {row['mb']:8.1f} MB")
    ratio = {key: medians["composer"][key] / medians["bare"][key] for key in ("s", "mb")}
    print(f"{'composer / bare':22} {ratio['s']:10.2f}    {ratio['mb']:8.2f}")
    assert all(row["heavy"] == [] for row in figures["composer"])


def test_a_second_start_hands_over_at_once(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.ensure()
    running = SingleInstance(paths.instance)
    assert running.acquire(lambda _message: None)
    env = {**environment(tmp_path, ""), "QT_QPA_PLATFORM": "offscreen"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    commands = {
        "bare Python": ["-c", "pass"],
        "second start": ["-m", "app", "compose", "--to", "a@x.example"],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, arguments in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], env=env, check=True)
            spent[name].append(time.perf_counter() - started)
    running.release()
    bare, second = (statistics.median(one) * 1000 for one in spent.values())
    print(f"\nbare Python {bare:.0f} ms, second start {second:.0f} ms")
    assert second - bare < 100
