"""Writes of several threads in one transaction: each part for itself, all of them durable or none."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.domain.errors import StoreError, StoreFull, TooLate
from app.store.database import Database
from tests.support.waiting import wait_until


@pytest.fixture
def table(database: Database) -> Database:
    with database.write() as connection:
        connection.execute("CREATE TABLE word (word TEXT UNIQUE) STRICT")
    return database


def add(word: str) -> Callable[[sqlite3.Connection], str]:
    def write(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO word (word) VALUES (?)", (word,))
        return word.upper()

    return write


def refuse(connection: sqlite3.Connection) -> str:
    add("refused")(connection)
    raise TooLate(state="sent")


def words(database: Database) -> set[str]:
    return {row[0] for row in database.query("SELECT word FROM word")}


class Crowd:
    """Threads that want to write while another one is in a transaction: they are written together."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.begun = 0
        self._threads = ThreadPoolExecutor(8)

    def write(self, *works: Callable[[sqlite3.Connection], str]) -> list[Future[str]]:
        shared = self.database.shared
        with self.database.write():
            futures = []
            for work in works:
                futures.append(self._threads.submit(shared.run, self._counted(work)))
                # In the order of the works.
                wait_until(lambda: len(shared._waiting) == len(futures))
        self._threads.shutdown(wait=True)
        return futures

    def _counted(
        self, work: Callable[[sqlite3.Connection], str]
    ) -> Callable[[sqlite3.Connection], str]:
        def counted(connection: sqlite3.Connection) -> str:
            self.begun += 1
            return work(connection)

        return counted


def transactions(database: Database) -> list[str]:
    """Note every BEGIN and COMMIT of the writing connection."""
    seen: list[str] = []
    with database.write() as connection:
        pass
    connection.set_trace_callback(
        lambda sql: seen.append(sql) if sql.startswith(("BEGIN", "COMMIT", "ROLLBACK")) else None
    )
    return seen


def test_it_is_written_when_it_returns(table: Database) -> None:
    assert table.shared.run(add("one")) == "ONE"
    assert words(table) == {"one"}


def test_waiting_writes_are_one_transaction(table: Database) -> None:
    seen = transactions(table)

    futures = Crowd(table).write(*(add(f"w{number}") for number in range(6)))

    assert [one.result() for one in futures] == [f"W{number}" for number in range(6)]
    assert words(table) == {f"w{number}" for number in range(6)}
    # One is the transaction they waited for.
    assert seen.count("COMMIT") == 2


def test_what_fails_is_undone_alone(table: Database) -> None:
    table.shared.run(add("taken"))

    first, refused, taken, last = Crowd(table).write(add("a"), refuse, add("taken"), add("b"))

    assert (first.result(), last.result()) == ("A", "B")
    with pytest.raises(TooLate):
        refused.result()
    with pytest.raises(StoreError):
        taken.result()
    assert words(table) == {"taken", "a", "b"}


def test_one_alone_that_fails_leaves_nothing(table: Database) -> None:
    with pytest.raises(TooLate):
        table.shared.run(refuse)

    assert words(table) == set()
    assert table.shared.run(add("next")) == "NEXT"


def test_a_commit_that_fails_fails_for_all(table: Database) -> None:
    def spoil(connection: sqlite3.Connection) -> str:
        # Found only when everything is to be committed.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO child (word) VALUES ('nobody')")
        return ""

    with table.write() as connection:
        connection.execute("CREATE TABLE child (word TEXT REFERENCES word (word)) STRICT")

    futures = Crowd(table).write(add("a"), spoil, add("b"))

    for one in futures:
        with pytest.raises(StoreError):
            one.result()
    assert words(table) == set()
    assert table.shared.run(add("next")) == "NEXT"


def test_a_full_disk_fails_for_all_and_writes_nothing(table: Database) -> None:
    def fill(connection: sqlite3.Connection) -> str:
        connection.execute("PRAGMA max_page_count = 1")  # never below what there is
        connection.execute("CREATE TABLE big (bytes BLOB)")
        connection.execute("INSERT INTO big VALUES (zeroblob(1000000))")
        return ""

    def end(connection: sqlite3.Connection) -> str:
        connection.execute("ROLLBACK")
        raise StoreFull(path="", detail="the transaction is over")

    for spoil in (fill, end):
        crowd = Crowd(table)
        futures = crowd.write(add("a"), spoil, add("b"))
        with table.write() as connection:
            connection.execute("PRAGMA max_page_count = 1073741823")
        failed = [one for one in futures if isinstance(one.exception(), StoreFull)]
        assert futures[1] in failed
        # Either its part alone was undone, or all of it.
        expected = set() if futures[0] in failed else {"a", "b"}
        assert words(table) == expected
        if expected:
            with table.write() as connection:
                connection.execute("DELETE FROM word")


def test_inside_a_transaction_it_belongs_to_that(table: Database) -> None:
    class GivenUpError(Exception):
        pass

    def write() -> None:
        with table.write():
            table.shared.run(add("inner"))
            raise GivenUpError

    with pytest.raises(GivenUpError):
        write()

    assert words(table) == set()


def test_many_threads_lose_nothing_and_wait_for_nobody_for_ever(table: Database) -> None:
    start = threading.Barrier(8)

    def work(thread: int) -> None:
        start.wait()
        for number in range(40):
            if number % 5 == 0:
                with pytest.raises(TooLate):
                    table.shared.run(refuse)
            assert table.shared.run(add(f"{thread}-{number}")) == f"{thread}-{number}"
            assert table.query("SELECT 1 FROM word WHERE word = ?", (f"{thread}-{number}",))

    with ThreadPoolExecutor(8) as threads:
        for one in [threads.submit(work, thread) for thread in range(8)]:
            one.result(60)

    assert words(table) == {f"{thread}-{number}" for thread in range(8) for number in range(40)}
