from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import pytest

from app.domain.errors import StoreError
from app.store.database import Database

T = TypeVar("T")


def insert(database: Database, uid: str, size: int = 1) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO draft VALUES (?, 1, 't', ?)", (uid, "x" * size))


def uids(database: Database) -> list[str]:
    return [row[0] for row in database.query("SELECT uid FROM draft ORDER BY uid")]


def in_thread(work: Callable[[], T]) -> T:
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def both(database: Database, *names: str) -> None:
    with database.together():
        for name in names:
            insert(database, name)


def kept_apart(database: Database, *names: str, size: int = 1) -> str:
    """Write names as one part; give the name of the error it met."""
    try:
        with database.together():
            for name in names:
                insert(database, name, size)
    except StoreError as error:
        return type(error).__name__
    return ""


def write_after_the_end(database: Database) -> None:
    with database.together():
        with database.write() as connection:
            connection.execute("ROLLBACK")
        insert(database, "b")


def set_room(database: Database, pages: int) -> None:
    with database.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")


def test_what_is_written_together_is_seen_by_others_at_its_end(database: Database) -> None:
    with database.together():
        insert(database, "a")
        insert(database, "b")
        assert uids(database) == ["a", "b"]
        assert in_thread(lambda: uids(database)) == []
    assert in_thread(lambda: uids(database)) == ["a", "b"]


def test_what_is_written_together_is_undone_together(database: Database) -> None:
    insert(database, "b")
    with pytest.raises(StoreError):
        both(database, "a", "b")
    assert uids(database) == ["b"]


def test_a_part_is_undone_alone(database: Database) -> None:
    insert(database, "b")
    with database.together():
        told = [kept_apart(database, f"{uid}0", uid) for uid in ("a", "b", "c")]
    assert told == ["", "StoreError", ""]
    assert uids(database) == ["a", "a0", "b", "c", "c0"]


def test_a_full_disk_undoes_the_whole_and_says_so(database: Database) -> None:
    pages = database.query("PRAGMA page_count")[0][0]
    set_room(database, pages + 4)
    told: list[str] = []

    def write() -> None:
        with database.together():
            told.append(kept_apart(database, "a"))
            told.append(kept_apart(database, "b", size=90_000))
            told.append(kept_apart(database, "c"))

    with pytest.raises(StoreError):
        write()
    set_room(database, 1_000_000)

    # SQLite has ended the transaction by itself: c must not be a write of its own.
    assert told == ["", "StoreFull", "StoreError"]
    assert uids(database) == []
    both(database, "d", "e")
    assert uids(database) == ["d", "e"]


def test_nothing_is_written_into_a_transaction_that_is_over(database: Database) -> None:
    told: list[str] = []

    def write_on() -> None:
        with database.together():
            with database.write() as connection:
                connection.execute("ROLLBACK")  # as SQLite does when it meets certain errors
            told.append(kept_apart(database, "a"))

    with pytest.raises(StoreError, match="no transaction"):
        write_on()
    assert told == ["StoreError"]
    with pytest.raises(StoreError, match="over"):
        write_after_the_end(database)
    assert uids(database) == []


def test_threads_write_one_after_the_other(database: Database) -> None:
    def write(name: int) -> None:
        for number in range(20):
            with database.together():
                insert(database, f"{name}-{number}")
                insert(database, f"{name}-{number}-again")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(uids(database)) == 8 * 20 * 2


def test_what_is_kept_is_read_again_once_somebody_has_written(database: Database) -> None:
    reads: list[int] = []

    def count() -> int:
        reads.append(1)
        return len(uids(database)) + 1

    def kept() -> int | None:
        return database.kept("count", count)

    assert (kept(), kept(), len(reads)) == (1, 1, 1)
    insert(database, "a")
    assert (kept(), kept(), len(reads)) == (2, 2, 2)
    with closing(sqlite3.connect(database.path)) as other:
        other.execute("INSERT INTO draft VALUES ('b', 1, 't', 'x')")
        other.commit()
    assert (kept(), kept(), len(reads)) == (3, 3, 3)
    with database.together():
        insert(database, "c")
        assert kept() == 4
    assert kept() == 4


def test_what_is_not_there_is_looked_for_each_time(database: Database) -> None:
    reads: list[int] = []
    for _ in range(3):
        assert database.kept("nothing", lambda: reads.append(1)) is None
    assert len(reads) == 3
