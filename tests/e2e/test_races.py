"""The person and the couriers at one record at one time: exactly one of them wins. Real store and sockets."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.errors import NotFound, TooLate
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.ports import OutboxView
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, settle, sign_in
from tests.support.sandbox import QUICK, sandbox

MAILS = 40
# No pause between two mails of a mailbox, and no time-out on a busy machine.
FLAGS = {
    "limits.gmail_per_minute": 10_000,
    "limits.outlook_per_minute": 10_000,
    "limits.gmail_per_second": 10_000,
    "limits.outlook_per_second": 10_000,
    "send.timeout_s": 20.0,
    "send.grace_s": 25.0,
}
REST = {OutboundState.SENT, OutboundState.CANCELLED, OutboundState.HELD}


@pytest.fixture(scope="module")
def server():
    with sandbox() as running:
        running.control.settings(**QUICK)
        yield running


@pytest.fixture
def core(server, tmp_path):
    server.control.reset()
    server.control.settings(**QUICK)
    with open_profile(tmp_path / "profile", server.url, **FLAGS) as services:
        sign_in(services, ADA_GMAIL)
        sign_in(services, NINA_OUTLOOK)
        yield services


def submit_all(core):
    boxes = core.book.list_mailboxes()
    uids = {}
    for number in range(MAILS):
        subject = f"race {number}"
        draft = new_draft(
            ids=core.ids, clock=core.clock, mailbox_uid=boxes[number % len(boxes)].uid
        ).edited(
            core.clock.now(),
            subject=subject,
            recipients=Recipients(to=(Address("jane@northwind.example"),)),
            body=Body(BodyMode.PLAIN, "", "Hello"),
        )
        uids[core.submitter.submit(Submission(draft=draft)).uid] = subject
    return uids


def at_once(works):
    """Let all of them begin at one moment; give what each returned or raised TooLate as None."""
    start = threading.Barrier(len(works))

    def run(work):
        start.wait(20)
        try:
            return work()
        except TooLate:
            return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def at_rest(core):
    return settle(core, lambda records: all(one.state in REST for one in records))


def delivered(server):
    return Counter(one["subject"] for one in server.control.deliveries())


@pytest.mark.parametrize("seed", [1, 2])
def test_taken_back_or_sent_never_both_and_never_neither(core, server, seed):
    uids = submit_all(core)
    order = list(uids)
    random.Random(seed).shuffle(order)
    taken = {}

    def take_back(part):
        for uid in part:
            try:
                taken[uid] = core.outbox.take_back(uid)
            except TooLate:
                taken[uid] = None

    core.dispatcher.start()
    at_once([lambda part=order[one::4]: take_back(part) for one in range(4)])
    records = {one.uid: one.state for one in at_rest(core)}
    sent = delivered(server)
    drafts = {one.subject for one in core.drafts.list_drafts(1000)}
    for uid, subject in uids.items():
        is_back = taken[uid] is not None
        assert records[uid] is (OutboundState.CANCELLED if is_back else OutboundState.SENT)
        assert sent[subject] == (0 if is_back else 1), subject
        assert (subject in drafts) is is_back, subject


def test_of_many_who_take_one_back_one_gets_it(core):
    (uid, *_) = submit_all(core)
    found = at_once([lambda: core.outbox.take_back(uid)] * 8)
    assert len([one for one in found if one is not None]) == 1
    assert len([one for one in core.drafts.list_drafts(1000) if one.subject == "race 0"]) == 1


def test_cancel_retry_and_the_couriers_at_once_send_each_at_most_once(core, server):
    uids = submit_all(core)
    acts = [core.outbox.cancel, core.outbox.retry, core.outbox.take_back]

    def meddle(seed):
        own = random.Random(seed)
        for uid in own.sample(list(uids), len(uids)):
            try:
                own.choice(acts)(uid)
            except TooLate:
                continue

    core.dispatcher.start()
    at_once([partial(meddle, seed) for seed in range(3)])
    records = {one.uid: one.state for one in at_rest(core)}
    sent = delivered(server)
    for uid, subject in uids.items():
        assert sent[subject] == (records[uid] is OutboundState.SENT), subject


def test_a_retry_of_a_dismissed_or_unknown_record_sends_nothing(core, server):
    uids = list(submit_all(core))
    core.outbox.cancel(uids[0])
    for act in (core.outbox.retry, core.outbox.resolve_again, core.outbox.resolve_sent):
        with pytest.raises(TooLate):
            act(uids[0])
    with pytest.raises(NotFound):
        core.outbox.retry("nobody")
    assert server.control.deliveries() == []


def test_an_edited_copy_leaves_the_record_and_both_go_once(core, server):
    uid, *others = submit_all(core)
    for other in others:
        core.outbox.cancel(other)
    copies = at_once([lambda: core.outbox.edit_copy(uid) for _ in range(4)])
    assert len({one.uid for one in copies}) == 4
    core.submitter.submit(Submission(draft=copies[0]))
    at_rest(core)
    assert delivered(server) == {"race 0": 2}
    assert len(core.records.list_records(OutboxView.SENT)) == 2
    # The submitted copy is no draft any more, the others still are.
    assert len(core.drafts.list_drafts(100)) == 3
