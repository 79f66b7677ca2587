"""One SQLite file, a connection per reading thread and one that writes. Never on the GUI thread.

WAL with synchronous=FULL: a commit that returned survives a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). Writes begin IMMEDIATE so that two
processes queue up instead of failing half-way; no transaction stays open across network or person.
All threads write through one connection: a connection drops its page cache whenever another has
written, so five of them read 65 pages for each record they insert, and one reads none.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from app.runtime.threads import forbid_gui_thread
from app.store.sharing import SharedWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

BUSY_TIMEOUT_S = 10.0
Row = tuple[Any, ...]
T = TypeVar("T")

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
    """Hands out connections and maps what goes wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._is_durable = True
        self._open: list[sqlite3.Connection] = []
        self.shared = SharedWrites(self)

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Read all rows; inside a transaction of this thread also what it has written so far.

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

        Inside another one of the same thread it belongs to that, which an exception must undo.

        Threads of this process queue up on a lock: SQLite's own waiting is a sleep of up to 100 ms
        between tries, in no order.

        Args:
            durable: False leaves the write to the next durable one (or the next checkpoint) to be
                made safe from a power cut; the end of the process, even kill -9, never loses it.
                Inside another transaction that one's word counts.

        Raises:
            StoreBusy, StoreFull, StoreDamaged, StoreError: nothing was written.
        """
        outer: sqlite3.Connection | None = getattr(self._local, "writing", None)
        try:
            if outer is not None:
                _require_transaction(outer)
                yield outer
                return
            with self._writing:
                yield from self._transaction(durable=durable)
        except sqlite3.Error as error:
            raise map_error(error, self.path) from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one durable transaction of all that is written inside.

        Inside another it is a part of that: undone alone on an exception, committed with the whole.

        Raises:
            StoreBusy, StoreFull, StoreDamaged, StoreError: nothing of it was written.
        """
        outer: sqlite3.Connection | None = getattr(self._local, "writing", None)
        if outer is None:
            with self.write():
                yield
            return
        try:
            yield from _part(outer)
        except sqlite3.Error as error:
            raise map_error(error, self.path) from error

    def _transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        connection = self._writer_connection()
        if durable is not self._is_durable:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._is_durable = durable
        connection.execute("BEGIN IMMEDIATE")
        self._local.writing = connection
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            self._local.writing = None

    def kept(self, name: str, make: Callable[[], T | None]) -> T | None:
        """Give what `make` read, read again only after anybody has written (3 µs instead of 30).

        Each thread keeps its own, since only a connection can tell what others wrote.
        """
        connection = self._connection()
        now = (id(connection), self.data_version())
        memory: dict[str, Any] = self._local.__dict__.setdefault("memory", {})
        if self._local.__dict__.get("memory_of") != now:
            memory.clear()
            self._local.memory_of = now
        found = memory.get(name)
        if found is None:
            found = make()
            # What does not exist is not kept: strangers may ask for any number of such names.
            if found is not None:
                memory[name] = found
        return found

    @property
    def is_writing(self) -> bool:
        """Say whether this thread is inside a transaction."""
        return getattr(self._local, "writing", None) is not None

    def mapped(self, error: Exception) -> Exception:
        """Give the StoreError of what SQLite met; other errors as they are."""
        return map_error(error, self.path) if isinstance(error, sqlite3.Error) else error

    def data_version(self) -> int:
        """Give a number that changes when another connection has written."""
        return int(self.query("PRAGMA data_version")[0][0])

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            connections, self._open = self._open, []
            self._writer, self._is_durable = None, True
        for connection in connections:
            connection.close()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        forbid_gui_thread()
        connection: sqlite3.Connection | None = getattr(self._local, "writing", None)
        if connection is None:
            connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _writer_connection(self) -> sqlite3.Connection:
        forbid_gui_thread()
        if self._writer is None:
            self._writer = self._connect()
        return self._writer

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


def _require_transaction(connection: sqlite3.Connection) -> None:
    """Refuse to go on after a full disk ended the transaction: each write would be one of its own."""
    if not connection.in_transaction:
        raise sqlite3.OperationalError("the transaction is over")


def _part(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a part of an open transaction (https://www.sqlite.org/lang_savepoint.html)."""
    _require_transaction(connection)
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")
