"""One transaction for many requests: each is answered after it, and each fails alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.gateway.batching import MAX_BATCH, Batches
from app.store.database import Database
from app.store.migrate import migrate

TIMEOUT_S = 30.0


@dataclass
class Book:
    """A database whose whole transactions can be made to fail, and what was done in which order."""

    database: Database
    steps: list[str] = field(default_factory=list)
    commits: int = 0
    fails: bool = False
    depth: int = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        self.depth += 1
        try:
            with self.database.together():
                yield
                if self.depth == 1 and self.fails:
                    raise OSError("no commit")
        finally:
            self.depth -= 1
        if self.depth == 0:
            self.commits += 1
            self.steps.append("commit")

    def rows(self) -> list[str]:
        return [row[0] for row in self.database.query("SELECT uid FROM draft ORDER BY uid")]


@dataclass
class Note:
    """A job that writes one row."""

    uid: str
    book: Book
    fails_at: str = ""
    is_known: bool = False
    held: threading.Event | None = None

    def prepare(self, view: str) -> bool:
        assert view == "view"
        if self.held is not None:
            self.held.wait(TIMEOUT_S)
        if self.fails_at == "prepare":
            raise ValueError(self.uid)
        return not self.is_known

    def write(self) -> str:
        if self.is_known:
            return f"known {self.uid}"
        with self.book.database.write() as connection:
            connection.execute("INSERT INTO draft VALUES (?, 1, 't', '')", (self.uid,))
        if self.fails_at == "write":
            raise ValueError(self.uid)
        self.book.steps.append(f"write {self.uid}")
        return f"wrote {self.uid}"

    def announce(self) -> None:
        if self.fails_at == "announce":
            raise ValueError(self.uid)
        self.book.steps.append(f"announce {self.uid}")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    database = Database(tmp_path / "postrider.db")
    migrate(database)
    yield Book(database)
    database.close()


async def next_turn() -> None:
    """Let everything that is due on the loop run once."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_soon(passed.set_result, None)
    await passed


def run(book: Book, *notes: Note) -> list[object]:
    """Give what each of several requests at once came to."""

    async def all_at_once() -> list[object]:
        with ThreadPoolExecutor(1) as thread:
            batches: Batches[str] = Batches(
                thread=thread, together=book.together, make_view=lambda: "view"
            )
            waiting = (batches.run(note) for note in notes)
            return list(await asyncio.gather(*waiting, return_exceptions=True))

    return asyncio.run(asyncio.wait_for(all_at_once(), TIMEOUT_S))


def test_what_comes_at_once_is_one_transaction(book: Book) -> None:
    names = [f"{number:02}" for number in range(MAX_BATCH)]

    given = run(book, *(Note(name, book) for name in names))

    assert given == [f"wrote {name}" for name in names]
    assert book.rows() == names
    assert book.commits == 1


def test_nothing_is_told_before_it_is_committed(book: Book) -> None:
    run(book, Note("a", book), Note("b", book))

    assert book.steps == ["write a", "write b", "commit", "announce a", "announce b"]


@pytest.mark.parametrize("step", ["prepare", "write"])
def test_one_that_is_refused_fails_alone(book: Book, step: str) -> None:
    given = run(book, Note("a", book), Note("b", book, fails_at=step), Note("c", book))

    assert (given[0], given[2]) == ("wrote a", "wrote c")
    assert isinstance(given[1], ValueError)
    assert book.rows() == ["a", "c"]
    assert "announce b" not in book.steps


@pytest.mark.expects_log("gateway: telling of a message met a bug")
def test_a_listener_that_fails_changes_no_answer(book: Book) -> None:
    given = run(book, Note("a", book, fails_at="announce"), Note("b", book))

    assert given == ["wrote a", "wrote b"]
    assert book.steps[-1] == "announce b"


def test_without_a_commit_nobody_is_told_of_one(book: Book) -> None:
    book.fails = True
    known = Note("known", book, is_known=True)

    given = run(book, Note("a", book), known, Note("b", book, fails_at="write"), Note("c", book))

    assert [type(one) for one in given] == [OSError, str, ValueError, OSError]
    assert book.rows() == []
    assert not [step for step in book.steps if step.startswith("announce")]


def test_what_is_known_needs_no_transaction(book: Book) -> None:
    assert run(book, Note("a", book, is_known=True)) == ["known a"]
    assert book.commits == 0


def test_more_than_a_batch_is_worked_off_in_order(book: Book) -> None:
    count = 2 * MAX_BATCH + 1

    given = run(book, *(Note(f"{number:03}", book) for number in range(count)))

    assert given == [f"wrote {number:03}" for number in range(count)]
    assert book.commits == 3


def test_who_comes_while_a_batch_is_written_is_in_the_next(book: Book) -> None:
    held = threading.Event()

    async def main() -> list[str]:
        with ThreadPoolExecutor(1) as thread:
            batches: Batches[str] = Batches(
                thread=thread, together=book.together, make_view=lambda: "view"
            )
            first = asyncio.ensure_future(batches.run(Note("a", book, held=held)))
            await next_turn()
            await next_turn()
            later = [asyncio.ensure_future(batches.run(Note(name, book))) for name in "bc"]
            await next_turn()
            held.set()
            return [await one for one in (first, *later)]

    given = asyncio.run(asyncio.wait_for(main(), TIMEOUT_S))

    assert given == ["wrote a", "wrote b", "wrote c"]
    assert book.commits == 2


def test_who_goes_away_leaves_the_others_their_answers(book: Book) -> None:
    held = threading.Event()

    async def main() -> object:
        with ThreadPoolExecutor(1) as thread:
            batches: Batches[str] = Batches(
                thread=thread, together=book.together, make_view=lambda: "view"
            )
            gone = asyncio.ensure_future(batches.run(Note("a", book, held=held)))
            other = asyncio.ensure_future(batches.run(Note("b", book)))
            await next_turn()
            gone.cancel()
            held.set()
            return await other

    assert asyncio.run(asyncio.wait_for(main(), TIMEOUT_S)) == "wrote b"
    assert book.rows() == ["a", "b"]
