"""One SQLite file, one connection per thread, every error mapped here. Never on the GUI thread.

WAL with synchronous=FULL: a commit that returned survives a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). Writes begin IMMEDIATE so that two
processes queue up instead of failing half-way; no transaction stays open across network or person.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.domain.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BUSY_TIMEOUT_S = 10.0
Row = tuple[Any, ...]

_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}
PRIMARY_CODE_MASK = 0xFF


def map_error(error: sqlite3.Error, path: Path) -> StoreError:
    """Give the StoreError that says what SQLite met."""
    code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE_MASK
    return _BY_CODE.get(code, StoreError)(path=str(path), detail=str(error))


class Database:
    """Hands each thread its connection and maps what goes wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._open: list[sqlite3.Connection] = []

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Read all rows.

        Raises:
            StoreBusy, StoreDamaged, StoreError: the file could not be read.
        """
        try:
            return self._connection().execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise map_error(error, self.path) from error

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Run one write transaction: committed and durable at the end, undone on any exception.

        Threads of this process queue up on a lock: SQLite's own waiting is a sleep of up to 100 ms
        between tries, in no order.

        Args:
            durable: False leaves the write to the next durable one (or the next checkpoint) to be
                made safe from a power cut; the end of the process, even kill -9, never loses it.

        Raises:
            StoreBusy, StoreFull, StoreDamaged, StoreError: nothing was written.
        """
        with self._writing:
            try:
                connection = self._connection()
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                yield from self._transaction(connection)
            except sqlite3.Error as error:
                raise map_error(error, self.path) from error

    @staticmethod
    def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def data_version(self) -> int:
        """Give a number that changes when another connection has written."""
        return int(self.query("PRAGMA data_version")[0][0])

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            connection.close()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        forbid_gui_thread()
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            # SQLite would make it with the umask's rights.
            try:
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError as error:
                raise StoreError(path=str(self.path), detail=error.strerror or "") from error
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        with self._lock:
            self._open.append(connection)
        return connection
