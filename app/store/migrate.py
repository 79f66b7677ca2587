"""Brings the database to the newest schema by numbered scripts; a newer one is refused.

Before an existing database is changed it is copied beside itself with SQLite's own backup.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from importlib import resources
from typing import TYPE_CHECKING

from app.domain.errors import SchemaTooNew, StoreDamaged, StoreError
from app.store.database import map_error

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.database import Database

log = logging.getLogger("store")


def scripts() -> list[tuple[int, str]]:
    """List the schema scripts as (number, SQL), in order."""
    folder = resources.files("app.store") / "schema"
    found = [
        (int(item.name.split("_")[0]), item.read_text(encoding="utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(database: Database, known: list[tuple[int, str]] | None = None) -> None:
    """Run the scripts the database has not seen; `known` is every script there is.

    Raises:
        SchemaTooNew: a newer Postrider wrote it.
        StoreDamaged: it is not a database.
        StoreFull, StoreBusy, StoreError: it could not be copied or changed, and is as it was.
    """
    known = known or scripts()
    version = int(database.query("PRAGMA user_version")[0][0])
    if version > known[-1][0]:
        raise SchemaTooNew(path=str(database.path), found=version, known=known[-1][0])
    if version == known[-1][0]:
        return
    if version:
        _back_up(database.path, version)
    for number, sql in known:
        if number > version:
            _run(database, number, sql)


def check(database: Database) -> None:
    """Have SQLite check its pages.

    Raises:
        StoreDamaged: `detail` is SQLite's finding.
    """
    answer = database.query("PRAGMA quick_check(1)")[0][0]
    if answer != "ok":
        raise StoreDamaged(path=str(database.path), detail=str(answer))


def _run(database: Database, number: int, sql: str) -> None:
    with database.write() as connection:
        # Another process may have migrated while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone()[0] >= number:
            return
        for statement in _statements(sql):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    log.info("schema is now %d", number)


def _statements(sql: str) -> list[str]:
    """Split a script; executescript() would commit the surrounding transaction."""
    found, waiting = [], ""
    for line in sql.splitlines(keepends=True):
        waiting += line
        if sqlite3.complete_statement(waiting):
            found.append(waiting)
            waiting = ""
    return found


def _back_up(path: Path, version: int) -> None:
    """Copy the database beside itself; a copy that is not whole does not get the name.

    Raises:
        StoreFull, StoreError: there is no copy, so nothing may be changed.
    """
    target = path.with_name(f"{path.name}.before-schema-{version + 1}")
    unfinished = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            # Another process may have migrated meanwhile; then the copy made before it stands.
            is_old = copy.execute("PRAGMA user_version").fetchone()[0] == version
        if is_old:
            unfinished.chmod(0o600)
            unfinished.replace(target)
    except sqlite3.Error as error:
        raise map_error(error, path) from error
    except OSError as error:
        raise StoreError(path=str(target), detail=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)
