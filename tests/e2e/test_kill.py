"""kill -9 after Send and before acceptance, at every request; after a restart: exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.outbound import OutboundState
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from tests.support.profile import (
    ADA_GMAIL,
    ADA_OUTLOOK,
    environment,
    make_profile,
    open_profile,
    settle,
    start,
)
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

MOMENTS = [
    ("create_draft", "before"),
    ("create_draft", "after"),
    ("send", "before"),
    ("send", "after"),
    ("read_back", "before"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
@pytest.mark.parametrize(("operation", "when"), MOMENTS)
def test_killed_program_delivers_exactly_once_after_restart(
    operation: str, when: str, sender: str, server: SandboxServer, tmp_path: Path
) -> None:
    control = ControlClient(server.url)
    control.call("POST", "/reset", {})
    # Exchange takes a second send of a message that it has accepted and not moved yet: a program
    # that sends again after a crash, instead of asking, is found out by two deliveries.
    control.settings(sent_move_delay_s=0.4)
    profile = tmp_path / "profile"
    make_profile(profile, server.url, [sender])
    fault = control.fault(operation, "stall", when=when, delay_s=60)
    process = start(
        [
            *("send", "--json", "--from", sender, "--to", "jane@northwind.example"),
            *("--subject", f"{operation} {when}", "--text", "Hallo"),
        ],
        environment(profile, server.url, **{"send.timeout_s": 30}),
    )

    def is_stalled() -> bool:
        given = {one["id"]: one for one in control.call("GET", "/faults")}
        return bool(given[fault["id"]]["hits"])

    wait_until(is_stalled)
    kill(process)
    control.call("DELETE", "/faults")
    control.release()
    with open_profile(profile, server.url) as services:
        (record,) = settle(
            services, lambda records: all(one.state is OutboundState.SENT for one in records)
        )
        assert len(services.records.list_records(OutboxView.ALL)) == 1
    assert len(control.deliveries()) == 1
    assert record.envelope.sender.addr_spec == sender
