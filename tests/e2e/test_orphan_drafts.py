"""No draft of ours stays in a mailbox: whoever was killed, cancelled or answered too late. Real sockets."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.domain.submission import Submission
from app.ports import OutboxView
from tests.support.clock import SettableClock
from tests.support.profile import (
    ADA_GMAIL,
    ADA_OUTLOOK,
    environment,
    make_profile,
    open_profile,
    run,
    settle,
    start,
)
from tests.support.sandbox import QUICK, sandbox
from tests.support.waiting import wait_until

HOLD_S = 60.0
PATIENCE_S = 2.5
# A pause in which a person can press Cancel.
SLOW = {"send.backoff_s": 60.0}
REFUSED = {
    "operation": "send",
    "kind": "status_before",
    "status": 400,
    "body": {"error": {"code": 400, "message": "Invalid To header"}},
}
BOTH = pytest.mark.parametrize("address", [ADA_GMAIL, ADA_OUTLOOK])


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running):
    running.control.clear_faults()
    running.control.reset()
    running.control.settings(**QUICK, down=False)
    yield running
    running.control.clear_faults()


@pytest.fixture
def folder(server, tmp_path, address):
    make_profile(tmp_path, server.url, [address])
    return tmp_path


def drafts(server, address, subject):
    """Give the messages of a mailbox that are drafts of this subject."""
    (box,) = (one for one in server.control.mailboxes() if one["address"] == address)
    found = [one for one in box["messages"] if one["subject"] == subject]
    return [one for one in found if one.get("is_draft") or "DRAFT" in one.get("labels", ())]


def calls(server, operation):
    return len([one for one in server.control.requests() if one["operation"] == operation])


def deletes(server):
    return calls(server, "gmail.drafts.delete") + calls(server, "graph.messages.delete")


def submit(core, subject):
    box = core.book.list_mailboxes()[0]
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=subject,
        recipients=Recipients(to=(Address("jane@northwind.example"),)),
        body=Body(BodyMode.PLAIN, "", "Hello"),
    )
    return core.submitter.submit(Submission(draft=draft)).uid


def events(core, uid):
    return [one.event for one in core.records.history(uid)]


def is_swept(core, uid):
    record = core.records.find(uid)
    return record.step is DeliveryStep.NONE and not record.provider_draft_id


def program(folder, server, subject, address, **settings):
    return start(
        [
            *("send", "--json", "--from", address, "--to", "jane@northwind.example"),
            *("--subject", subject, "--text", "Hello"),
        ],
        environment(folder, server.url, **{"send.timeout_s": PATIENCE_S, **settings}),
    )


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@BOTH
def test_killed_after_a_refusal_the_next_start_removes_the_draft(server, folder, address):
    server.control.fault(**REFUSED)
    # What the killed program asked for is not done either.
    server.control.fault("delete_draft", "refuse_before")
    server.control.fault("delete_draft", "stall", when="before", delay_s=HOLD_S)
    process = program(folder, server, "refused", address)
    wait_until(lambda: server.control.stalled == 1, what=server.control.requests)
    kill(process)
    server.control.release()
    wait_until(lambda: server.control.stalled == 0)
    assert len(drafts(server, address, "refused")) == 1
    with open_profile(folder, server.url) as core:
        (record,) = core.records.list_records(OutboxView.ALL)
        assert record.state is OutboundState.FAILED
        assert record.provider_draft_id
        core.dispatcher.start()
        wait_until(lambda: is_swept(core, record.uid))
        after = core.records.find(record.uid)
        assert (after.state, after.reason) == (OutboundState.FAILED, Reason.REJECTED)
        assert events(core, record.uid)[-2:] == ["rejected", "draft_swept"]
    assert drafts(server, address, "refused") == []
    assert server.control.deliveries() == []


@BOTH
def test_cancelled_while_the_answer_to_its_draft_was_lost_none_is_left(server, folder, address):
    server.control.fault("create_draft", "drop_after")
    with open_profile(folder, server.url, **SLOW) as core:
        uid = submit(core, "lost answer")
        settle(core, lambda records: records[0].reason is Reason.OFFLINE)
        assert len(drafts(server, address, "lost answer")) == 1
        core.outbox.cancel(uid)
        core.dispatcher.wake()
        wait_until(lambda: is_swept(core, uid))
        assert events(core, uid)[-2:] == ["cancelled", "draft_swept"]
    assert drafts(server, address, "lost answer") == []
    assert deletes(server) == 1


@BOTH
def test_killed_with_the_answer_under_way_then_cancelled_by_another_program(
    server, folder, address
):
    server.control.fault("create_draft", "drop_after")
    process = program(folder, server, "lost answer", address, **SLOW)
    with open_profile(folder, server.url) as core:

        def is_waiting():
            records = core.records.list_records(OutboxView.ALL)
            return records[0] if records and records[0].state is OutboundState.QUEUED else None

        record = wait_until(lambda: (found := is_waiting()) and found.attempts and found)
    kill(process)
    code, _, err = run(["outbox", "cancel", "--json", record.uid], environment(folder, server.url))
    assert code == 0, err
    assert len(drafts(server, address, "lost answer")) == 1
    with open_profile(folder, server.url) as core:
        core.dispatcher.start()
        wait_until(lambda: is_swept(core, record.uid))
        assert core.records.find(record.uid).state is OutboundState.CANCELLED
    assert drafts(server, address, "lost answer") == []
    assert server.control.deliveries() == []


@BOTH
def test_a_draft_that_comes_into_being_after_the_cancel_is_met_too(server, folder, address):
    # The request reaches the provider's storage only after we have given up waiting for it.
    server.control.fault("create_draft", "stall", when="before", delay_s=HOLD_S)
    flags = {**SLOW, "send.timeout_s": 0.3, "send.grace_s": 3.0}
    with open_profile(folder, server.url, **flags) as core:
        uid = submit(core, "late draft")
        settle(core, lambda records: records[0].reason is Reason.OFFLINE)
        core.outbox.cancel(uid)
        core.dispatcher.wake()
        wait_until(lambda: core.records.find(uid).asks == 1)
        assert drafts(server, address, "late draft") == []
        server.control.release()
        wait_until(lambda: drafts(server, address, "late draft"))
        wait_until(lambda: is_swept(core, uid))
    assert drafts(server, address, "late draft") == []


@BOTH
def test_a_provider_that_is_away_is_asked_again_later_not_again_and_again(server, folder, address):
    clock = SettableClock()
    server.control.fault("create_draft", "drop_after")
    with open_profile(folder, server.url, clock=clock, **SLOW) as core:
        uid = submit(core, "away")
        settle(core, lambda records: records[0].reason is Reason.OFFLINE)
        server.control.settings(down=True)
        core.outbox.cancel(uid)
        core.dispatcher.wake()
        wait_until(lambda: core.records.find(uid).asks == 2)
        asked = len(server.control.requests())
        core.dispatcher.wake()
        server.control.settings(down=False)
        clock.sleep(timedelta(seconds=301))
        core.dispatcher.wake()
        wait_until(lambda: is_swept(core, uid))
        assert events(core, uid)[-2:] == ["cancelled", "draft_swept"]
        assert asked < len(server.control.requests())
    assert drafts(server, address, "away") == []


@BOTH
def test_cancelled_before_anything_was_tried_asks_the_provider_nothing(server, folder, address):
    with open_profile(folder, server.url) as core:
        uid = submit(core, "never tried")
        core.outbox.cancel(uid)
        before = len(server.control.requests())
        done = submit(core, "goes out")
        settle(core, lambda _: core.records.find(done).state is OutboundState.SENT)
        assert events(core, uid)[-1] == "cancelled"
    assert len(server.control.requests()) > before
    assert deletes(server) == 0
    assert [one["subject"] for one in server.control.deliveries()] == ["goes out"]


@BOTH
def test_of_an_account_that_was_removed_nothing_is_asked_and_the_history_says_so(
    server, folder, address
):
    server.control.fault("create_draft", "drop_after")
    with open_profile(folder, server.url, **SLOW) as core:
        uid = submit(core, "removed")
        settle(core, lambda records: records[0].reason is Reason.OFFLINE)
        core.book.remove(core.book.list_accounts()[0].uid)
        core.outbox.cancel(uid)
        core.dispatcher.wake()
        wait_until(lambda: is_swept(core, uid))
        assert events(core, uid)[-2:] == ["cancelled", "draft_unasked"]
