"""Mail that Outlook is to keep: killed at every step of handing it over and of getting it back.

As in test_kill_points: the sandbox holds an answer, the program is stopped with SIGKILL while it
waits, another start goes on. Then Outlook's clock runs on, and what reached anybody is counted.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.outbound import OutboundState, Reason
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from tests.support.profile import (
    ADA_OUTLOOK,
    environment,
    make_profile,
    open_profile,
    run,
    settle,
    start,
)
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

HOLD_S = 60.0
PATIENCE_S = 2.5
SEND = (
    *("send", "--json", "--from", ADA_OUTLOOK, "--to", "jane@northwind.example", "--at", "+1h"),
    *("--subject", "later", "--text", "Hello"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """Which answer is held, and whether the request was carried out before."""

    hold: str
    when: str


HANDING_OVER = [
    Point(hold, when)
    for hold in ("create_draft", "update_draft", "send")
    for when in ("before", "after")
]
GETTING_BACK = [
    Point(hold, when) for hold in ("read_back", "delete_draft") for when in ("before", "after")
]


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    running.control.clear_faults()
    running.control.settings(clock_ahead_s=0.0)
    running.control.reset()
    return running


def kill_at(point: Point, server: SandboxServer, arguments: list[str], folder: Path) -> None:
    """Run the program and kill it while it waits for the answer of that request."""
    control = server.control
    control.fault(point.hold, "stall", when=point.when, delay_s=HOLD_S, provider="microsoft")
    env = environment(folder, server.url, **{"send.timeout_s": PATIENCE_S})
    process = start(arguments, env)
    wait_until(lambda: control.stalled == 1, what=control.requests)
    _kill(process)
    control.release()
    wait_until(lambda: control.stalled == 0)


def _kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def gone(server: SandboxServer) -> int:
    """Let Outlook's clock run on; count the copies that reached anybody."""
    server.control.settings(clock_ahead_s=2 * 3600.0)
    return len(server.control.delivered(with_raw=False))


@pytest.mark.parametrize("point", HANDING_OVER, ids=lambda one: f"{one.hold}-{one.when}")
def test_killed_while_handing_over_it_goes_once_at_its_moment(
    point: Point, server: SandboxServer, tmp_path: Path
) -> None:
    make_profile(tmp_path, server.url, [ADA_OUTLOOK])
    kill_at(point, server, list(SEND), tmp_path)
    wanted = (OutboundState.SCHEDULED, Reason.AT_PROVIDER)
    with open_profile(tmp_path, server.url) as core:
        settle(core, lambda records: [(one.state, one.reason) for one in records] == [wanted])
    assert server.control.delivered() == []
    assert gone(server) == 1


@pytest.mark.parametrize("point", GETTING_BACK, ids=lambda one: f"{one.hold}-{one.when}")
def test_killed_while_cancelling_it_never_goes(
    point: Point, server: SandboxServer, tmp_path: Path
) -> None:
    make_profile(tmp_path, server.url, [ADA_OUTLOOK])
    code, (sent,), errors = run(list(SEND), environment(tmp_path, server.url))
    assert (code, sent["state"], sent["reason"]) == (0, "scheduled", "at_provider"), errors
    kill_at(point, server, ["outbox", "cancel", sent["uid"], "--json"], tmp_path)
    with open_profile(tmp_path, server.url) as core:
        settle(core, lambda records: records[0].state is OutboundState.CANCELLED)
        assert core.records.list_records(OutboxView.SCHEDULED) == []
    assert gone(server) == 0


def test_command_line_hands_over_and_gets_back(server: SandboxServer, tmp_path: Path) -> None:
    make_profile(tmp_path, server.url, [ADA_OUTLOOK])
    env = environment(tmp_path, server.url)
    _, (sent,), _ = run(list(SEND), env)
    code, (cancelled,), errors = run(["outbox", "cancel", sent["uid"], "--json"], env)
    assert (code, cancelled["state"]) == (0, "cancelled"), errors
    _, (here,), _ = run([*SEND, "--kept-by", "computer"], env)
    assert (here["state"], here["reason"], here["keeper"]) == (
        "scheduled",
        "scheduled",
        "computer",
    )
    assert gone(server) == 0
