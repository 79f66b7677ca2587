from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.errors import IdempotencyConflict, TooLate
from app.domain.history import first_broken_link
from app.domain.outbound import HistoryEntry, OutboundState, Reason, Receipt
from app.ports import KeyClaim, OutboxView
from app.store.database import Database
from app.store.drafts import SqliteDrafts
from app.store.record_rows import CHANGING, COLUMNS, changing_values, record_values
from app.store.records import SqliteRecords
from tests.support.mailroom_values import NOW, make_draft, make_record


@pytest.fixture
def records(database: Database) -> SqliteRecords:
    return SqliteRecords(database)


def entry(event: str = "submitted", state: OutboundState = OutboundState.QUEUED) -> HistoryEntry:
    return HistoryEntry(at=NOW, state=state, event=event, detail={"frozen": "3f9c"})


def test_record_comes_back_as_it_went_in(records: SqliteRecords) -> None:
    record = make_record(receipt=Receipt(provider_message_id="m", differences=("From",)))
    records.enqueue(record, make_draft(), entry())
    assert records.find(record.uid) == record


def test_enqueue_takes_the_draft_out_of_the_drafts(
    records: SqliteRecords, database: Database
) -> None:
    drafts = SqliteDrafts(database)
    draft = make_draft(subject="Pricing")
    drafts.save(draft)
    records.enqueue(make_record(), draft, entry())
    assert drafts.list_drafts() == []
    assert records.submitted_draft("record-1") == draft


def test_same_key_and_content_gives_the_first_record(records: SqliteRecords) -> None:
    key = KeyClaim(scope="cli", key="k", fingerprint="f")
    first = records.enqueue(make_record(), make_draft(), entry(), key)
    second = records.enqueue(make_record(uid="record-2"), make_draft(), entry(), key)
    assert (first.is_replay, second.is_replay) == (False, True)
    assert second.record.uid == "record-1"
    assert len(records.list_records(OutboxView.ALL)) == 1


def test_same_key_for_other_content_is_a_conflict_and_writes_nothing(
    records: SqliteRecords,
) -> None:
    records.enqueue(
        make_record(), make_draft(), entry(), KeyClaim(scope="cli", key="k", fingerprint="f")
    )
    with pytest.raises(IdempotencyConflict):
        records.enqueue(
            make_record(uid="record-2"),
            make_draft(),
            entry(),
            KeyClaim(scope="cli", key="k", fingerprint="other"),
        )
    assert records.find("record-2") is None


def test_same_key_of_another_scope_is_another_key(records: SqliteRecords) -> None:
    for scope, uid in (("cli", "one"), ("window", "two")):
        key = KeyClaim(scope=scope, key="k", fingerprint="f")
        assert not records.enqueue(make_record(uid=uid), make_draft(), entry(), key).is_replay


def test_advance_is_a_compare_and_set(records: SqliteRecords) -> None:
    old = make_record()
    records.enqueue(old, make_draft(), entry())
    sending = replace(old, state=OutboundState.SENDING, attempts=1)
    written = records.advance(old, sending, entry("claimed", OutboundState.SENDING))
    assert written.version == old.version + 1
    assert records.find(old.uid) == written
    with pytest.raises(TooLate):
        records.advance(old, replace(old, state=OutboundState.CANCELLED), entry("cancelled"))
    assert [one.event for one in records.history(old.uid)] == ["submitted", "claimed"]


def test_advance_refuses_what_is_not_in_the_table(records: SqliteRecords) -> None:
    old = make_record(OutboundState.SENT)
    records.enqueue(old, make_draft(), entry())
    with pytest.raises(TooLate):
        records.advance(old, replace(old, state=OutboundState.QUEUED), entry())


def test_taking_back_restores_the_draft_in_the_same_write(
    records: SqliteRecords, database: Database
) -> None:
    old, draft = make_record(), make_draft(subject="Pricing")
    records.enqueue(old, draft, entry())
    cancelled = replace(old, state=OutboundState.CANCELLED, reason=Reason.BY_PERSON)
    records.advance(old, cancelled, entry("taken_back", OutboundState.CANCELLED), draft)
    assert SqliteDrafts(database).load(draft.uid) == draft


def test_history_is_a_chain(records: SqliteRecords) -> None:
    old = make_record()
    records.enqueue(old, make_draft(), entry())
    records.advance(old, replace(old, state=OutboundState.SENDING), entry("claimed"))
    entries = records.history(old.uid)
    assert first_broken_link(old.uid, entries) is None
    assert first_broken_link("another", entries) == 0
    forged = [entries[0], replace(entries[1], event="accepted")]
    assert first_broken_link(old.uid, forged) == 1


def test_views_and_filter_find_by_state_person_and_subject(records: SqliteRecords) -> None:
    for state, uid in ((OutboundState.SENT, "a"), (OutboundState.HELD, "b")):
        records.enqueue(make_record(state, uid=uid), make_draft(), entry())
    records.enqueue(
        make_record(OutboundState.SCHEDULED, Reason.SCHEDULED, uid="c"), make_draft(), entry()
    )
    assert [one.uid for one in records.list_records(OutboxView.SENT)] == ["a"]
    assert [one.uid for one in records.list_records(OutboxView.OUTBOX)] == ["b"]
    assert [one.uid for one in records.list_records(OutboxView.SCHEDULED)] == ["c"]
    assert len(records.list_records(OutboxView.ALL, "PRICING raj@north")) == 3
    assert records.list_records(OutboxView.ALL, "nobody") == []


def test_columns_that_change_are_written_in_the_order_of_the_statement() -> None:
    assert tuple(changing_values(make_record())) == CHANGING
    assert set(record_values(make_record())) == set(COLUMNS)


def test_a_step_just_taken_stands_before_the_next_in_the_chain(records: SqliteRecords) -> None:
    old = make_record()
    records.enqueue(old, make_draft(), entry())
    new = replace(old, state=OutboundState.SENDING)
    written = records.advance(
        old,
        new,
        entry("handing_over", OutboundState.SENDING),
        before=entry("draft_made", OutboundState.SENDING),
    )
    history = records.history(old.uid)
    assert [one.event for one in history] == ["submitted", "draft_made", "handing_over"]
    assert first_broken_link(old.uid, history) is None
    # Two lines, but one change.
    assert written.version == old.version + 1


def test_a_step_just_taken_is_not_written_for_a_change_that_came_too_late(
    records: SqliteRecords,
) -> None:
    old = make_record()
    records.enqueue(old, make_draft(), entry())
    records.advance(old, replace(old, state=OutboundState.SENDING), entry("claimed"))
    with pytest.raises(TooLate):
        records.advance(
            old,
            replace(old, state=OutboundState.CANCELLED),
            entry("cancelled"),
            before=entry("draft_made"),
        )
    assert [one.event for one in records.history(old.uid)] == ["submitted", "claimed"]


def test_a_change_of_nothing_still_raises_the_version(records: SqliteRecords) -> None:
    old = make_record()
    records.enqueue(old, make_draft(), entry())
    written = records.advance(old, old, entry(""))
    assert records.find(old.uid) == written
    with pytest.raises(TooLate):
        records.advance(old, old, entry(""))
