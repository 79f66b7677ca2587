"""The local index: searching, keeping in step, places in time, originals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.address import Address
from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
from app.store import conversations as module
from app.store.conversations import SqliteConversations

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
JANE = Address("jane@northwind.example", "Jane Doe")


def conversation(number, subject, *, account="a", hours=0, people=(JANE,), snippet=""):
    return Conversation(
        ref=ThreadRef(account, f"t{number}"),
        subject=subject,
        participants=people,
        snippet=snippet,
        last_at=NOON - timedelta(hours=hours),
        message_count=1,
    )


def original(number, text="Hello", account="a"):
    return OriginalMessage(
        ref=ThreadRef(account, f"t{number}"),
        provider_message_id=f"m{number}",
        message_id="<x@y.example>",
        references=("<a@b>", "<c@d>"),
        subject="S",
        sender=JANE,
        to=(JANE,),
        cc=(),
        sent_at=NOON,
        text=text,
        html="",
    )


@pytest.fixture
def index(database):
    return SqliteConversations(database)


def subjects(rows):
    return [row.subject for row in rows]


def test_finds_by_beginnings_of_words_in_subject_people_and_snippet(index):
    index.save_conversations(
        [
            conversation(1, "Pricing for Q3", hours=1, snippet="the naïve plan"),
            conversation(2, "Contract draft", hours=2, people=(Address("raj@pricefield.example"),)),
            conversation(3, "Intro call", hours=3, people=(Address("x@y.example", "Zoë Öztürk"),)),
        ]
    )
    assert subjects(index.search("a", "pric")) == ["Pricing for Q3", "Contract draft"]
    assert subjects(index.search("a", "PRI jane naive")) == ["Pricing for Q3"]
    assert subjects(index.search("a", "zoe oz")) == ["Intro call"]
    assert subjects(index.search("a", "z")) == ["Intro call"]
    assert index.search("a", "pric zoe") == []
    assert index.search("a", "ricing") == []


def test_without_words_gives_the_newest_first(index):
    index.save_conversations([conversation(n, f"S{n}", hours=n) for n in (3, 1, 2)])
    assert subjects(index.search("a", "")) == ["S1", "S2", "S3"]
    assert subjects(index.search("a", " ", limit=2)) == ["S1", "S2"]


@pytest.mark.parametrize("text", ['"', "a*b", "NEAR(", "x OR y", "-a", "^", "a:b", "'; --", "{}"])
def test_query_syntax_is_only_text(index, text):
    index.save_conversations([conversation(1, "Plain")])
    assert index.search("a", text) == []


def test_signs_that_are_no_words_are_looked_for_as_they_are(index):
    index.save_conversations([conversation(1, "5 € each", hours=1), conversation(2, "5 $ each")])
    assert subjects(index.search("a", "€")) == ["5 € each"]


def test_a_changed_conversation_is_found_by_its_new_words_only_and_moves_up(index):
    index.save_conversations([conversation(1, "Alpha", hours=5), conversation(2, "Beta", hours=1)])
    index.save_conversations([conversation(1, "Gamma", hours=0)])
    assert index.search("a", "alpha") == []
    assert subjects(index.search("a", "")) == ["Gamma", "Beta"]
    assert subjects(index.search("a", "gamma")) == ["Gamma"]


def test_conversations_of_the_same_second_all_have_a_place(index):
    index.save_conversations([conversation(n, f"Same {n}") for n in range(50)])
    assert len(index.search("a", "same")) == 50


def test_accounts_are_kept_apart(index):
    index.save_conversations([conversation(1, "Mine"), conversation(1, "Yours", account="b")])
    assert subjects(index.search("a", "")) == ["Mine"]
    assert index.search("a", "yours") == []
    assert index.search("nobody", "mine") == []


@pytest.mark.parametrize("year", [1601, 1970, 2026, 9999])
def test_any_date_has_a_place(index, year):
    there = replace(conversation(1, "Odd"), last_at=datetime(year, 6, 1, tzinfo=UTC))
    index.save_conversations([there])
    assert index.search("a", "odd") == [there]


def test_forgotten_account_leaves_nothing_and_the_index_is_whole(index, database):
    index.save_conversations([conversation(1, "Mine"), conversation(2, "Rest", account="b")])
    index.save_original(original(1))
    index.forget_account("a")
    assert index.search("a", "") == []
    assert index.find_latest(ThreadRef("a", "t1")) is None
    assert subjects(index.search("b", "rest")) == ["Rest"]
    with database.write() as connection:
        # FTS5 compares index and content and raises if they differ.
        connection.execute(
            "INSERT INTO conversation_words (conversation_words, rank)"
            " VALUES ('integrity-check', 1)"
        )
    index.save_conversations([conversation(1, "Back")])
    assert subjects(index.search("a", "")) == ["Back"]


def test_original_comes_back_as_it_was_kept(index):
    index.save_original(original(1, "first"))
    index.save_original(original(1, "second"))
    assert index.find_latest(ThreadRef("a", "t1")) == original(1, "second")


def test_only_so_many_originals_are_kept(index, monkeypatch):
    monkeypatch.setattr(module, "MOST_ORIGINALS", 3)
    for number in range(5):
        index.save_original(original(number))
    kept = [n for n in range(5) if index.find_latest(ThreadRef("a", f"t{n}"))]
    assert kept == [2, 3, 4]
