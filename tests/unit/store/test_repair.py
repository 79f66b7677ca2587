"""What a repaired profile can do: search, filter, write on, and read again what was lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.address import Address
from app.domain.conversation import MessageHeader, ThreadRef
from app.domain.outbound import HistoryEntry, OutboundState, Reason
from app.ports import OutboxView, SyncPage, SyncState
from app.store.conversations import SqliteConversations
from app.store.database import Database
from app.store.migrate import check, migrate
from app.store.record_lists import SqliteLists
from app.store.records import SqliteRecords
from app.store.repair import salvage
from app.store.search_indexes import mend_indexes
from app.store.sync import SqliteSync
from tests.support.mailroom_values import NOW, make_draft, make_record


def header(number: int, subject: str) -> MessageHeader:
    return MessageHeader(
        ref=ThreadRef("a", f"t{number}"),
        provider_message_id=f"m{number}",
        sent_at=NOW,
        subject=subject,
        sender=Address("jane@x.example"),
        recipients=(),
    )


def fill(database: Database) -> None:
    state = SyncState(cursor="far", round=3)
    SqliteSync(database).apply("a", SyncPage(headers=(header(1, "Zebra"),)), state, ())
    for number, subject in enumerate(("Giraffe", "Okapi")):
        record = make_record(
            OutboundState.SENT, Reason.NONE, uid=f"r{number}", content={"subject": subject}
        )
        entry = HistoryEntry(at=NOW, state=OutboundState.SENT, event="submitted", detail={})
        SqliteRecords(database).enqueue(record, make_draft(f"draft-{number}"), entry)


def found(database: Database) -> tuple[list[str], list[str]]:
    """Search and filter in both indexes."""
    threads = [one.subject for one in SqliteConversations(database).search("a", "zebra")]
    match = SqliteLists(database)._match(["ok"])
    rows = database.query("SELECT rowid FROM outbound_words WHERE outbound_words MATCH ?", (match,))
    listed = [one.uid for one in SqliteLists(database).page(OutboxView.SENT, "oka").records]
    assert len(rows) == 1
    return threads, listed


@pytest.fixture
def repaired(database: Database, tmp_path: Path) -> Database:
    fill(database)
    saved = salvage(database.path, tmp_path / "fresh.db")
    assert (saved["outbound"], saved["conversation"]) == (2, 1)
    fresh = Database(tmp_path / "fresh.db")
    migrate(fresh)
    return fresh


def test_a_saved_profile_searches_and_filters_as_before(repaired: Database) -> None:
    assert found(repaired) == (["Zebra"], ["r1"])
    assert mend_indexes(repaired) == ()
    repaired.close()


def test_a_saved_profile_can_be_written_on(repaired: Database) -> None:
    sync = SqliteSync(repaired)
    again = replace(header(1, "Zebra crossing"), snippet="new words")
    sync.apply("a", SyncPage(headers=(again, header(2, "Lion"))), SyncState(round=1), ())
    sync.drop_thread(ThreadRef("a", "t1"))
    check(repaired)
    assert mend_indexes(repaired) == ()
    assert SqliteConversations(repaired).search("a", "zebra") == []
    assert [one.subject for one in SqliteConversations(repaired).search("a", "lion")] == ["Lion"]
    repaired.close()


def test_conversations_are_read_again_from_the_beginning(repaired: Database) -> None:
    sync = SqliteSync(repaired)
    assert sync.load_state("a") == SyncState()
    # What the provider does not have any more goes at the end of that reading.
    state = SyncState(round=1, is_full=True)
    sync.apply("a", SyncPage(headers=(header(2, "Lion"),)), state, ())
    sync.finish("a", state, ())
    assert [one.subject for one in SqliteConversations(repaired).search("a", "")] == ["Lion"]
    repaired.close()


@pytest.mark.parametrize("index", ["conversation_words", "outbound_words"])
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE {index}_data SET block = x'00' WHERE id > 10",
        "DELETE FROM {index}_data WHERE id > 10",
    ],
)
def test_an_index_that_does_not_hold_is_built_anew(
    database: Database, index: str, harm: str
) -> None:
    fill(database)
    assert mend_indexes(database) == ()
    with database.write() as connection:
        assert connection.execute(harm.format(index=index)).rowcount
    database.close()

    assert index in mend_indexes(database)
    assert found(database) == (["Zebra"], ["r1"])
    assert mend_indexes(database) == ()


def test_an_index_without_the_words_of_its_table_is_built_anew(database: Database) -> None:
    fill(database)
    with database.write() as connection:
        connection.execute("INSERT INTO conversation_words (conversation_words) VALUES ('rebuild')")
        connection.execute("UPDATE conversation SET words = 'other'")
    assert mend_indexes(database) == ("conversation_words",)
