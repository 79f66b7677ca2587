"""Mail that Outlook is to keep: every request of handing over and getting back, hurt in every way.

Whatever is hurt, what is to go goes once at its moment, and what was cancelled before it never goes.
The default run takes a selection; `make soak` (POSTRIDER_FULL=1) runs every cell.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.compose.replying import new_draft
from app.domain.account import AccountState
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.outbound import OutboundEmail, OutboundState, Reason
from app.domain.submission import Submission
from app.paths import Paths
from app.sandbox.server import SandboxServer
from app.services import Services
from app.wiring import open_services
from tests.support.clock import SettableClock
from tests.support.fault_cells import FAULTS
from tests.support.profile import ADA_OUTLOOK, QUICK_TIMES, sign_in
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

HOUR = timedelta(hours=1)
KEPT = (OutboundState.SCHEDULED, Reason.AT_PROVIDER)
YOURS = (OutboundState.UNCERTAIN, Reason.UNSETTLED)
# What only a send, or only Gmail, can meet.
_OF_A_SEND = {
    "draft vanished",
    "sent copy late",
    "Message-ID rewritten",
    "immutable id missing",
    "answer dropped, copy late",
    "answer dropped, draft gone",
}
_WITHOUT_BODY = {"read_back", "delete_draft"}
# Its draft is gone and it cannot be known whether Outlook has it elsewhere.
_LEFT_TO_THE_PERSON = {"answer dropped, draft gone"}
SELECTION = {
    "accept, drop answer",
    "refuse before",
    "accept, then 504",
    "429 HTTP date",
    "revoked",
    "answer after timeout",
    "draft vanished",
    "answer dropped, draft gone",
    "answer dropped, copy late",
    "immutable id missing",
}
IS_FULL = os.environ.get("POSTRIDER_FULL", "") not in {"", "0"}


def cells(operations: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (operation, fault)
        for operation in operations
        for fault in FAULTS
        if (IS_FULL or fault in SELECTION)
        and fault != "429 time in text"
        and (operation == "send" or fault not in _OF_A_SEND)
        and not (operation in _WITHOUT_BODY and fault == "reset mid-body")
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def core(tmp_path: Path, server: SandboxServer, clock: SettableClock) -> Iterator[Services]:
    server.control.clear_faults()
    wait_until(lambda: server.control.stalled == 0)
    server.control.settings(clock_ahead_s=0.0)
    server.control.reset()
    flags = {**QUICK_TIMES, "sandbox.url": server.url}
    services = open_services(Paths(tmp_path), flags, clock=clock)
    sign_in(services, ADA_OUTLOOK)
    services.dispatcher.start()
    yield services
    services.close()


def submit(core: Services) -> OutboundEmail:
    draft = new_draft(
        ids=core.ids, clock=core.clock, mailbox_uid=core.book.list_mailboxes()[0].uid
    ).edited(
        core.clock.now(),
        subject="later",
        recipients=Recipients(to=(Address("jane@northwind.example"),)),
        body=Body(BodyMode.PLAIN, "", "Hello"),
    )
    record = core.submitter.submit(Submission(draft=draft, not_before=core.clock.now() + HOUR))
    core.dispatcher.wake()
    return record


def place(core: Services, record: OutboundEmail) -> tuple[OutboundState, Reason]:
    found = core.records.find(record.uid)
    assert found is not None
    return found.state, found.reason


def wait_at(core: Services, record: OutboundEmail, *wanted: tuple[OutboundState, Reason]) -> None:
    """Wait for one of these places; sign in where the account asks for it."""

    def is_there() -> bool:
        if core.book.list_accounts()[0].state is AccountState.SIGNED_OUT:
            sign_in(core, ADA_OUTLOOK)
        core.dispatcher.wake()
        return place(core, record) in wanted

    wait_until(is_there, what=lambda: _story(core, record))


def _story(core: Services, record: OutboundEmail) -> object:
    return place(core, record), [one.event for one in core.records.history(record.uid)]


def hurt(server: SandboxServer, operation: str, fault: str) -> None:
    order = dict(FAULTS[fault])
    kinds = [order.pop("kind"), order.pop("also", "")]
    for kind in filter(None, kinds):
        server.control.fault(operation, kind, provider="microsoft", **order)


def pass_time(server: SandboxServer, clock: SettableClock) -> None:
    clock.sleep(2 * HOUR)
    server.control.settings(clock_ahead_s=2 * 3600.0)


@pytest.mark.parametrize(("operation", "fault"), cells(("create_draft", "update_draft", "send")))
def test_hurt_while_handing_over_it_goes_once(
    operation: str, fault: str, core: Services, server: SandboxServer, clock: SettableClock
) -> None:
    hurt(server, operation, fault)
    record = submit(core)
    is_left = fault in _LEFT_TO_THE_PERSON
    wait_at(core, record, YOURS if is_left else KEPT)
    assert server.control.delivered() == []
    pass_time(server, clock)
    wait_at(core, record, YOURS if is_left else (OutboundState.SENT, Reason.NONE))
    assert len(server.control.delivered(with_raw=False)) == (0 if is_left else 1)


@pytest.mark.parametrize(("operation", "fault"), cells(("read_back", "delete_draft")))
def test_hurt_while_cancelling_it_never_goes(
    operation: str, fault: str, core: Services, server: SandboxServer, clock: SettableClock
) -> None:
    record = submit(core)
    wait_at(core, record, KEPT)
    hurt(server, operation, fault)
    core.outbox.cancel(record.uid)
    wait_at(core, record, (OutboundState.CANCELLED, Reason.BY_PERSON))
    pass_time(server, clock)
    assert server.control.delivered() == []
