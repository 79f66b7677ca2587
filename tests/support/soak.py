"""Kills programs at random while faults fire at random, then counts what became of every message."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.history import first_broken_link
from app.domain.outbound import OutboundEmail, OutboundState, Reason
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from app.services import Services
from tests.support.profile import ACCOUNTS, environment, make_profile, open_profile, start
from tests.support.waiting import wait_until

# The grace is far longer than a busy machine needs to answer: what is tested is not its speed.
TIMES = {
    "send.backoff_s": 0.05,
    "send.grace_s": 1.5,
    "send.settle_s": 6.0,
    "send.timeout_s": 0.6,
    "limits.gmail_per_day": 1_000_000,
    "limits.gmail_per_minute": 1_000_000,
    "limits.gmail_per_second": 1_000_000,
    "limits.outlook_per_day": 1_000_000,
    "limits.outlook_per_minute": 1_000_000,
    "limits.outlook_per_second": 1_000_000,
}
OPERATIONS = ("create_draft", "send", "read_back", "read_draft", "list")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "refuse_before"},
    {"kind": "drop_after"},
    {"kind": "status_before", "status": 503},
    {"kind": "status_after", "status": 500},
    {"kind": "status_after", "status": 504},
    {"kind": "reset_body", "after_bytes": 5},
    {"kind": "stall", "when": "before", "delay_s": 0.3},
    {"kind": "stall", "when": "after", "delay_s": 0.4},
    {"kind": "stall", "when": "after", "delay_s": 0.9},
    {"kind": "throttle", "form": "seconds", "delay_s": 1},
    {"kind": "throttle", "form": "http_date", "delay_s": 1},
    {"kind": "throttle", "form": "none"},
    {"kind": "accepted_retry_after"},
    {"kind": "wrong_json", "when": "after"},
    {"kind": "unauthorized"},
)
BATCH = 25


@dataclass
class Tally:
    """What a soak counted."""

    kills: int = 0
    returned: dict[int, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    faults_met: int = 0
    deliveries: int = 0

    def lines(self) -> list[str]:
        """Give the tally as text."""
        return [
            f"submissions that returned {len(self.returned)}, refused {dict(self.refused)}",
            f"kills {self.kills}, faults ordered {self.faults}, met {self.faults_met}",
            f"records {dict(self.states)}, deliveries {self.deliveries}",
            "steps " + ", ".join(f"{name} {count}" for name, count in sorted(self.events.items())),
        ]


class Soak:
    """One profile with four accounts, on one sandbox, under fire."""

    def __init__(self, folder: Path, server: SandboxServer, seed: int) -> None:
        self.folder = folder
        self.profile = folder / "profile"
        self.journal = folder / "journal"
        self.server = server
        self.dice = random.Random(seed)
        self.tally = Tally()
        self.sent_by_command: dict[int, subprocess.Popen[str]] = {}
        make_profile(self.profile, server.url, tuple(ACCOUNTS))
        self.env = environment(self.profile, server.url, **TIMES)

    def fire(
        self, *, submissions: int, kills: int, workers: int = 1, until_refused: bool = False
    ) -> None:
        """Kill so often, and go on until every number was submitted (or one was refused)."""
        refused = self.refusals()
        while self.tally.kills < kills or self._missing(submissions):
            if until_refused and self.refusals() > refused:
                return
            missing = self._missing(submissions)
            # The numbers last for all the kills: each life submits its share only.
            left = max(1, kills - self.tally.kills)
            share = max(1, min(BATCH, len(missing) // (left * workers) + 1))
            lives = [self._life(missing[n * share : (n + 1) * share]) for n in range(workers)]
            command = self._command() if self.dice.random() < 0.25 else None
            self._order_faults()
            for life in lives:
                assert life.stdout is not None
                life.stdout.readline()
            wait_until(self._waits(self.dice.uniform(0.0, 0.9)))
            for life in lives:
                self._kill(life)
            if command is not None:
                self._kill(command)

    def _waits(self, seconds: float) -> Callable[[], bool]:
        """Give a condition that comes true after a random time: the moment of the kill."""
        end = time.monotonic() + seconds
        return lambda: time.monotonic() >= end

    def _life(self, numbers: list[int]) -> subprocess.Popen[str]:
        first, end = (numbers[0], numbers[-1] + 1) if numbers else (0, 0)
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.soak_worker"),
                *(str(self.journal), str(first), str(end)),
            ],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def _command(self) -> subprocess.Popen[str]:
        """Send one more by the command line, with a number of its own."""
        number = 100_000 + len(self.sent_by_command)
        sender = self.dice.choice(list(ACCOUNTS))
        process = start(
            [
                *("send", "--json", "--from", sender, "--to", "jane@northwind.example"),
                *("--subject", f"soak {number}", "--text", "Hello", "--wait", "0.3"),
            ],
            self.env,
        )
        self.sent_by_command[number] = process
        return process

    def _kill(self, process: subprocess.Popen[str]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        self.tally.kills += 1
        for number, known in self.sent_by_command.items():
            if known is not process or not out.strip():
                continue
            answer = json.loads(out.splitlines()[0])
            # On a full disk the command says so instead, and nothing was accepted.
            if "uid" in answer:
                self.tally.returned[number] = answer["uid"]

    def _order_faults(self) -> None:
        for _ in range(self.dice.randint(1, 4)):
            fault = self.dice.choice(FAULTS)
            operation = self.dice.choice(OPERATIONS)
            self.server.control.fault(operation, **fault, skip=self.dice.randint(0, 2))
            self.tally.faults += 1

    def refusals(self) -> int:
        """Count the submissions that were refused so far."""
        self.tally.refused.clear()
        for line in self.journal.read_text().splitlines() if self.journal.exists() else ():
            number, uid, *code = line.split()
            if uid != "-":
                self.tally.returned[int(number)] = uid
            elif code:
                self.tally.refused[code[0]] += 1
        return sum(self.tally.refused.values())

    def _missing(self, submissions: int) -> list[int]:
        self.refusals()
        return [one for one in range(submissions) if one not in self.tally.returned]

    # --- afterwards ---

    def settle(self, timeout_s: float = 480.0) -> None:
        """Let a last program deliver without faults, then check every message."""
        self.tally.faults_met = sum(one["hits"] for one in self.server.control.faults())
        self.server.control.clear_faults()
        with open_profile(self.profile, self.server.url, **TIMES) as core:
            core.dispatcher.start()

            def moving() -> list[str]:
                records = core.records.list_records(OutboxView.ALL, limit=100_000)
                return [f"{one.subject}: {one.state}" for one in records if _moves(one)]

            wait_until(lambda: not moving(), timeout_s=timeout_s, what=moving)
            self._check(core)

    def _check(self, core: Services) -> None:
        with self.server.sandbox.lock:
            self.server.sandbox.settle()
            world = self.server.sandbox.world
            accepted = Counter(one.subject for one in world.accepted if not one.cancelled)
        records = core.records.list_records(OutboxView.ALL, limit=100_000)
        by_uid = {one.uid: one for one in records}
        lost = [number for number, uid in self.tally.returned.items() if uid not in by_uid]
        assert lost == [], f"submissions that returned and are gone: {lost}"
        twice = {subject: count for subject, count in accepted.items() if count > 1}
        assert twice == {}, f"sent twice: {twice}"
        assert len({one.subject for one in records}) == len(records), "a key made two records"
        for record in records:
            history = core.records.history(record.uid)
            assert first_broken_link(record.uid, history) is None
            self.tally.states[record.state.value] += 1
            self.tally.events.update(one.event for one in history)
            assert_true(record, accepted[record.subject])
        strangers = set(accepted) - {one.subject for one in records}
        assert strangers == set(), f"sent without a record: {strangers}"
        self.tally.deliveries = sum(accepted.values())


def _moves(record: OutboundEmail) -> bool:
    if record.state is OutboundState.UNCERTAIN:
        return record.reason is not Reason.UNSETTLED
    return not (record.state.is_final or record.state is OutboundState.HELD)


def assert_true(record: OutboundEmail, deliveries: int) -> None:
    """Check that what a record says is what happened."""
    match record.state:
        case OutboundState.SENT:
            assert deliveries == 1, f"{record.subject} says sent: {deliveries} deliveries"
        case OutboundState.UNCERTAIN:
            assert record.reason is Reason.UNSETTLED
        case OutboundState.HELD | OutboundState.FAILED:
            assert deliveries == 0, f"{record.subject} says {record.state}, and was delivered"
            assert record.reason not in {Reason.NONE, Reason.BUG}, record.reason
        case _:
            raise AssertionError(f"{record.subject} rests as {record.state}")
