"""Headers sum up to conversations; people are counted once; rounds end clean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.address import Address
from app.domain.conversation import Conversation, MessageHeader, ThreadRef
from app.ports import SyncPage, SyncState
from app.store.conversations import SqliteConversations
from app.store.people import SqlitePeople
from app.store.sync import SqliteSync

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
ADA = Address("ada@acme.example", "Ada")
JANE = Address("jane@northwind.example", "Jane Doe")
RAJ = Address("raj@northwind.example")
OWN = ("ADA@acme.example",)
STATE = SyncState(cursor="c1", round=1, since=NOON - timedelta(days=180))


def header(number, thread="t1", *, hours=0, sent=False, sender=JANE, to=(ADA,), subject="Plan"):
    return MessageHeader(
        ref=ThreadRef("a", thread),
        provider_message_id=f"m{number}",
        sent_at=NOON - timedelta(hours=hours),
        subject=subject,
        sender=ADA if sent else sender,
        recipients=to,
        snippet=f"words of {number}",
        is_sent=sent,
    )


@pytest.fixture
def sync(database):
    return SqliteSync(database)


@pytest.fixture
def index(database):
    return SqliteConversations(database)


@pytest.fixture
def people(database):
    return SqlitePeople(database)


def counts(people):
    return {one.address.addr_spec: (one.written, one.received) for one in people.list_people("a")}


def test_messages_of_a_thread_sum_up_over_pages(sync, index):
    sync.apply("a", SyncPage(headers=(header(1, hours=2, subject="Plan"),)), STATE, OWN)
    reply = header(2, hours=1, sent=True, to=(JANE, RAJ), subject="Re: Plan")
    sync.apply("a", SyncPage(headers=(reply,)), STATE, OWN)
    (found,) = index.search("a", "plan raj")
    assert found.message_count == 2
    assert found.subject == "Plan"
    assert found.participants == (JANE, RAJ)
    assert found.last_sender == "Ada"
    assert found.snippet == "words of 2"
    assert index.newest_message_id(ThreadRef("a", "t1")) == "m2"


def test_gone_messages_leave_and_an_empty_conversation_goes(sync, index):
    sync.apply("a", SyncPage(headers=(header(1, hours=2), header(2, hours=1))), STATE, OWN)
    sync.apply("a", SyncPage(gone=("m2", "unknown")), STATE, OWN)
    assert index.search("a", "")[0].snippet == "words of 1"
    sync.apply("a", SyncPage(gone=("m1",)), STATE, OWN)
    assert index.search("a", "") == []
    assert index.search("a", "plan") == []


def test_a_whole_thread_replaces_what_was_known(sync, index):
    sync.apply("a", SyncPage(headers=(header(1), header(2, hours=3))), STATE, OWN)
    sync.apply("a", SyncPage(headers=(header(2, hours=3),), whole_threads=("t1",)), STATE, OWN)
    assert index.search("a", "")[0].message_count == 1
    sync.apply("a", SyncPage(whole_threads=("t1",)), STATE, OWN)
    assert index.search("a", "") == []


def test_people_are_counted_once_however_often_a_page_comes(sync, people):
    page = SyncPage(headers=(header(1), header(2, sent=True, to=(JANE, RAJ, JANE))))
    first = sync.apply("a", page, STATE, OWN)
    assert {one.address for one in first} == {JANE, RAJ}
    assert sync.apply("a", page, STATE, OWN) == []
    assert counts(people) == {JANE.addr_spec: (1, 1), RAJ.addr_spec: (1, 0)}


def test_a_newer_name_wins_over_none_and_over_older(sync, people):
    sync.apply("a", SyncPage(headers=(header(1, sent=True, to=(RAJ,)),)), STATE, OWN)
    named = Address(RAJ.addr_spec, "Raj Patel")
    sync.apply("a", SyncPage(headers=(header(2, hours=9, sender=named),)), STATE, OWN)
    assert people.list_people("a")[0].address == named
    assert people.list_people("a")[0].last_at == NOON


def test_forgotten_people_come_back_only_when_written_to_again(sync, people):
    sync.apply("a", SyncPage(headers=(header(1), header(2, sent=True, to=(RAJ,)))), STATE, OWN)
    people.forget_person(JANE.key, NOON)
    assert JANE.addr_spec not in counts(people)
    old_and_received = (header(3, hours=5, sent=True, to=(JANE,)), header(4, hours=-2))
    sync.apply("a", SyncPage(headers=old_and_received), STATE, OWN)
    assert JANE.addr_spec not in counts(people)
    sync.apply("a", SyncPage(headers=(header(5, hours=-3, sent=True, to=(JANE,)),)), STATE, OWN)
    assert counts(people)[JANE.addr_spec] == (1, 0)


def test_state_is_written_with_the_page(sync):
    assert sync.load_state("a") == SyncState()
    sync.apply("a", SyncPage(headers=(header(1),)), STATE, OWN)
    assert sync.load_state("a") == STATE


def test_a_page_that_fails_leaves_neither_messages_nor_cursor(sync, index):
    broken = header(2, to=(None,))
    with pytest.raises(AttributeError):
        sync.apply("a", SyncPage(headers=(header(1), broken)), STATE, OWN)
    assert sync.load_state("a") == SyncState()
    assert index.search("a", "") == []


def test_the_end_of_a_full_round_sweeps_what_it_did_not_meet(sync, index):
    sync.apply("a", SyncPage(headers=(header(1, "gone"), header(2, "kept"))), STATE, OWN)
    again = SyncState(cursor="c2", round=2, since=STATE.since)
    sync.apply("a", SyncPage(headers=(header(2, "kept"),)), again, OWN)
    sync.finish("a", again, OWN)
    assert [row.ref.thread_id for row in index.search("a", "")] == ["kept"]
    assert sync.load_state("a").is_full is False


def test_what_ended_before_the_first_day_is_pruned(sync, index):
    old = header(1, "old", hours=24 * 200)
    sync.apply("a", SyncPage(headers=(old, header(2, "new"))), STATE, OWN)
    sync.finish("a", STATE, OWN)
    assert [row.ref.thread_id for row in index.search("a", "")] == ["new"]
    assert index.search("a", "plan", limit=5)[0].ref.thread_id == "new"


def test_sent_mail_counts_once_when_the_provider_tells_of_it_too(sync, index, people):
    sync.apply("a", SyncPage(headers=(header(1, hours=2),)), STATE, OWN)
    sent = header(9, hours=0, sent=True, to=(JANE,))
    sync.add_sent("a", sent, OWN)
    assert index.search("a", "")[0].message_count == 2
    sync.apply("a", SyncPage(headers=(sent,)), STATE, OWN)
    assert index.search("a", "")[0].message_count == 2
    assert counts(people)[JANE.addr_spec] == (1, 1)


def test_a_search_result_does_not_replace_what_the_sync_knows_better(sync, index):
    sync.apply("a", SyncPage(headers=(header(1, hours=2), header(2, hours=1))), STATE, OWN)
    partial = Conversation(
        ref=ThreadRef("a", "t1"),
        subject="Part",
        participants=(JANE,),
        snippet="",
        last_at=NOON - timedelta(hours=2),
        message_count=1,
    )
    index.save_conversations([partial])
    assert index.search("a", "")[0].message_count == 2
