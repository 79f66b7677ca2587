"""Writes of several threads in one transaction: they wait for the disk once, together.

A durable commit waits for the disk, and one file has one commit at a time. What other threads want
to write meanwhile is written by the first of them, all in one transaction, each as a part that is
undone alone. Nobody goes on before the commit that holds his part is durable.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from app.domain.errors import StoreError
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from app.store.database import Database

T = TypeVar("T")


class _Wish(Generic[T]):
    """What one thread wants written, and how it ended."""

    def __init__(self, work: Callable[[sqlite3.Connection], T]) -> None:
        self.work = work
        self.is_over = False
        self.value: T | None = None
        self.error: Exception | None = None
        # Shut until it is over, or until its thread is to write for all.
        self.gate = threading.Lock()
        self.gate.acquire()

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return cast("T", self.value)


class SharedWrites:
    """Gathers what threads of this process write; one of them writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Wish[Any]] = []
        self._is_led = False

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Write; durable when this returns. Another thread may call `work`, with its connection.

        Inside a transaction of this thread it is a part of that.

        Raises:
            StoreBusy, StoreFull, StoreDamaged, StoreError: nothing was written.
            Whatever `work` raises: nothing of its part was written.
        """
        forbid_gui_thread()
        if self._database.is_writing:
            with self._database.write() as connection:
                return work(connection)
        wish = _Wish(work)
        with self._lock:
            self._waiting.append(wish)
            leads, self._is_led = not self._is_led, True
        if not leads:
            wish.gate.acquire()
        if not wish.is_over:
            try:
                self._write_all()
            finally:
                self._hand_over()
        return wish.result()

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting[0].gate.release()
            else:
                self._is_led = False

    def _take(self) -> list[_Wish[Any]]:
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def _write_all(self) -> None:
        wishes: list[_Wish[Any]] = []
        try:
            with self._database.write() as connection:
                # Not before: whoever came while this thread waited for its turn is with us.
                wishes = self._take()
                self._fulfil(wishes, connection)
        except Exception as error:  # noqa: BLE001  it belongs to whoever wished
            self._fail(wishes or self._take(), error)
        except BaseException:
            broken = StoreError(path=str(self._database.path), detail="the write was broken off")
            self._fail(wishes or self._take(), broken)
            raise
        else:
            self._end(wishes)

    def _fulfil(self, wishes: list[_Wish[Any]], connection: sqlite3.Connection) -> None:
        if len(wishes) == 1:
            wishes[0].value = wishes[0].work(connection)
            return
        for wish in wishes:
            connection.execute("SAVEPOINT wish")
            try:
                wish.value = wish.work(connection)
            except Exception as error:
                if not connection.in_transaction:
                    # A full disk may end the whole transaction; then it is over for all.
                    raise
                connection.execute("ROLLBACK TO wish")
                wish.error = self._database.mapped(error)
            connection.execute("RELEASE wish")

    def _fail(self, wishes: list[_Wish[Any]], error: Exception) -> None:
        for wish in wishes:
            wish.error = wish.error or error
        self._end(wishes)

    @staticmethod
    def _end(wishes: list[_Wish[Any]]) -> None:
        for wish in wishes:
            wish.is_over = True
            wish.gate.release()
