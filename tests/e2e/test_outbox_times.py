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


def test_second_cap_spreads_a_burst_and_delays_no_other(
    tmp_path: Path, server: SandboxServer, control: ControlClient
) -> None:
    flags = {**QUICK_TIMES, "sandbox.url": server.url, "limits.gmail_per_second": 2}
    services = open_services(Paths(tmp_path), {**flags, "send.timeout_s": 10.0})
    try:
        for address in (ADA_GMAIL, ADA_OUTLOOK):
            sign_in(services, address)
        mails = [submit(services, f"gmail {n}") for n in range(5)]
        other = submit(services, "outlook", sender=ADA_OUTLOOK)
        wait_for(services, other, OutboundState.SENT, Reason.NONE)
        for record in mails:
            wait_for(services, record, OutboundState.SENT, Reason.NONE)
            assert "paced" not in [one.event for one in services.records.history(record.uid)]
        found = [services.records.find(record.uid) for record in mails]
        times = sorted(one.sent_at for one in found if one is not None and one.sent_at)
        # Two in any second: the third comes a second after the first, and so on.
        gaps = [
            (later - earlier).total_seconds()
            for earlier, later in zip(times, times[2:], strict=False)
        ]
        assert len(gaps) == 3
        assert min(gaps) > 0.9
    finally:
        services.close()


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


@pytest.mark.expects_log("outbox: the clock was set by")
def test_clock_set_forward_leaves_the_time_to_undo(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    record = submit(core, "oops", undo_s=30)
    core.dispatcher.start()
    wait_until(lambda: core.dispatcher.delivers)
    clock.set_by(DAY)
    wait_until(lambda: due_in(core, record, clock) > timedelta(seconds=20))
    assert state_of(core, record) == (OutboundState.SCHEDULED, Reason.UNDO_WINDOW)
    assert core.outbox.take_back(record.uid).subject == "oops"
    assert control.deliveries() == []


def due_in(core: Services, record: OutboundEmail, clock: SettableClock) -> timedelta:
    found = core.records.find(record.uid)
    assert found is not None
    return found.due_at - clock.now()


@pytest.mark.expects_log("outbox: the clock was set by")
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_set_by_a_day_keeps_the_pause_the_provider_asked_for(
    core: Services, control: ControlClient, clock: SettableClock, days: int
) -> None:
    control.fault("send", "throttle", form="seconds", delay_s=600)
    record = submit(core, "patience")
    wait_for(core, record, OutboundState.QUEUED, Reason.THROTTLED)
    clock.set_by(timedelta(days=days))
    ten = timedelta(minutes=10)
    wait_until(lambda: timedelta(minutes=9) < due_in(core, record, clock) <= ten)
    asked = len([one for one in control.requests() if "send" in one["operation"]])
    clock.sleep(timedelta(minutes=8))
    core.dispatcher.wake()
    assert state_of(core, record) == (OutboundState.QUEUED, Reason.THROTTLED)
    clock.sleep(timedelta(minutes=3))
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len([one for one in control.requests() if "send" in one["operation"]]) == asked + 1
    assert len(control.deliveries()) == 1


@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize("form", ["http_date", "gmail_text"])
def test_a_wrong_clock_makes_no_moment_of_the_provider_s_a_day_away(
    core: Services, control: ControlClient, clock: SettableClock, days: int, form: str
) -> None:
    clock.set_by(timedelta(days=days))
    control.fault("send", "throttle", form=form, delay_s=600)
    record = submit(core, "patience")
    wait_for(core, record, OutboundState.QUEUED, Reason.THROTTLED)
    # Dates have no fractions of a second.
    assert timedelta(minutes=9) < due_in(core, record, clock) <= timedelta(seconds=601)


@pytest.mark.expects_log("outbox: the clock was set by")
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_set_while_nobody_knows_sends_nothing_twice(
    core: Services, control: ControlClient, clock: SettableClock, days: int
) -> None:
    control.fault("send", "status_after", status=503)
    record = submit(core, "settled")
    wait_for(core, record, OutboundState.UNCERTAIN, Reason.SETTLING)
    clock.set_by(timedelta(days=days))
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1


def test_what_was_missed_while_asleep_is_a_list_and_no_burst(
    core: Services, control: ControlClient, clock: SettableClock
) -> None:
    records = [submit(core, f"missed {n}", after=HOUR + timedelta(minutes=n)) for n in range(4)]
    soon = submit(core, "not so late", after=timedelta(hours=8))
    clock.sleep(timedelta(hours=9))
    wait_for(core, soon, OutboundState.SENT, Reason.NONE)
    for record in records:
        wait_for(core, record, OutboundState.HELD, Reason.MISSED)
    assert [one["subject"] for one in control.deliveries()] == ["not so late"]


def twin_of(core: Services, subject: str, words: str, people: tuple[str, ...], sender: str) -> bool:
    box = next(one for one in core.book.list_mailboxes() if one.address == sender)
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=subject,
        recipients=Recipients(to=tuple(Address(one) for one in people)),
        body=Body(BodyMode.HTML, words, ""),
    )
    return "near_duplicate" in {one.code for one in core.submitter.check(draft)}


TWO = ("p0@northwind.example", "p1@northwind.example")


@pytest.mark.parametrize(
    ("subject", "words", "people", "sender", "is_twin"),
    [
        ("Offer", "<p>Hello</p>", TWO, ADA_GMAIL, True),
        ("offer ", "<div>Hello</div>", TWO[::-1], ADA_OUTLOOK, True),
        ("Offer", "<p>Hello</p>", ("P0@NORTHWIND.example", TWO[1]), ADA_GMAIL, True),
        ("Offer", "<p>Hello again</p>", TWO, ADA_GMAIL, False),
        ("Offer 2", "<p>Hello</p>", TWO, ADA_GMAIL, False),
        ("Offer", "<p>Hello</p>", TWO[:1], ADA_GMAIL, False),
    ],
)
def test_the_same_words_to_the_same_people_are_asked_about(
    core: Services, subject: str, words: str, people: tuple[str, ...], sender: str, is_twin: bool
) -> None:
    submit(core, "Offer", to=2)
    assert twin_of(core, subject, words, people, sender) is is_twin


def test_after_ten_minutes_or_a_cancel_the_same_words_may_go_again(
    core: Services, clock: SettableClock
) -> None:
    first = submit(core, "Offer", to=2)
    ask = ("Offer", "<p>Hello</p>", TWO, ADA_GMAIL)
    assert twin_of(core, *ask)
    core.outbox.cancel(first.uid)
    assert not twin_of(core, *ask)
    submit(core, "Offer", to=2)
    clock.sleep(timedelta(minutes=9))
    assert twin_of(core, *ask)
    clock.sleep(timedelta(minutes=2))
    assert not twin_of(core, *ask)


@pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize("kind", ["status_after", "refuse_before"])
def test_a_clock_that_is_a_day_wrong_settles_what_nobody_knows_all_the_same(
    core: Services,
    control: ControlClient,
    clock: SettableClock,
    sender: str,
    days: int,
    kind: str,
) -> None:
    clock.set_by(timedelta(days=days))
    control.fault("send", kind, **({"status": 500} if kind == "status_after" else {}))
    record = submit(core, "by a wrong clock", sender=sender)
    wait_for(core, record, OutboundState.SENT, Reason.NONE)
    assert len(control.deliveries()) == 1
    events = [one.event for one in core.records.history(record.uid)]
    wanted = "settled_sent" if kind == "status_after" else "settled_not_sent"
    assert wanted in events
