"""Timelines over the real store: each mail once per link, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.contacts.timelines import Timelines, entries_of
from app.domain.account import Account, AccountState, Capability, ProviderKind
from app.domain.contact import TimelineState
from app.domain.draft import Body, BodyMode, ContextLink, Draft, LinkKind, Quote
from app.domain.errors import DraftRejected, StoreBusy
from app.domain.outbound import (
    HistoryEntry,
    Keeper,
    OutboundEmail,
    OutboundState,
    Reason,
    Receipt,
)
from app.domain.submission import Submission
from app.paths import Paths
from app.ports import OutboxView
from app.services import Services
from app.store.database import Database
from app.store.records import SqliteRecords
from app.store.timelines import SqliteTimelines
from app.wiring import open_services
from tests.support.drafts import NOW, draft, mailbox
from tests.support.mailroom_values import make_record, minutes
from tests.support.waiting import wait_until

CONTEXT = ContextLink(LinkKind.CONTEXT, "4711", "ticket")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(Paths(tmp_path / "profile"))
    account = Account(
        uid="a1",
        provider=ProviderKind.GMAIL,
        address="ada@acme.example",
        display_name="Ada Reyes",
        state=AccountState.CONNECTED,
        capabilities=frozenset({Capability.SEND}),
        added_at=NOW,
    )
    opened.accounts.save(account, [mailbox()])
    table = "Name,Email,Plan\nJane Doe,jane@northwind.example,Gold\n"
    opened.contacts.import_contacts(table.encode())
    opened.contacts.import_deals(b"Name,Amount,Id\nRenewal,24000,d1\n")
    yield opened
    opened.close()


def links(services: Services) -> tuple[ContextLink, ...]:
    return (
        services.contacts.link(LinkKind.CONTACT, "jane@northwind.example"),
        services.contacts.link(LinkKind.DEAL, "d1"),
        CONTEXT,
    )


def send(
    services: Services, *, uid: str = "d1", later: bool = False, **changes: Any
) -> OutboundEmail:
    value: Draft = draft(uid=uid, links=links(services), **changes)
    not_before = services.clock.now() + timedelta(hours=1) if later else None
    return services.submitter.submit(Submission(draft=value, source="cli", not_before=not_before))


def move(services: Services, record: OutboundEmail, *states: OutboundState) -> OutboundEmail:
    for state in states:
        now = services.clock.now()
        more: dict[str, Any] = {"state": state, "updated_at": now}
        if state is OutboundState.SENT:
            more |= {"sent_at": now, "receipt": Receipt(provider_message_id="p1")}
        entry = HistoryEntry(at=now, state=state, event=state.value, detail={})
        record = services.records.advance(record, replace(record, **more), entry)
    return record


def deafen(services: Services) -> None:
    """Keep the feed from coming first, so that what is looked at is the one thing at work."""
    services.bus._listeners.clear()


def told(services: Services, link: ContextLink) -> list[tuple[str, str]]:
    entries = services.timelines.list_timeline(link)
    return [(one.record_uid, one.state.value) for one in entries]


def test_an_accepted_mail_is_once_on_each_timeline(services: Services) -> None:
    record = send(services)
    for link in links(services):
        assert told(services, link) == []
    move(services, record, OutboundState.SENDING, OutboundState.SENT)
    for link in links(services):
        assert told(services, link) == [(record.uid, "accepted")]
        assert told(services, link) == [(record.uid, "accepted")]
    entry = services.timelines.list_timeline(CONTEXT)[0]
    assert (entry.subject, entry.recipients) == ("Pricing", ("jane@northwind.example",))
    assert told(services, ContextLink(LinkKind.CONTEXT, "4711", "order")) == []


def test_the_state_follows_the_record_and_stays_one_entry(services: Services) -> None:
    record = send(services, later=True)
    assert told(services, CONTEXT) == [(record.uid, "scheduled")]
    record = move(services, record, OutboundState.SENDING, OutboundState.FAILED)
    assert told(services, CONTEXT) == [(record.uid, "failed")]
    record = move(services, record, OutboundState.QUEUED)
    assert told(services, CONTEXT) == [(record.uid, "failed")]
    move(services, record, OutboundState.SENDING, OutboundState.SENT)
    assert told(services, CONTEXT) == [(record.uid, "accepted")]


def test_a_cancelled_schedule_says_so_and_an_undone_send_says_nothing(services: Services) -> None:
    scheduled = send(services, later=True)
    assert told(services, CONTEXT) == [(scheduled.uid, "scheduled")]
    services.outbox.cancel(scheduled.uid)
    assert told(services, CONTEXT) == [(scheduled.uid, "cancelled")]
    value = draft(uid="d2", links=(CONTEXT,))
    undone = services.submitter.submit(Submission(draft=value, undo_s=10))
    assert told(services, CONTEXT) == [(scheduled.uid, "cancelled")]
    services.outbox.take_back(undone.uid)
    assert told(services, CONTEXT) == [(scheduled.uid, "cancelled")]


def test_newest_comes_first_and_links_named_twice_count_once(services: Services) -> None:
    uids = []
    for number in range(3):
        value = draft(uid=f"d{number}", links=(CONTEXT, CONTEXT))
        record = services.submitter.submit(Submission(draft=value, source="cli"))
        move(services, record, OutboundState.SENDING, OutboundState.SENT)
        uids.append(record.uid)
    assert [uid for uid, _ in told(services, CONTEXT)] == uids[::-1]


def test_the_feed_follows_by_itself(services: Services) -> None:
    record = send(services, later=True)
    database = Database(services.paths.database)
    store = SqliteTimelines(database)
    wait_until(lambda: store.list_entries(CONTEXT), what="the feed")
    services.outbox.cancel(record.uid)

    def is_cancelled() -> bool:
        return store.list_entries(CONTEXT)[0].state is TimelineState.CANCELLED

    wait_until(is_cancelled, what="the feed")
    database.close()


class _Breaking(SqliteTimelines):
    """Stops with an error at one call, as a full disk or a kill would."""

    def __init__(self, database: Database, at: str) -> None:
        super().__init__(database)
        self._at = at

    def _maybe(self, name: str) -> None:
        if self._at == name:
            self._at = ""
            raise StoreBusy(path="", detail=name)

    def collect(self) -> bool:
        self._maybe("before collect")
        found = super().collect()
        self._maybe("after collect")
        return found

    def settle(self, done: Any) -> None:
        self._maybe("before settle")
        super().settle(done)
        self._maybe("after settle")


@pytest.mark.parametrize("at", ["before collect", "after collect", "before settle", "after settle"])
def test_a_break_at_any_point_loses_and_doubles_nothing(services: Services, at: str) -> None:
    database = Database(services.paths.database)
    timelines = Timelines(store=_Breaking(database, at), records=SqliteRecords(database))
    record = _silent(services)
    with pytest.raises(StoreBusy):
        timelines.catch_up()
    assert [one.record_uid for one in timelines.list_timeline(CONTEXT)] == [record.uid]
    assert timelines.catch_up() == 0
    database.close()


def _silent(services: Services) -> OutboundEmail:
    other = draft(uid="silent", links=(CONTEXT,))
    deafen(services)
    record = services.submitter.submit(Submission(draft=other, source="cli"))
    return move(services, record, OutboundState.SENDING, OutboundState.SENT)


def test_an_entry_that_was_read_before_a_change_does_not_undo_it(services: Services) -> None:
    database = Database(services.paths.database)
    store = SqliteTimelines(database)
    deafen(services)
    record = send(services, later=True)
    entries = services.timelines.list_timeline(CONTEXT)
    move(services, record, OutboundState.SENDING, OutboundState.SENT)
    store.collect()
    pending = store.list_pending()
    assert [one.record_uid for one in pending] == [record.uid]
    assert told(services, CONTEXT) == [(record.uid, "accepted")]
    store.settle([(one, entries) for one in pending])
    assert told(services, CONTEXT) == [(record.uid, "accepted")]
    database.close()


def test_many_mails_are_all_told(services: Services) -> None:
    for number in range(300):
        record = services.submitter.submit(
            Submission(draft=draft(uid=f"d{number}", links=(CONTEXT,)), source="cli")
        )
        move(services, record, OutboundState.SENDING, OutboundState.SENT)
    assert len(services.timelines.list_timeline(CONTEXT, limit=1000)) == 300


# --- fields, where a draft is frozen -------------------------------------------------------------


def body(text: str, html: str = "") -> Body:
    return Body(BodyMode.HTML if html else BodyMode.PLAIN, html, text)


def test_what_is_frozen_has_its_values_and_the_draft_keeps_its_fields(services: Services) -> None:
    record = send(
        services,
        later=True,
        subject="{{deal.name}} for {{contact.first_name}}",
        body=body("", "<p>{{contact.plan}} {{deal.amount}} {{me.first_name}} {{me.email}}</p>"),
    )
    content = record.message.content
    assert content.subject == "Renewal for Jane"
    assert "<p>Gold 24,000 Ada ada@acme.example</p>" in content.html
    assert content.text == "Gold 24,000 Ada ada@acme.example"
    again = services.outbox.take_back(record.uid)
    assert again.subject == "{{deal.name}} for {{contact.first_name}}"


def test_unresolved_and_foreign_fields_stop_the_send_with_the_list(services: Services) -> None:
    bad = draft(
        links=links(services),
        subject="{{deal.nope}}",
        body=body("{{contact.nope}} {{first_name}}", "<p>{{contact.nope}} {{first_name}}</p>"),
    )
    names = [
        (one.field, one.params["field_name"])
        for one in services.submitter.check(bad)
        if one.code == "unresolved_field"
    ]
    wanted = [("subject", "deal.nope"), ("body", "contact.nope"), ("body", "first_name")]
    assert names == wanted
    with pytest.raises(DraftRejected) as caught:
        services.submitter.submit(Submission(draft=bad))
    assert [(one.field, one.params["field_name"]) for one in caught.value.problems] == wanted
    assert services.records.list_records(OutboxView.ALL) == []


def test_without_a_link_the_one_recipient_is_the_contact(services: Services) -> None:
    filled = services.submitter.prepare(draft(subject="{{contact.first_name}} {{deal.name|it}}"))
    assert (filled.draft.subject, filled.problems) == ("Jane it", ())


def test_a_linked_contact_that_is_gone_stops_the_send(services: Services) -> None:
    gone = ContextLink(LinkKind.CONTACT, "gone")
    filled = services.submitter.prepare(draft(subject="{{contact.first_name}}", links=(gone,)))
    assert [one.code for one in filled.problems] == ["unresolved_field"]


def test_a_value_cannot_write_a_header(services: Services) -> None:
    table = b'Name,Email,Note\nX,x@x.example,"a\r\nBcc: all@evil.example"\n'
    services.contacts.import_contacts(table)
    link = services.contacts.link(LinkKind.CONTACT, "x@x.example")
    value = draft(subject="{{contact.note}}", links=(link,))
    record = services.submitter.submit(Submission(draft=value, source="cli"))
    assert record.subject == "a Bcc: all@evil.example"
    with services.blobs.open(record.message.sha256) as spool:
        head = spool.read().partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head


def test_quoted_originals_are_left_alone(services: Services) -> None:
    quote = Quote(attribution="Jane wrote:", html="<p>{{their.field}}</p>", text="{{their.field}}")
    filled = services.submitter.prepare(draft(body=body("{{contact.first_name}}"), quote=quote))
    assert (filled.draft.body.text, filled.draft.quote, filled.problems) == ("Jane", quote, ())


def test_mail_that_the_provider_keeps_stands_at_the_moment_that_was_chosen() -> None:
    record = make_record(
        OutboundState.SCHEDULED, Reason.AT_PROVIDER, keeper=Keeper.PROVIDER,
        planned_at=minutes(60), due_at=minutes(75), links=(CONTEXT,),
    )  # fmt: skip
    (entry,) = entries_of(record)
    assert (entry.state, entry.at) == (TimelineState.SCHEDULED, minutes(60))
