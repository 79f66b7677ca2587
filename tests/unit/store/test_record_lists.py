"""Long lists page by page, counted and filtered as the views say; and what is dismissed leaves them."""

from __future__ import annotations

import random

import pytest

from app.domain.errors import TooLate
from app.domain.outbound import HistoryEntry, OutboundState, Reason
from app.outbox.ledger import Ledger
from app.outbox.outbox import Outbox
from app.ports import OutboxView
from app.runtime.bus import Bus
from app.runtime.clock import RandomIds, SystemClock
from app.store import record_lists
from app.store.database import Database
from app.store.drafts import SqliteDrafts
from app.store.plans import SqlitePlans
from app.store.record_lists import SqliteLists
from app.store.record_rows import _haystack
from app.store.records import SqliteRecords
from tests.support.mailroom_values import NOW, make_draft, make_record

S, R = OutboundState, Reason


@pytest.fixture
def lists(database: Database) -> SqliteLists:
    return SqliteLists(database)


def keep(database: Database, uid: str, state: OutboundState, reason: Reason, subject: str) -> None:
    record = make_record(state, reason, uid=uid, content={"subject": subject})
    entry = HistoryEntry(at=NOW, state=state, event="submitted", detail={})
    SqliteRecords(database).enqueue(record, make_draft(f"draft-{uid}"), entry)


def test_pages_follow_each_other_without_gap_or_repeat(
    database: Database, lists: SqliteLists
) -> None:
    for number in range(7):
        keep(database, f"r{number}", S.SENT, R.NONE, "Pricing")

    found, before = [], None
    while True:
        page = lists.page(OutboxView.SENT, "pricing", before, limit=3)
        found += [one.uid for one in page.records]
        before = page.before
        if before is None:
            break

    assert found == [f"r{number}" for number in range(6, -1, -1)]


def test_lists_hold_no_bodies_and_everything_else(database: Database, lists: SqliteLists) -> None:
    keep(database, "a", S.SENT, R.NONE, "Pricing")

    content = lists.page(OutboxView.SENT).records[0].message.content

    assert (content.text, content.html) == ("", "")
    assert (content.subject, content.message_id) == ("Pricing", "<1@acme.example>")


@pytest.mark.parametrize("text", ["q", "q3", "pric", "RICIN", "pricing jane", "jane@north", 'a "b'])
def test_the_filter_finds_every_word_anywhere(
    database: Database, lists: SqliteLists, text: str
) -> None:
    keep(database, "hit", S.SENT, R.NONE, 'Pricing Q3 a "b')
    keep(database, "other", S.SENT, R.NONE, "zzz")

    found = {one.uid for one in lists.page(OutboxView.SENT, text).records}

    assert "hit" in found
    assert lists.page(OutboxView.SENT, f"{text} nowhere").records == ()


LETTERS = "abcdeéжд中文字😀'\"-. "


@pytest.mark.parametrize("view", [OutboxView.SENT, OutboxView.NOT_SENT, OutboxView.ALL])
def test_what_is_found_is_what_is_there_in_any_script_and_length(
    database: Database, view: OutboxView, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few of everything, so that every way of looking is taken.
    monkeypatch.setattr(record_lists, "NEWEST", 10)
    monkeypatch.setattr(record_lists, "MOST_RUNS", 6)
    rng, lists, kept = random.Random(3), SqliteLists(database), []
    for number in range(60):
        subject = "".join(rng.choices(LETTERS, k=rng.randrange(9)))
        state = rng.choice((S.SENT, S.CANCELLED, S.FAILED))
        keep(database, f"r{number}", state, R.NONE, subject)
        kept.append((f"r{number}", state, SqliteRecords(database).find(f"r{number}")))
    is_in = {OutboxView.SENT: {S.SENT}, OutboxView.NOT_SENT: {S.CANCELLED}, OutboxView.ALL: set(S)}

    for _ in range(150):
        text = "".join(rng.choices(LETTERS, k=rng.randrange(1, 5)))
        expected = [
            uid
            for uid, state, record in reversed(kept)
            if state in is_in[view] and all(one in _haystack(record) for one in text.split())
        ]
        found, before = [], None
        while True:
            page = lists.page(view, text, before, limit=4)
            found += [one.uid for one in page.records]
            before = page.before
            if before is None:
                break
        assert found == expected, repr(text)
        assert lists.uids(view, text) == expected, repr(text)


def test_all_of_a_list_is_counted_and_named_by_how_it_stands(
    database: Database, lists: SqliteLists
) -> None:
    keep(database, "a", S.FAILED, R.REJECTED, "Pricing")
    keep(database, "b", S.FAILED, R.TOO_LARGE, "Pricing")
    keep(database, "c", S.HELD, R.SIGN_IN, "Pricing")
    keep(database, "d", S.FAILED, R.REJECTED, "Other")
    keep(database, "e", S.SENT, R.NONE, "Pricing")

    assert lists.tally(OutboxView.OUTBOX, "pric") == {
        (S.FAILED, R.REJECTED): 1,
        (S.FAILED, R.TOO_LARGE): 1,
        (S.HELD, R.SIGN_IN): 1,
    }
    failed = {(S.FAILED, R.REJECTED), (S.FAILED, R.TOO_LARGE)}
    assert lists.uids(OutboxView.OUTBOX, "pric", failed) == ["b", "a"]
    assert lists.uids(OutboxView.OUTBOX, "", {(S.FAILED, R.REJECTED)}) == ["d", "a"]
    assert lists.uids(OutboxView.OUTBOX, "", set()) == []


def test_every_view_counts_its_own(database: Database, lists: SqliteLists) -> None:
    keep(database, "a", S.SENT, R.NONE, "x")
    keep(database, "b", S.FAILED, R.REJECTED, "x")
    keep(database, "c", S.SCHEDULED, R.SCHEDULED, "x")
    keep(database, "d", S.SCHEDULED, R.UNDO_WINDOW, "x")
    keep(database, "e", S.CANCELLED, R.BY_PERSON, "x")

    assert {view: lists.count(view) for view in OutboxView} == {
        OutboxView.OUTBOX: 2,
        OutboxView.SCHEDULED: 1,
        OutboxView.SENT: 1,
        OutboxView.NOT_SENT: 1,
        OutboxView.ALL: 5,
    }


def test_a_dismissed_failure_leaves_the_outbox_with_its_history(
    database: Database, lists: SqliteLists
) -> None:
    keep(database, "a", S.FAILED, R.REJECTED, "x")
    records, clock = SqliteRecords(database), SystemClock()
    outbox = Outbox(
        ledger=Ledger(records=records, clock=clock, bus=Bus()),
        records=records,
        plans=SqlitePlans(database),
        drafts=SqliteDrafts(database),
        clock=clock,
        ids=RandomIds(),
    )

    outbox.dismiss("a")

    assert lists.count(OutboxView.OUTBOX) == 0
    assert [one.event for one in records.history("a")] == ["submitted", "dismissed"]
    with pytest.raises(TooLate):
        outbox.dismiss("a")
