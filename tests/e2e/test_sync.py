"""The local index over real sockets: filled, kept in step, resumed, read again when it must be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.domain.address import Address
from app.domain.conversation import ThreadRef
from app.domain.draft import Body, BodyMode, Draft, Recipients
from app.domain.errors import Cancelled, NotFound, Unavailable
from app.domain.events import SyncProgressed
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.runtime.cancel import CancelToken
from app.sandbox.gmail_store import add_message
from app.sandbox.graph_store import arrive
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, settle, sign_in
from tests.support.sandbox import QUICK, sandbox
from tests.support.waiting import wait_until

FLAGS = {"sync.pause_s": 0.0, "sync.every_s": 0.1}
BOTH = pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
PROVIDER = {ADA_GMAIL: "gmail", NINA_OUTLOOK: "microsoft"}
FIRST_CALL = {ADA_GMAIL: "gmail.threads.list", NINA_OUTLOOK: "graph.messages.delta"}


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running):
    running.control.reset()
    running.control.settings(**QUICK)
    yield running
    running.control.clear_faults()


@pytest.fixture
def services(server, tmp_path, address):
    with open_profile(tmp_path / "profile", server.url, **FLAGS) as opened:
        sign_in(opened, address)
        yield opened


@pytest.fixture
def uid(services):
    return services.book.list_accounts()[0].uid


def plant_old(server, address, subject, *, days):
    """Let mail have come so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    raw = letter(address, 1, subject, at)
    with server.sandbox.lock:
        if address == ADA_GMAIL:
            box = server.sandbox.world.gmail[address]
            add_message(server.sandbox, box, raw, ["INBOX"], None, at=at.timestamp())
        else:
            arrive(server.sandbox, address, raw, at=at.timestamp())


def receive(server, address, number, subject):
    return server.control.receive(address, letter(address, number, subject, datetime.now(UTC)))


def letter(address, number, subject, at, *, sender="Olga Novak <olga@fresh.example>"):
    lines = (
        f"From: {sender}",
        f"To: Me <{address}>",
        f"Subject: {subject}",
        f"Message-ID: <fresh-{number}@fresh.example>",
        f"Date: {format_datetime(at)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    )
    return ("\r\n".join(lines) + "\r\n\r\nWords of it").encode()


def sync(services, uid):
    services.conversations.sync(uid, CancelToken())


def subjects(services, uid, text=""):
    return [row.subject for row in services.conversations.recent(uid, text)]


def calls(server, operation):
    return len(server.control.requests(operation=operation))


@BOTH
def test_fills_the_index_from_the_provider(server, services, uid, address):
    sync(services, uid)
    listed = {row.ref for row in services.conversations.recent(uid)}
    account = services.book.get(uid)
    assert listed
    for row in services.conversations.recent(uid):
        assert row.participants
        assert row.last_sender
    found = services.conversations.search(uid, "pricing", CancelToken())
    assert {row.ref for row in found} & listed
    people = services.people.suggest(uid, "example")
    assert people
    assert account.address not in [one.addr_spec for one in people]


@BOTH
def test_new_mail_comes_by_what_changed_alone(server, services, uid, address):
    sync(services, uid)
    before = calls(server, "gmail.threads.list")
    receive(server, address, 1, "Zebra crossing")
    sync(services, uid)
    assert subjects(services, uid, "zebra") == ["Zebra crossing"]
    assert subjects(services, uid)[0] == "Zebra crossing"
    assert calls(server, "gmail.threads.list") == before
    assert services.people.suggest(uid, "olga") == [Address("olga@fresh.example", "Olga Novak")]


@BOTH
def test_stopped_in_the_middle_it_goes_on_where_it_was(server, services, uid, address):
    for number in range(60):
        receive(server, address, number, f"Letter {number:03d}")
    cancel = CancelToken()
    pages = []

    def on_progress(event):
        pages.append(event.done)
        cancel.cancel()

    unsubscribe = services.bus.subscribe(SyncProgressed, on_progress)
    with pytest.raises(Cancelled):
        services.conversations.sync(uid, cancel)
    unsubscribe()
    kept = len(subjects(services, uid, "letter"))
    assert pages
    done = calls(server, FIRST_CALL[address])
    sync(services, uid)
    assert len(subjects(services, uid, "letter")) == 60
    assert kept > 0
    again = server.control.requests(operation=FIRST_CALL[address])[done:]
    # The first request after the break names the page that comes next: nothing is listed twice.
    assert "oken" in again[0]["query"] or address == NINA_OUTLOOK


@BOTH
def test_a_cursor_the_provider_forgot_means_reading_everything_again(
    server, services, uid, address
):
    sync(services, uid)
    count = len(subjects(services, uid))
    ada = address == ADA_GMAIL
    operation = "gmail.history.list" if ada else "graph.messages.delta"
    body = {"error": {"code": "SyncStateNotFound", "message": "gone", "status": "NOT_FOUND"}}
    server.control.fault(operation, "status_before", status=404 if ada else 410, body=body)
    receive(server, address, 1, "After the break")
    sync(services, uid)
    assert len(subjects(services, uid)) == count + 1
    assert subjects(services, uid, "after break") == ["After the break"]


@BOTH
def test_reading_everything_again_loses_nothing_on_the_way(server, services, uid, address):
    for number in range(60):
        receive(server, address, number, f"Letter {number:03d}")
    sync(services, uid)
    known = {row.ref for row in services.conversations.recent(uid, limit=500)}
    counted = services.people.suggest(uid, "olga")
    ada = address == ADA_GMAIL
    operation = "gmail.history.list" if ada else "graph.messages.delta"
    body = {"error": {"code": "SyncStateNotFound", "message": "gone", "status": "NOT_FOUND"}}
    server.control.fault(operation, "status_before", status=404 if ada else 410, body=body)
    cancel, seen = CancelToken(), []

    def on_progress(event):
        seen.append({row.ref for row in services.conversations.recent(uid, limit=500)})
        if len(seen) == 2:
            cancel.cancel()

    unsubscribe = services.bus.subscribe(SyncProgressed, on_progress)
    with pytest.raises(Cancelled):
        services.conversations.sync(uid, cancel)
    unsubscribe()
    assert seen == [known, known]
    sync(services, uid)
    assert {row.ref for row in services.conversations.recent(uid, limit=500)} == known
    assert services.people.suggest(uid, "olga") == counted


@BOTH
def test_what_is_older_than_the_days_is_found_at_the_provider_until_they_are_more(
    server, tmp_path, address
):
    plant_old(server, address, "Antediluvian agreement", days=250)
    profile = tmp_path / "profile"
    with open_profile(profile, server.url, **FLAGS) as opened:
        sign_in(opened, address)
        uid = opened.book.list_accounts()[0].uid
        sync(opened, uid)
        assert subjects(opened, uid, "antediluvian") == []
        [found] = opened.conversations.search(uid, "antediluvian", CancelToken())
        assert found.subject == "Antediluvian agreement"
        assert "Words of it" in opened.conversations.latest(found.ref).text
    with open_profile(profile, server.url, **FLAGS, **{"sync.days": 365}) as opened:
        sync(opened, uid)
        assert subjects(opened, uid, "antediluvian") == ["Antediluvian agreement"]
    with open_profile(profile, server.url, **FLAGS, **{"sync.days": 30}) as opened:
        sync(opened, uid)
        assert subjects(opened, uid, "antediluvian") == []


@BOTH
def test_what_was_deleted_leaves_the_index(server, services, uid, address):
    message_id = receive(server, address, 1, "Soon gone")
    sync(services, uid)
    assert subjects(services, uid, "soon") == ["Soon gone"]
    world = server.sandbox.world
    with server.sandbox.lock:
        if address == ADA_GMAIL:
            from app.sandbox.gmail_store import remove_message

            remove_message(server.sandbox, world.gmail[address], message_id)
        else:
            from app.sandbox.graph_store import delete

            box = world.graph[address]
            delete(server.sandbox, box, box.items[message_id])
    sync(services, uid)
    assert subjects(services, uid, "soon") == []


@pytest.mark.parametrize("address", [NINA_OUTLOOK])
def test_what_was_only_filed_away_stays(server, services, uid, address):
    from app.sandbox.graph_store import move

    message_id = receive(server, address, 1, "Filed away")
    sync(services, uid)
    with server.sandbox.lock:
        box = server.sandbox.world.graph[address]
        move(server.sandbox, box, box.items[message_id], "archive")
    sync(services, uid)
    assert subjects(services, uid, "filed") == ["Filed away"]


@BOTH
def test_sent_mail_stands_in_the_index_before_any_sync(server, services, uid, address):
    mailbox = services.book.list_mailboxes()[0]
    draft = Draft(
        uid=services.ids.new_uid(),
        revision=1,
        mailbox_uid=mailbox.uid,
        recipients=Recipients(to=(Address("wanda@first.example", "Wanda First"),)),
        subject="Quite a new subject",
        body=Body(BodyMode.PLAIN, "", "Dear Wanda, here it is."),
        created_at=services.clock.now(),
        updated_at=services.clock.now(),
    )
    services.submitter.submit(Submission(draft=draft))
    settle(services, lambda records: records[0].state is OutboundState.SENT)
    row = wait_until(lambda: services.conversations.recent(uid, "quite new"))[0]
    assert row.message_count == 1
    assert row.snippet == "Dear Wanda, here it is."
    assert calls(server, FIRST_CALL[address]) == 0
    wait_until(lambda: services.people.suggest(uid, "wan"))
    sync(services, uid)
    assert [one.message_count for one in services.conversations.recent(uid, "quite new")] == [1]


@BOTH
def test_the_background_reads_by_itself_until_it_is_stopped(server, services, uid, address):
    services.conversations.start_sync()
    wait_until(lambda: subjects(services, uid))
    receive(server, address, 1, "By itself")
    wait_until(lambda: subjects(services, uid, "itself"))
    services.conversations.stop_sync()
    receive(server, address, 2, "Too late")
    assert subjects(services, uid, "late") == []


@BOTH
def test_a_message_read_once_is_there_without_the_network(server, services, uid, address):
    receive(server, address, 1, "Kept for later")
    sync(services, uid)
    ref = services.conversations.recent(uid, "kept")[0].ref
    shown = services.conversations.latest(ref)
    server.control.settings(down=True)
    try:
        assert services.conversations.latest(ref) == shown
        with pytest.raises(Unavailable):
            services.conversations.latest(services.conversations.recent(uid)[-1].ref)
    finally:
        server.control.settings(down=False)


@BOTH
def test_a_message_is_fetched_once_and_a_newer_one_is_fetched_then(server, services, uid, address):
    receive(server, address, 1, "Fetched once")
    sync(services, uid)
    ref = services.conversations.recent(uid, "fetched")[0].ref
    whole = "gmail.messages.get" if address == ADA_GMAIL else "graph.messages.get"
    first = services.conversations.latest(ref)
    assert services.conversations.latest(ref) == first
    assert calls(server, whole) == 1
    answer = letter(address, 2, "Re: Fetched once", datetime.now(UTC))
    answer = answer.replace(b"MIME-Version", b"References: <fresh-1@fresh.example>\r\nMIME-Version")
    server.control.receive(address, answer.replace(b"Words of it", b"Newer words"))
    assert "Newer words" in services.conversations.latest(ref).text
    assert calls(server, whole) == 2


@BOTH
def test_a_conversation_that_is_no_more_leaves_when_it_is_opened(server, services, uid, address):
    ref = ThreadRef(uid, "nothing-there")
    with pytest.raises(NotFound):
        services.conversations.latest(ref)
    assert ref not in [row.ref for row in services.conversations.recent(uid)]


@BOTH
def test_removed_account_leaves_no_conversation_and_nobody(server, services, uid, address):
    sync(services, uid)
    services.book.remove(uid)
    assert services.conversations.recent(uid) == []
    assert services.people.suggest(uid, "example") == []
