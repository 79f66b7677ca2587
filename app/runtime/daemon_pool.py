"""Workers for what waits for networks and people: the program ends without waiting for them. No Qt.

`ThreadPoolExecutor` is joined when the interpreter ends; a dead network would hold a closed program
for as long as its request may take. So nothing that must be finished belongs here: a request that
is broken off is a request whose answer was lost, and its records are made for that.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple["Future[Any]", "Callable[[], Any]"]


class DaemonPool:
    """Runs work on up to `count` daemon threads, made when they are needed."""

    def __init__(self, count: int, *, name: str) -> None:
        self._count = count
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._is_closed = False

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run it when a thread is free.

        Raises:
            RuntimeError: the pool is shut.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._is_closed:
                message = "cannot schedule new futures after shutdown"
                raise RuntimeError(message)
            self._jobs.put((future, lambda: work(*args, **kwargs)))
            self._unfinished += 1
            if len(self._threads) < min(self._unfinished, self._count):
                self._begin_thread()
        return future

    def shutdown(self, *, wait_s: float) -> bool:
        """Drop what has not begun, wait a moment for the rest; False if some of it still waits."""
        with self._lock:
            self._is_closed = True
            self._drop_waiting()
            for _ in self._threads:
                self._jobs.put(None)
        end = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _begin_thread(self) -> None:
        name = f"{self._name}_{len(self._threads)}"
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _drop_waiting(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None:
                job[0].cancel()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            _do(*job)
            with self._lock:
                self._unfinished -= 1


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  it belongs to whoever has the future
        future.set_exception(error)
    else:
        future.set_result(result)
