"""The supervisor of the local API's process: on and off, another port, a taken port, crashes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts import local_api
from app.accounts.local_api import LocalApi
from app.domain.events import LocalApiChanged, OutboundChanged, SettingsChanged
from app.domain.local_api import ApiStatus, LocalApiState
from app.runtime.bus import Bus
from app.runtime.clock import SystemClock
from tests.support.waiting import wait_until

# Stands for `postrider gateway --beside-window`: notes its runs and what it is told.
CHILD = """
import json, os, pathlib, sys
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with open(folder / "runs", "a") as runs:
    runs.write(f"{os.getpid()} {port}\\n")
say = lambda value: print(json.dumps(value), flush=True)
if port == 1:
    say({"error": {"code": "port_unusable", "message": "Port 1 is used by another program."}})
    sys.exit(69)
if port == 2:
    sys.exit(1)
say({"url": f"http://127.0.0.1:{port}"})
for line in sys.stdin.buffer:
    with open(folder / "told", "a") as told:
        told.write("x")
    say({"changed": True})
"""


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bus = Bus()
        self.port: int | None = None
        self.woken = threading.Event()
        self.states: list[LocalApiState] = []
        script = folder / "child.py"
        script.write_text(CHILD, encoding="utf-8")
        self.api = LocalApi(
            command=lambda port: [sys.executable, str(script), str(folder), str(port)],
            wanted=lambda: self.port,
            wake=self.woken.set,
            clock=SystemClock(),
            bus=self.bus,
        )
        self.bus.subscribe(LocalApiChanged, lambda _: self.states.append(self.api.state))

    def want(self, port: int | None) -> None:
        self.port = port
        self.bus.publish(SettingsChanged(frozenset({"gateway.port"})))

    def wait(self, status: ApiStatus, url: str = "") -> LocalApiState:
        wait_until(lambda: self.api.state.status is status and self.api.state.url == url)
        return self.api.state

    def runs(self) -> list[list[int]]:
        path = self.folder / "runs"
        lines = path.read_text().splitlines() if path.exists() else []
        return [[int(word) for word in line.split()] for line in lines]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.api.start()
    yield made
    made.api.close()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_nothing_runs_until_it_is_wanted(desk: Desk) -> None:
    assert desk.api.state.status is ApiStatus.OFF

    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")

    assert [one.status for one in desk.states] == [ApiStatus.STARTING, ApiStatus.ON]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_another_port_is_another_process_and_off_is_none(desk: Desk) -> None:
    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")
    desk.want(7002)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7002")
    desk.want(None)
    desk.wait(ApiStatus.OFF)

    assert [port for _, port in desk.runs()] == [7001, 7002]
    assert not any(is_alive(pid) for pid, _ in desk.runs())


def test_other_settings_do_not_disturb_it(desk: Desk) -> None:
    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")

    desk.bus.publish(SettingsChanged(frozenset({"ui.theme"})))
    desk.bus.publish(OutboundChanged("r1"))

    wait_until((desk.folder / "told").exists)
    assert len(desk.runs()) == 1


def test_each_side_hears_what_changed_at_the_other(desk: Desk) -> None:
    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")

    desk.bus.publish(OutboundChanged("r1"))

    wait_until((desk.folder / "told").exists)
    assert desk.woken.wait(30)


def test_a_taken_port_is_said_and_waits_for_another_or_a_retry(desk: Desk) -> None:
    desk.want(1)
    state = desk.wait(ApiStatus.FAILED)
    assert state.problem == "Port 1 is used by another program."
    assert state.is_port

    desk.api.retry()
    wait_until(lambda: len(desk.runs()) == 2)
    desk.wait(ApiStatus.FAILED)
    desk.want(7003)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7003")

    assert desk.api.state.problem == ""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.expects_log("gateway: the local API ended by itself")
def test_one_that_is_killed_is_started_again(desk: Desk) -> None:
    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")
    os.kill(desk.runs()[0][0], signal.SIGKILL)

    wait_until(lambda: len(desk.runs()) == 2)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")

    problems = [one.problem for one in desk.states if one.status is ApiStatus.STARTING]
    assert any("started again" in text for text in problems)


@pytest.mark.expects_log("gateway: the local API ended by itself")
def test_one_that_never_starts_is_given_up_after_some_tries(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_api, "FIRST_PAUSE_S", 0.01)

    desk.want(2)
    state = desk.wait(ApiStatus.FAILED)

    assert state.problem.startswith("The local API could not be started.")
    assert not state.is_port
    assert len(desk.runs()) == local_api.MOST_CRASHES


@pytest.mark.expects_log("gateway: the local API could not be started")
def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    bus = Bus()
    api = LocalApi(
        command=lambda _port: [str(tmp_path / "nothing")],
        wanted=lambda: 7001,
        wake=lambda: None,
        clock=SystemClock(),
        bus=bus,
    )
    api.start()
    wait_until(lambda: api.state.status is ApiStatus.FAILED)
    api.close()

    assert api.state.status is ApiStatus.OFF


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_ends_the_process(desk: Desk) -> None:
    desk.want(7001)
    desk.wait(ApiStatus.ON, "http://127.0.0.1:7001")

    desk.api.close()

    assert not is_alive(desk.runs()[0][0])
