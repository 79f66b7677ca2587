"""Scheduled mail that Outlook keeps: handed over, got back, gone, missing. Real store and sockets.

Two clocks: the computer's (`clock`) and Outlook's (`ahead`), which run apart only where a test says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.compose.replying import new_draft, reply_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients, ReplyMode
from app.domain.errors import TooLate
from app.domain.outbound import DeliveryStep, Keeper, OutboundEmail, OutboundState, Reason
from app.domain.submission import Submission
from app.domain.texts import row_words
from app.paths import Paths
from app.ports import OutboxView
from app.runtime.cancel import CancelToken
from app.sandbox import graph_store
from app.sandbox.server import SandboxServer
from app.services import Services
from app.wiring import open_services
from tests.support.clock import SettableClock
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, QUICK_TIMES, sign_in
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

HOUR = timedelta(hours=1)
JANE = "jane@northwind.example"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    running.control.clear_faults()
    running.control.settings(clock_ahead_s=0.0, keep_deleted_drafts=False)
    running.control.reset()
    return running


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def core(tmp_path: Path, server: SandboxServer, clock: SettableClock) -> Iterator[Services]:
    services = opened(tmp_path, server, clock)
    for address in (ADA_GMAIL, ADA_OUTLOOK):
        sign_in(services, address)
    yield services
    services.close()


def opened(folder: Path, server: SandboxServer, clock: SettableClock) -> Services:
    flags = {**QUICK_TIMES, "sandbox.url": server.url}
    return open_services(Paths(folder), flags, clock=clock)


@pytest.fixture
def pass_time(server: SandboxServer, clock: SettableClock) -> Callable[[timedelta], None]:
    """Let both clocks run on: what a computer that sleeps sees."""

    def run_on(span: timedelta) -> None:
        clock.sleep(span)
        ahead(server, span)

    return run_on


def ahead(server: SandboxServer, span: timedelta) -> None:
    """Let Outlook's clock alone run on."""
    settings = server.control.settings()
    server.control.settings(clock_ahead_s=settings["clock_ahead_s"] + span.total_seconds())


def submit(core: Services, subject: str, after: timedelta = HOUR, **more: Any) -> OutboundEmail:
    sender = more.pop("sender", ADA_OUTLOOK)
    box = next(one for one in core.book.list_mailboxes() if one.address == sender)
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=subject,
        recipients=Recipients(to=(Address(JANE),)),
        body=Body(BodyMode.PLAIN, "", "Hello"),
    )
    not_before = core.clock.now() + after
    return core.submitter.submit(Submission(draft=draft, not_before=not_before, **more))


def get(core: Services, record: OutboundEmail) -> OutboundEmail:
    found = core.records.find(record.uid)
    assert found is not None
    return found


def wait_for(
    core: Services, record: OutboundEmail, state: OutboundState, reason: Reason
) -> OutboundEmail:
    core.dispatcher.start()
    core.dispatcher.wake()
    wait_until(
        lambda: (get(core, record).state, get(core, record).reason) == (state, reason),
        what=lambda: (get(core, record).state, events(core, record)),
    )
    return get(core, record)


def wait_kept(core: Services, record: OutboundEmail) -> OutboundEmail:
    return wait_for(core, record, OutboundState.SCHEDULED, Reason.AT_PROVIDER)


def events(core: Services, record: OutboundEmail) -> list[str]:
    return [one.event for one in core.records.history(record.uid)]


def gone(server: SandboxServer) -> list[str]:
    """Give the subject of every copy that reached somebody."""
    with server.sandbox.lock:
        server.sandbox.settle()
        rows = [one for one in server.sandbox.world.accepted if not one.cancelled]
        delivered = server.sandbox.world.delivered
    subjects = {one.provider_message_id: one.subject for one in rows}
    return [subjects[one.provider_message_id] for one in delivered]


def left_in_drafts(server: SandboxServer) -> list[str]:
    boxes = {one["address"]: one for one in server.control.mailboxes()}
    return [one["subject"] for one in boxes[ADA_OUTLOOK]["messages"] if one["is_draft"]]


# --- handing over ---


def test_outlook_gets_it_at_once_and_sends_it_while_this_computer_is_off(
    core: Services,
    server: SandboxServer,
    clock: SettableClock,
    pass_time: Callable[[timedelta], None],
    tmp_path: Path,
) -> None:
    record = wait_kept(core, submit(core, "tomorrow"))
    assert (record.keeper, record.step) == (Keeper.PROVIDER, DeliveryStep.WAITING)
    assert gone(server) == []
    assert record in core.records.list_records(OutboxView.SCHEDULED)
    words = row_words(record, core.clock.now())
    assert words.why.endswith("even if this computer is off.")
    core.close()
    pass_time(2 * HOUR)
    assert gone(server) == ["tomorrow"]
    again = opened(tmp_path, server, clock)
    try:
        sent = wait_for(again, record, OutboundState.SENT, Reason.NONE)
        wait_until(lambda: "read_back" in events(again, record))
    finally:
        again.close()
    assert sent.sent_at is not None
    assert record.planned_at is not None
    assert sent.sent_at >= record.planned_at
    assert gone(server) == ["tomorrow"]


def test_answer_is_handed_over_like_a_new_message(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    account = next(one for one in core.book.list_accounts() if one.address == ADA_OUTLOOK)
    core.conversations.refresh(account.uid, CancelToken())
    row = core.conversations.recent(account.uid, "")[0]
    box = next(one for one in core.book.list_mailboxes() if one.address == ADA_OUTLOOK)
    draft = reply_draft(
        new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid),
        core.conversations.latest(row.ref),
        ReplyMode.REPLY,
        frozenset({ADA_OUTLOOK}),
        core.clock.now(),
    ).edited(core.clock.now(), body=Body(BodyMode.PLAIN, "", "Hello"))
    record = core.submitter.submit(Submission(draft=draft, not_before=core.clock.now() + HOUR))
    wait_kept(core, record)
    assert gone(server) == []
    pass_time(2 * HOUR)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(gone(server)) == 1


def test_offline_it_waits_here_and_is_handed_over_when_it_can_be(
    core: Services, server: SandboxServer
) -> None:
    server.control.fault("create_draft", "refuse_before", count=2)
    record = wait_for(core, submit(core, "later"), OutboundState.SCHEDULED, Reason.AT_PROVIDER)
    assert events(core, record).count("not_accepted") == 2
    assert {one.state for one in core.records.history(record.uid)} <= {
        OutboundState.SCHEDULED,
        OutboundState.SENDING,
    }


def test_never_handed_over_it_goes_from_here_when_its_moment_has_come(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    server.control.fault("create_draft", "refuse_before", count=-1)
    record = submit(core, "from here")
    wait_for(core, record, OutboundState.SCHEDULED, Reason.HAND_OVER)
    wait_until(lambda: "not_accepted" in events(core, record))
    pass_time(HOUR)
    server.control.clear_faults()
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["from here"]


def test_missed_by_hours_it_asks(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = submit(core, "missed")
    pass_time(5 * HOUR)
    held = wait_for(core, record, OutboundState.HELD, Reason.MISSED)
    assert gone(server) == []
    core.outbox.retry(held.uid)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["missed"]


@pytest.mark.parametrize("more", [{"keeper": Keeper.COMPUTER}, {"sender": ADA_GMAIL}])
def test_who_chooses_this_computer_or_gmail_keeps_it_here(
    core: Services, server: SandboxServer, more: dict[str, Any]
) -> None:
    record = submit(core, "here", **more)
    assert (record.keeper, record.reason) == (Keeper.COMPUTER, Reason.SCHEDULED)
    core.dispatcher.start()
    first = submit(core, "other", sender=more.get("sender", ADA_OUTLOOK))
    wait_until(lambda: get(core, first).state is OutboundState.SCHEDULED)
    assert get(core, record).attempts == 0


def test_what_is_near_its_moment_stays_here(core: Services) -> None:
    record = submit(core, "soon", timedelta(minutes=2))
    assert (record.keeper, record.reason) == (Keeper.COMPUTER, Reason.SCHEDULED)


def test_what_comes_near_its_moment_before_it_is_handed_over_stays_here(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = submit(core, "near")
    pass_time(HOUR - timedelta(minutes=1))
    kept = wait_for(core, record, OutboundState.SCHEDULED, Reason.SCHEDULED)
    assert kept.due_at == kept.planned_at
    pass_time(timedelta(minutes=2))
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["near"]


def test_undo_window_is_kept_before_it_is_handed_over(core: Services) -> None:
    record = submit(core, "oops", undo_s=60.0)
    core.dispatcher.start()
    core.dispatcher.wake()
    draft = core.outbox.take_back(record.uid)
    assert draft is not None
    assert core.drafts.load(draft.uid) == draft
    assert get(core, record).state is OutboundState.CANCELLED


# --- getting it back ---


@pytest.mark.parametrize("soft", [False, True])
def test_cancelled_it_is_gone_from_outlook_and_never_sent(
    core: Services,
    server: SandboxServer,
    pass_time: Callable[[timedelta], None],
    soft: bool,
) -> None:
    server.control.settings(keep_deleted_drafts=soft)
    record = wait_kept(core, submit(core, "no"))
    asked = core.outbox.cancel(record.uid)
    assert (asked.state, asked.reason) == (OutboundState.SCHEDULED, Reason.CANCELLING)
    wait_for(core, record, OutboundState.CANCELLED, Reason.BY_PERSON)
    pass_time(2 * HOUR)
    assert gone(server) == []
    assert soft or left_in_drafts(server) == []


def test_edited_it_is_the_same_draft_again_and_only_then(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "change me"))
    assert core.outbox.take_back(record.uid) is None
    assert core.drafts.load(record.draft_uid) is None
    wait_for(core, record, OutboundState.CANCELLED, Reason.BY_PERSON)
    draft = core.drafts.load(record.draft_uid)
    assert draft is not None
    assert draft.subject == "change me"
    again = core.submitter.submit(Submission(draft=draft, not_before=core.clock.now() + 2 * HOUR))
    wait_kept(core, again)
    pass_time(4 * HOUR)
    wait_for(core, again, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["change me"]


def test_cancel_after_outlook_has_sent_it_says_so(core: Services, server: SandboxServer) -> None:
    record = wait_kept(core, submit(core, "gone"))
    ahead(server, 2 * HOUR)
    core.outbox.cancel(record.uid)
    sent = wait_for(core, record, OutboundState.SENT, Reason.TOO_LATE)
    assert "before it could be stopped" in row_words(sent, core.clock.now()).why
    assert gone(server) == ["gone"]
    wait_until(lambda: "read_back" in events(core, record))
    assert get(core, record).reason is Reason.TOO_LATE


def test_cancel_seconds_before_its_moment_is_too_late_and_is_settled_after_it(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "close"))
    pass_time(HOUR - timedelta(seconds=6))
    core.outbox.cancel(record.uid)
    wait_for(core, record, OutboundState.SCHEDULED, Reason.TOO_LATE)
    assert not [one for one in server.control.requests() if one["operation"] == "messages.delete"]
    pass_time(timedelta(minutes=1))
    wait_for(core, record, OutboundState.SENT, Reason.TOO_LATE)
    assert gone(server) == ["close"]


def test_it_goes_while_it_is_being_deleted_and_is_found_in_sent(
    core: Services, server: SandboxServer
) -> None:
    record = wait_kept(core, submit(core, "race"))
    server.control.fault("delete_draft", "stall", when="before", delay_s=0.4)
    core.outbox.cancel(record.uid)
    wait_until(lambda: server.control.stalled == 1)
    ahead(server, 2 * HOUR)
    wait_for(core, record, OutboundState.SENT, Reason.TOO_LATE)
    assert gone(server) == ["race"]


@pytest.mark.parametrize("kind", ["drop_after", "refuse_before"])
def test_lost_answer_to_the_deletion_is_settled_by_looking(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None], kind: str
) -> None:
    record = wait_kept(core, submit(core, "lost"))
    server.control.fault("delete_draft", kind)
    core.outbox.cancel(record.uid)
    wait_for(core, record, OutboundState.CANCELLED, Reason.BY_PERSON)
    assert "could_not_ask" in events(core, record)
    pass_time(2 * HOUR)
    assert gone(server) == []


def test_cancel_while_outlook_cannot_be_reached_waits_and_says_so(
    core: Services, server: SandboxServer
) -> None:
    record = wait_kept(core, submit(core, "offline"))
    server.control.settings(down=True)
    try:
        core.outbox.cancel(record.uid)
        wait_until(lambda: "could_not_ask" in events(core, record))
        waiting = get(core, record)
        assert (waiting.state, waiting.reason) == (OutboundState.SCHEDULED, Reason.CANCELLING)
        assert "it goes out then" in row_words(waiting, core.clock.now()).why
    finally:
        server.control.settings(down=False)
    wait_for(core, record, OutboundState.CANCELLED, Reason.BY_PERSON)


def test_what_outlook_keeps_is_not_sent_now_by_a_retry(core: Services) -> None:
    record = wait_kept(core, submit(core, "kept"))
    with pytest.raises(TooLate):
        core.outbox.retry(record.uid)


# --- what nobody knows ---


@pytest.mark.parametrize("kind", ["drop_after", "refuse_before", "status_after"])
def test_lost_answer_to_the_handing_over_ends_with_one_delivery(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None], kind: str
) -> None:
    server.control.fault("send", kind, status=504)
    record = wait_kept(core, submit(core, "once"))
    assert "withdrawn" in events(core, record)
    pass_time(2 * HOUR)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["once"]
    assert left_in_drafts(server) == []


def test_deleted_by_hand_in_outlook_it_is_left_to_the_person(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "by hand"))
    with server.sandbox.lock:
        box = server.sandbox.world.graph[ADA_OUTLOOK]
        graph_store.delete(server.sandbox, box, box.items[record.provider_draft_id])
    pass_time(2 * HOUR)
    doubtful = wait_for(core, record, OutboundState.UNCERTAIN, Reason.UNSETTLED)
    assert "not in Sent" in row_words(doubtful, core.clock.now()).why
    assert gone(server) == []
    core.outbox.resolve_again(record.uid)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["by hand"]


def test_stuck_in_outlook_it_is_never_sent_twice(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "stuck"))
    with server.sandbox.lock:
        for timer in server.sandbox.world.timers:
            timer.due_at += 10 * 3600.0
    pass_time(2 * HOUR)
    wait_for(core, record, OutboundState.UNCERTAIN, Reason.UNSETTLED)
    assert gone(server) == []
    core.outbox.resolve_again(record.uid)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    pass_time(20 * HOUR)
    assert gone(server) == ["stuck"]


def test_thrown_away_in_outlook_it_is_said_where_it_lies(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "binned"))
    with server.sandbox.lock:
        box = server.sandbox.world.graph[ADA_OUTLOOK]
        item = box.items[record.provider_draft_id]
        graph_store.hold_back(server.sandbox, item)
        graph_store.move(server.sandbox, box, item, "deleteditems")
    pass_time(2 * HOUR)
    wait_for(core, record, OutboundState.UNCERTAIN, Reason.UNSETTLED)
    found = [one.detail.get("found", "") for one in core.records.history(record.uid)]
    assert "It is unsent in Outlook, in another folder than Drafts." in found
    assert gone(server) == []


def test_lost_answer_near_its_moment_is_asked_about_after_it_for_a_while(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    server.control.fault("send", "drop_after")
    record = submit(core, "near", timedelta(minutes=6))
    wait_for(core, record, OutboundState.UNCERTAIN, Reason.SETTLING)
    pass_time(timedelta(minutes=6) - timedelta(seconds=9))
    with server.sandbox.lock:
        for timer in server.sandbox.world.timers:
            timer.due_at += 10.0
    wait_until(lambda: "asked" in events(core, record))
    pass_time(timedelta(seconds=12))
    assert gone(server) == []
    pass_time(timedelta(seconds=9))
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["near"]


def test_sent_late_by_outlook_it_is_found_when_it_is_there(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "slow"))
    with server.sandbox.lock:
        for timer in server.sandbox.world.timers:
            timer.due_at += 2.0
    pass_time(HOUR)
    wait_for(core, record, OutboundState.UNCERTAIN, Reason.SETTLING)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["slow"]


@pytest.mark.expects_log("outbox: the clock was set by")
def test_our_clock_set_forward_changes_nothing(
    core: Services, server: SandboxServer, clock: SettableClock
) -> None:
    record = wait_kept(core, submit(core, "tomorrow", timedelta(hours=20)))
    clock.set_by(timedelta(days=1))
    core.dispatcher.wake()
    # Asked, because its moment seems to have come; Outlook's clock says that it has not.
    wait_until(lambda: get(core, record).due_at > core.clock.now() + timedelta(hours=19))
    assert (get(core, record).state, get(core, record).reason) == (
        OutboundState.SCHEDULED,
        Reason.AT_PROVIDER,
    )
    assert "not_seen" not in events(core, record)
    assert gone(server) == []


def test_signed_out_account_is_said_and_asked_after_signing_in(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "signed out"))
    server.control.revoke(ADA_OUTLOOK)
    pass_time(2 * HOUR)
    waiting = wait_for(core, record, OutboundState.SCHEDULED, Reason.SIGN_IN)
    assert "sign in to see" in row_words(waiting, core.clock.now()).why
    sign_in(core, ADA_OUTLOOK)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert gone(server) == ["signed out"]


def test_removed_account_leaves_it_to_outlook_and_says_so(
    core: Services, server: SandboxServer, pass_time: Callable[[timedelta], None]
) -> None:
    record = wait_kept(core, submit(core, "removed"))
    account = next(one for one in core.book.list_accounts() if one.address == ADA_OUTLOOK)
    core.book.remove(account.uid)
    pass_time(2 * HOUR)
    waiting = wait_for(core, record, OutboundState.SCHEDULED, Reason.SIGN_IN)
    assert "Outlook has it and sends it" in row_words(waiting, core.clock.now()).why
    assert gone(server) == ["removed"]


def test_moment_outlook_is_told_is_the_chosen_one_in_utc(
    core: Services, server: SandboxServer
) -> None:
    record = wait_kept(core, submit(core, "exact"))
    with server.sandbox.lock:
        item = server.sandbox.world.graph[ADA_OUTLOOK].items[record.provider_draft_id]
        held = datetime.fromisoformat(item.properties["SystemTime 0x3FEF"])
    assert record.planned_at is not None
    assert held == record.planned_at.replace(microsecond=0)
    assert held.utcoffset() == timedelta()
