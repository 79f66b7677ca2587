"""An object made on first use: once, and closed without standing in the way of its users."""

from __future__ import annotations

import threading

from app.runtime.later import Later


class _Worker:
    """Its close waits for a thread that uses it, as the couriers' does."""

    def __init__(self) -> None:
        self.is_closing = threading.Event()
        self.was_used = threading.Event()

    def use(self) -> None:
        self.was_used.set()

    def close(self) -> None:
        self.is_closing.set()
        assert self.was_used.wait(10)


def test_closing_does_not_keep_the_object_from_a_thread_that_ends_with_it() -> None:
    worker = _Worker()
    later = Later(lambda: worker)
    later.is_closing.is_set()

    def work() -> None:
        worker.is_closing.wait(10)
        later.use()

    thread = threading.Thread(target=work)
    thread.start()
    later.close_if_made()
    thread.join(10)
    assert worker.was_used.is_set()


def test_it_is_made_once_and_not_for_closing() -> None:
    made: list[_Worker] = []

    def make() -> _Worker:
        made.append(_Worker())
        return made[-1]

    later = Later(make)
    later.close_if_made()
    assert made == []
    later.use()
    later.use()
    assert len(made) == 1
