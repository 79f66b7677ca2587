"""Moments, caps and clocks: scheduled, late, paced, set forward, set back. Real store and sockets."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.outbound import OutboundEmail, OutboundState, Reason
from app.domain.submission import Submission
from app.paths import Paths
from app.sandbox.server import SandboxServer
from app.services import Services
from app.wiring import open_services
from tests.support.clock import SettableClock
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, QUICK_TIMES, settle, sign_in
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


@pytest.fixture
def control(server: SandboxServer) -> ControlClient:
    client = ControlClient(server.url)
    client.call("POST", "/reset", {})
    return client


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def core(
    tmp_path: Path, server: SandboxServer, control: ControlClient, clock: SettableClock
) -> Iterator[Services]:
    flags = {
        **QUICK_TIMES,
        "sandbox.url": server.url,
        "limits.gmail_per_day": 5,
        "limits.outlook_per_minute": 2,
    }
    services = open_services(Paths(tmp_path), flags, clock=clock)
    for address in (ADA_GMAIL, ADA_OUTLOOK):
        sign_in(services, address)
    yield services
    services.close()


def submit(
    core: Services,
    subject: str,
    *,
    sender: str = ADA_GMAIL,
    to: int = 1,
    after: timedelta | None = None,
    undo_s: float = 0.0,
) -> OutboundEmail:
    box = next(one for one in core.book.list_mailboxes() if one.address == sender)
    people = tuple(Address(f"p{number}@northwind.example") for number in range(to))
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=subject,
        recipients=Recipients(to=people),
        body=Body(BodyMode.PLAIN, "", "Hello"),
    )
    not_before = core.clock.now() + after if after else None
    return core.submitter.submit(Submission(draft=draft, not_before=not_before, undo_s=undo_s))


def state_of(core: Services, record: OutboundEmail) -> tuple[OutboundState, Reason]:
    found = core.records.find(record.uid)
    assert found is not None
    return found.state, found.reason


def wait_for(core: Services, record: OutboundEmail, state: OutboundState, reason: Reason) -> None:
    core.dispatcher.start()
    core.dispatcher.wake()
    wait_until(
        lambda: state_of(core, record) == (state, reason), what=lambda: state_of(core, record)
    )


def test_scheduled_mail_goes_when_its_moment_comes(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    record = submit(core, "later", after=HOUR)
    first = submit(core, "now")
    wait_for(core, first, OutboundState.SENT, Reason.NONE)
    assert state_of(core, record) == (OutboundState.SCHEDULED, Reason.SCHEDULED)
    clock.sleep(HOUR)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert [one["subject"] for one in control.deliveries()] == ["now", "later"]


def test_mail_missed_by_hours_asks_instead_of_going(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    record = submit(core, "missed", after=HOUR)
    clock.sleep(5 * HOUR)
    wait_for(core, record, OutboundState.HELD, Reason.MISSED)
    assert control.deliveries() == []
    core.outbox.retry(record.uid)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)


@pytest.mark.expects_log("outbox: the clock was set by")
def test_clock_set_forward_sends_nothing_early(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    record = submit(core, "tomorrow", after=timedelta(hours=23.5))
    now = submit(core, "now")
    wait_for(core, now, OutboundState.SENT, Reason.NONE)
    clock.set_by(DAY)
    wait_for(core, record, OutboundState.HELD, Reason.MISSED)
    assert len(control.deliveries()) == 1


@pytest.mark.expects_log("outbox: the clock was set by")
def test_clock_set_back_delays_no_pause_by_a_day(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    core.dispatcher.start()
    record = submit(core, "undo window", undo_s=3)
    clock.set_by(-DAY)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1


@pytest.mark.expects_log("outbox: the clock was set by")
def test_clock_set_back_while_off_delays_no_pause_by_a_day(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    record = submit(core, "undo window", undo_s=1)
    clock.set_by(-DAY)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1


def test_day_cap_counts_recipients_and_frees_after_a_day(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    first, second = submit(core, "four", to=4), submit(core, "two more", to=2)
    wait_for(core, first, OutboundState.SENT, Reason.NONE)
    wait_for(core, second, OutboundState.QUEUED, Reason.OWN_LIMIT)
    box = core.book.list_mailboxes()[0]
    usage = core.limits.today(box.account_uid, box.provider)
    assert (usage.used, usage.cap) == (4, 5)
    clock.sleep(DAY)
    wait_for(core, second, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 2


def test_minute_cap_paces_one_account_and_delays_no_other(
    core: Services, control: ControlClient
) -> None:
    paced = [submit(core, f"outlook {n}", sender=ADA_OUTLOOK) for n in range(3)]
    other = submit(core, "gmail")
    wait_for(core, other, OutboundState.SENT, Reason.NONE)
    wait_for(core, paced[2], OutboundState.QUEUED, Reason.OWN_LIMIT)
    assert sorted(one["subject"] for one in control.deliveries()) == [
        "gmail",
        "outlook 0",
        "outlook 1",
    ]


def test_taking_back_gives_exactly_the_version_sent(core: Services) -> None:
    record = submit(core, "oops", undo_s=60)
    draft = core.outbox.take_back(record.uid)
    assert draft.subject == "oops"
    assert core.drafts.load(draft.uid) == draft
    assert state_of(core, record) == (OutboundState.CANCELLED, Reason.BY_PERSON)


def test_refused_mail_leaves_no_draft_at_the_provider(
    core: Services, control: ControlClient
) -> None:
    control.fault("send", "status_before", status=400, body={"error": {"code": 400}})
    record = submit(core, "refused")
    settle(core, lambda records: records[0].state is OutboundState.FAILED)
    wait_for(core, record, OutboundState.FAILED, Reason.REJECTED)
    wait_until(lambda: core.records.history(record.uid)[-1].event == "draft_swept")
    boxes = {one["address"]: one for one in control.call("GET", "/mailboxes")}
    assert "refused" not in str(boxes[ADA_GMAIL])


def test_signing_in_again_resumes_what_was_held(core: Services, control: ControlClient) -> None:
    control.call("POST", f"/accounts/{ADA_GMAIL}/revoke", {})
    record = submit(core, "held")
    wait_for(core, record, OutboundState.HELD, Reason.SIGN_IN)
    sign_in(core, ADA_GMAIL)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1


def test_draft_that_the_person_sent_by_hand_is_not_sent_again(
    core: Services, control: ControlClient, server: SandboxServer
) -> None:
    control.fault("send", "throttle", form="seconds", delay_s=2)
    record = submit(core, "by hand")
    wait_for(core, record, OutboundState.QUEUED, Reason.THROTTLED)
    waiting = core.records.find(record.uid)
    assert waiting is not None
    token = server.control.token("gmail", ADA_GMAIL)
    request = urllib.request.Request(
        f"{server.url}/gmail/v1/users/me/drafts/send",
        data=json.dumps({"id": waiting.provider_draft_id}).encode(),
        headers={
            "Authorization": f"Bearer {token['access_token']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1
    assert "settled_sent" in [one.event for one in core.records.history(record.uid)]
