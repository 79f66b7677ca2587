"""The day's cap over real sockets: what other programs send from the same account counts too."""

from __future__ import annotations

import base64
import json
import urllib.request
from datetime import timedelta

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.errors import QuotaExceeded
from app.domain.outbound import OutboundState, Reason
from app.domain.submission import Submission
from app.domain.texts import error_sentence, history_line, usage_text
from app.gateway.rates import RateGate
from app.outbox.limits import NEWS_REST_S
from app.runtime.cancel import CancelToken
from tests.support.clock import SettableClock
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, settle, sign_in
from tests.support.sandbox import QUICK, sandbox
from tests.support.waiting import wait_until

BOTH = pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
FLAGS = {
    "sync.pause_s": 0.0,
    "limits.gmail_per_day": 6,
    "limits.outlook_per_day": 6,
    "send.timeout_s": 5.0,
}


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running):
    running.control.reset()
    running.control.settings(**QUICK)
    return running


@pytest.fixture
def clock():
    return SettableClock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "profile"


@pytest.fixture
def services(server, folder, address, clock):
    with open_profile(folder, server.url, clock=clock, **FLAGS) as opened:
        sign_in(opened, address)
        yield opened


def account_of(services):
    return services.book.list_accounts()[0]


def today(services):
    account = account_of(services)
    return services.limits.today(account.uid, account.provider)


def sync(services):
    services.conversations.sync(account_of(services).uid, CancelToken())


def post(server, address, path, content_type, body):
    kind = "gmail" if address == ADA_GMAIL else "microsoft"
    token = server.control.token(kind, address)
    request = urllib.request.Request(
        f"{server.url}{path}",
        data=body,
        headers={
            "Authorization": f"Bearer {token['access_token']}",
            "Content-Type": content_type,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"{}")


def send_by_another_program(server, address, subject, *, to=1, cc=0, bcc=0):
    """Send as a phone or a web page does: straight at the provider."""
    people = {
        name: [f"{name.lower()}{number}@elsewhere.example" for number in range(count)]
        for name, count in (("To", to), ("Cc", cc), ("Bcc", bcc))
    }
    lines = [
        f"From: {address}",
        *(f"{name}: {', '.join(who)}" for name, who in people.items() if who),
    ]
    lines += [f"Subject: {subject}", "MIME-Version: 1.0", "Content-Type: text/plain"]
    mime = ("\r\n".join(lines) + "\r\n\r\nFrom my phone").encode()
    if address == ADA_GMAIL:
        raw = base64.urlsafe_b64encode(mime).decode()
        path = "/gmail/v1/users/me/messages/send"
        post(server, address, path, "application/json", json.dumps({"raw": raw}).encode())
    else:
        body = base64.b64encode(mime)
        made = post(server, address, "/graph/v1.0/me/messages", "text/plain", body)
        path = f"/graph/v1.0/me/messages/{made['id']}/send"
        post(server, address, path, "application/json", b"")


def submit(services, subject, *, to=1):
    box = services.book.list_mailboxes()[0]
    people = tuple(Address(f"p{number}@northwind.example") for number in range(to))
    draft = new_draft(ids=services.ids, clock=services.clock, mailbox_uid=box.uid).edited(
        services.clock.now(),
        subject=subject,
        recipients=Recipients(to=people),
        body=Body(BodyMode.PLAIN, "", "Hello"),
    )
    return services.submitter.submit(Submission(draft=draft))


def send(services, subject, *, to=1):
    record = submit(services, subject, to=to)
    settle(services, lambda records: records[-1].state is OutboundState.SENT)
    return record


def let_news_be_read(clock):
    clock.sleep(timedelta(seconds=NEWS_REST_S))


@BOTH
def test_mail_of_another_program_counts_with_everybody_it_went_to(server, services, address, clock):
    # What was there before: mail of the seeded mailbox that is not a day old.
    sync(services)
    before = today(services)
    send_by_another_program(server, address, "from the phone", to=1, cc=1, bcc=2)
    sync(services)
    let_news_be_read(clock)
    after = today(services)
    assert (after.used - before.used, after.elsewhere - before.elsewhere) == (4, 4)
    assert after.frees_at is not None


@BOTH
def test_our_own_mail_is_counted_once_whoever_tells_of_it(server, services, address, clock):
    sync(services)
    before = today(services)
    send(services, "ours", to=2)
    assert today(services).used - before.used == 2
    wait_until(lambda: services.conversations.recent(account_of(services).uid, "ours"))
    sync(services)
    let_news_be_read(clock)
    after = today(services)
    assert (after.used - before.used, after.elsewhere) == (2, before.elsewhere)


@BOTH
def test_a_mail_waits_for_what_another_program_used_up(server, services, folder, address, clock):
    sync(services)
    room = 6 - today(services).used
    send_by_another_program(server, address, "from the phone", to=room)
    sync(services)
    let_news_be_read(clock)
    record = submit(services, "has to wait")
    services.dispatcher.start()
    wait_until(lambda: services.records.find(record.uid).reason is Reason.OWN_LIMIT)
    waiting = services.records.find(record.uid)
    assert waiting.state is OutboundState.QUEUED
    paced = services.records.history(record.uid)[-1]
    usage = today(services)
    words = history_line(paced, waiting.provider, clock.now())
    assert words.evidence == usage_text(6, 6, usage.elsewhere)
    assert usage.elsewhere >= room
    # A caller of the local API is told the same before anything is accepted.
    gate = RateGate(uses=None, clock=clock, per_second=50, per_day=50)
    with pytest.raises(QuotaExceeded) as refused:
        gate.check_mailbox(today(services), 1)
    assert "from other programs" in error_sentence(refused.value)
    services.close()
    # Another start knows it from the store alone.
    with open_profile(folder, server.url, clock=clock, **FLAGS) as again:
        assert (today(again).used, today(again).elsewhere) == (usage.used, usage.elsewhere)
        clock.sleep(timedelta(days=1))
        settle(again, lambda records: records[0].state is OutboundState.SENT)


@pytest.mark.parametrize("address", [ADA_GMAIL])
@pytest.mark.expects_log("outbox: the clock was set by")
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_set_by_a_day_neither_forgets_nor_keeps_what_was_sent(
    server, services, address, clock, days
):
    sync(services)
    room = 6 - today(services).used
    send(services, "as many as may be", to=room)
    clock.set_by(timedelta(days=days))
    record = submit(services, "one too many")
    wait_until(lambda: services.records.find(record.uid).reason is Reason.OWN_LIMIT)
    waits = services.records.find(record.uid).due_at - clock.now()
    assert timedelta() < waits <= timedelta(days=1)
    clock.sleep(timedelta(hours=23))
    services.dispatcher.wake()
    assert services.records.find(record.uid).state is OutboundState.QUEUED
    clock.sleep(timedelta(hours=1, minutes=1))
    settle(services, lambda records: records[-1].state is OutboundState.SENT)
    assert (
        len([one for one in server.control.deliveries() if one["subject"] == "one too many"]) == 1
    )
