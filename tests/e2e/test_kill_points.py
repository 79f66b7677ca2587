"""Every step that is written down: killed after the provider did its part and before we wrote ours.

The sandbox holds the answer; the program is stopped with SIGKILL while it waits for it. No hooks in
the product. What the program knew then is read from its database; then another start goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain.outbound import OutboundState, Reason
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
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

SENDERS = {"gmail": ADA_GMAIL, "microsoft": ADA_OUTLOOK}
HOLD_S = 60.0
# Long enough for the kill, short enough that a lost answer is asked about soon.
PATIENCE_S = 2.5
LOST = {"operation": "send", "kind": "status_after", "status": 500}
UNSENT = {"operation": "send", "kind": "refuse_before"}
# What asks about an uncertain send, by provider: first request and, at Gmail, the list of sent mail.
ASK = {"gmail": "read_draft", "microsoft": "read_back"}
LOOK = {"gmail": "list", "microsoft": "list"}
FIND = {"gmail": "list", "microsoft": "list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One step: what is ordered, which answer is held, and what is known at the kill."""

    step: str
    hold: str | dict[str, str]
    when: str = "after"
    orders: tuple[dict[str, Any], ...] = ()
    known: str
    state: OutboundState = OutboundState.SENT
    reason: Reason = Reason.NONE
    deliveries: int = 1
    only: str = ""


POINTS = [
    Point(step="drafting", hold="create_draft", when="before", known="claimed"),
    Point(step="draft_made", hold="create_draft", known="claimed"),
    Point(
        step="draft_found",
        hold=FIND,
        orders=({"operation": "create_draft", "kind": "drop_after"},),
        known="claimed",
    ),
    Point(step="handing_over", hold="send", when="before", known="handing_over"),
    Point(step="accepted", hold="send", known="handing_over"),
    Point(step="read_back", hold="read_back", known="accepted"),
    Point(step="answer_lost", hold="send", orders=(LOST,), known="handing_over"),
    Point(
        step="not_accepted",
        hold="create_draft",
        orders=({"operation": "create_draft", "kind": "status_after", "status": 503},),
        known="claimed",
    ),
    Point(
        step="throttled",
        hold="send",
        when="before",
        orders=({"operation": "send", "kind": "throttle", "form": "seconds", "delay_s": 1},),
        known="handing_over",
    ),
    Point(
        step="rejected",
        hold="send",
        when="before",
        orders=(
            {
                "operation": "send",
                "kind": "status_before",
                "status": 400,
                "count": -1,
                "body": {"error": {"code": 400, "message": "Invalid To header"}},
            },
        ),
        known="handing_over",
        state=OutboundState.FAILED,
        reason=Reason.REJECTED,
        deliveries=0,
    ),
    Point(
        step="held",
        hold="create_draft",
        when="before",
        orders=({"operation": "create_draft", "kind": "revoked"},),
        known="claimed",
        state=OutboundState.HELD,
        reason=Reason.SIGN_IN,
        deliveries=0,
    ),
    Point(
        step="draft_gone",
        hold="send",
        orders=({"operation": "send", "kind": "vanish_draft"},),
        known="handing_over",
        # Nobody can tell this from a draft that was consumed: the person decides.
        state=OutboundState.UNCERTAIN,
        reason=Reason.UNSETTLED,
        deliveries=0,
    ),
    Point(step="settled_sent", hold=ASK, orders=(LOST,), known="answer_lost"),
    Point(
        step="settled_sent by the list",
        hold=LOOK,
        orders=(LOST,),
        known="answer_lost",
        only="gmail",
    ),
    Point(step="settled_not_sent", hold=ASK, orders=(UNSENT,), known="answer_lost"),
    Point(
        step="could_not_ask",
        hold=ASK,
        orders=(LOST, {"operation": ASK, "kind": "status_after", "status": 503}),
        known="answer_lost",
    ),
    Point(
        step="draft_swept",
        hold="delete_draft",
        orders=(
            {
                "operation": "send",
                "kind": "status_before",
                "status": 400,
                "body": {"error": {"code": 400, "message": "Invalid To header"}},
            },
        ),
        known="rejected",
        state=OutboundState.FAILED,
        reason=Reason.REJECTED,
        deliveries=0,
    ),
]
IS_FULL = os.environ.get("POSTRIDER_FULL", "") not in {"", "0"}
# In turn at the one provider and at the other; in full at both.
CASES = [
    pytest.param(point, provider, id=f"{provider}-{point.step}")
    for number, point in enumerate(POINTS)
    for turn, provider in enumerate(SENDERS)
    if point.only == provider or (not point.only and (IS_FULL or number % 2 == turn))
]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(("point", "provider"), CASES)
def test_killed_between_their_commit_and_our_record(
    point: Point, provider: str, server: SandboxServer, tmp_path: Path
) -> None:
    control = server.control
    control.clear_faults()
    control.reset()
    make_profile(tmp_path, server.url, [SENDERS[provider]])
    hold = point.hold if isinstance(point.hold, str) else point.hold[provider]
    for order in point.orders:
        named = order["operation"]
        control.fault(
            **{**order, "operation": named if isinstance(named, str) else named[provider]}
        )
    control.fault(hold, "stall", when=point.when, delay_s=HOLD_S)
    process = start(
        [
            *("send", "--json", "--from", SENDERS[provider], "--to", "jane@northwind.example"),
            *("--subject", point.step, "--text", "Hello"),
        ],
        environment(tmp_path, server.url, **{"send.timeout_s": PATIENCE_S}),
    )
    wait_until(lambda: control.stalled == 1, what=control.requests)
    kill(process)
    with open_profile(tmp_path, server.url) as core:
        (before,) = core.records.list_records(OutboxView.ALL)
        assert core.records.history(before.uid)[-1].event == point.known
        control.release()
        wait_until(lambda: control.stalled == 0)
        wanted = (point.state, point.reason)
        (record,) = settle(
            core, lambda records: all((one.state, one.reason) == wanted for one in records)
        )
    assert len(control.deliveries()) == point.deliveries
    assert record.attempts <= 3
