"""Saves what can be read of a damaged database into a new one, row by row. Never on the GUI thread.

The damaged file is set aside, never changed. Tables are read forwards to the damage, backwards to
it, and row by row in between (https://www.sqlite.org/recovery.html describes the same approach).
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.errors import ProfileInUse, StoreDamaged
from app.ports import Repaired
from app.runtime.file_lock import lock_file, unlock_file
from app.store.database import Database, map_error
from app.store.migrate import check, migrate
from app.store.plans import SqlitePlans
from app.store.search_indexes import build_all, mend_indexes
from app.store.spool import SqliteSpool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.store.blobs import FileBlobs

log = logging.getLogger("store")
# Between the two ends of the damage, each row id is asked for, up to this many.
MOST_PROBES = 200_000
_COMPANIONS = ("", "-wal", "-shm")


def repair_profile(path: Path, lease: Path, blobs: FileBlobs) -> Repaired:
    """Check a profile's database and files, and replace the database if it is damaged.

    Raises:
        ProfileInUse: a program delivers from it; nothing was touched.
        SchemaTooNew, StoreError: nothing was touched, or the new database cannot be written.
    """
    held = lock_file(lease)
    if held is None:
        raise ProfileInUse(path=str(path), pid="unknown")
    try:
        damage, kept, saved = _damage(path), "", {}
        if damage:
            moved = set_aside(path)
            kept, saved = str(moved), salvage(moved, path)
        found = Repaired(damage=damage, set_aside=kept, saved=saved)
        return _with_files(path, blobs, replace(found, rebuilt=_with_indexes(path)))
    finally:
        unlock_file(held)


def _damage(path: Path) -> str:
    """Say what SQLite finds wrong; empty if the database is whole."""
    database = Database(path)
    try:
        migrate(database)
        check(database)
    except StoreDamaged as error:
        return str(error.params.get("detail") or "no database")
    finally:
        database.close()
    return ""


def _with_indexes(path: Path) -> tuple[str, ...]:
    database = Database(path)
    try:
        return mend_indexes(database)
    finally:
        database.close()


def _with_files(path: Path, blobs: FileBlobs, found: Repaired) -> Repaired:
    database = Database(path)
    try:
        in_use = SqlitePlans(database).blobs_in_use()
        rows = SqliteSpool(database)
        lost = (name for name in in_use if not (blobs.is_whole(name) or rows.is_whole(name)))
        broken = tuple(sorted(lost))
    finally:
        database.close()
    return replace(found, broken_files=broken, freed_bytes=blobs.collect(in_use))


def set_aside(path: Path) -> Path:
    """Rename a database with its companions; give where it is now."""
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for companion in _COMPANIONS:
        source = path.with_name(path.name + companion)
        if source.exists():
            source.rename(target.with_name(target.name + companion))
    return target


def salvage(damaged: Path, fresh: Path) -> dict[str, int]:
    """Make a new database at `fresh` with every row of `damaged` that can be read.

    Returns:
        The number of rows saved, by table. Messages whose row is lost come back as drafts
        ("rescued" counts them); rows that belong to nothing any more are left out.

    Raises:
        StoreError: the new database cannot be written.
    """
    database = Database(fresh)
    try:
        migrate(database)
        # Search indexes (virtual and shadow tables) are built from the others.
        names = [str(row[1]) for row in database.query("PRAGMA table_list") if row[2] == "table"]
        names = [name for name in names if not name.startswith("sqlite_")]
        with _border(fresh), closing(sqlite3.connect(fresh, isolation_level=None)) as target:
            saved = {name: _copy(damaged, target, name) for name in names}
        saved["rescued"] = _mend(database)
        # Only some of the indexes are filled by what is written into their tables.
        build_all(database)
    finally:
        database.close()
    return saved


@contextmanager
def _border(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise map_error(error, path) from error


def _copy(damaged: Path, target: sqlite3.Connection, table: str) -> int:
    wanted = [str(row[1]) for row in target.execute(f"PRAGMA table_info({table})")]
    with closing(sqlite3.connect(damaged)) as source:
        try:
            known = {row[1] for row in source.execute(f"PRAGMA table_info({table})")}
        except sqlite3.Error as error:
            log.info("nothing of %s can be read: %s", table, error)
            return 0
        columns = [name for name in wanted if name in known]
        if not columns:
            return 0
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        count = 0
        # References are not checked here: what belongs to nothing is taken out at the end.
        target.execute("BEGIN IMMEDIATE")
        for row in _rows(source, table, columns):
            with suppress(sqlite3.IntegrityError):
                count += target.execute(insert, row).rowcount
        target.execute("COMMIT")
        return count


def _rows(
    source: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[tuple[object, ...]]:
    """Give every row that can be read; one may come more than once."""
    listed = ", ".join(columns)
    if not _has_rowid(source, table):
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                yield from source.execute(
                    f"SELECT {listed} FROM {table} ORDER BY {columns[0]} {order}"
                )
        return
    reached = {}
    for order in ("ASC", "DESC"):
        rowid = None
        try:
            for rowid, *row in source.execute(
                f"SELECT rowid, {listed} FROM {table} NOT INDEXED ORDER BY rowid {order}"
            ):
                reached[order] = rowid
                yield tuple(row)
        except sqlite3.Error as error:
            log.info("%s is damaged behind row %s: %s", table, rowid, error)
        else:
            return
    first = reached.get("ASC", 0)
    end = reached.get("DESC", first + MOST_PROBES)
    for rowid in range(first + 1, min(end, first + MOST_PROBES)):
        with suppress(sqlite3.Error):
            yield from source.execute(
                f"SELECT {listed} FROM {table} NOT INDEXED WHERE rowid = ?", (rowid,)
            )


def _has_rowid(source: sqlite3.Connection, table: str) -> bool:
    try:
        source.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError as error:
        return "no such column" not in str(error)
    return True


def _mend(database: Database) -> int:
    """Leave no row that belongs to nothing; give a message whose record is lost back as a draft."""
    with database.write() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        rescued = connection.execute(
            "INSERT OR IGNORE INTO draft (uid, revision, updated_at, body)"
            " SELECT json_extract(draft, '$.uid'), coalesce(json_extract(draft, '$.revision'), 0),"
            " coalesce(json_extract(draft, '$.updated_at'), ''), draft FROM outbound_content"
            " WHERE json_valid(draft) AND json_extract(draft, '$.uid') IS NOT NULL"
            " AND uid NOT IN (SELECT uid FROM outbound)"
        ).rowcount
        connection.execute(
            "DELETE FROM outbound WHERE uid NOT IN (SELECT uid FROM outbound_content)"
        )
        for table in ("outbound_content", "outbound_history"):
            connection.execute(f"DELETE FROM {table} WHERE uid NOT IN (SELECT uid FROM outbound)")
        connection.execute("DELETE FROM mailbox WHERE account_uid NOT IN (SELECT uid FROM account)")
        # What was lost of the conversations is read again from the providers, from the beginning.
        connection.execute("DELETE FROM sync_state")
        connection.execute("UPDATE message_header SET round = 0")
    return max(rescued, 0)
