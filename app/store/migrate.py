"""Brings the database to the newest schema by numbered scripts; a newer one is refused.

Before an existing database is changed it is copied beside itself with SQLite's own backup.
"""

from __future__ import annotations

import logging
import sqlite3
from importlib import resources
from typing import TYPE_CHECKING

from app.domain.errors import SchemaTooNew, StoreDamaged

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


def migrate(database: Database) -> None:
    """Run the scripts the database has not seen.

    Raises:
        SchemaTooNew: a newer Postrider wrote it.
        StoreDamaged: it is not a database, or fails SQLite's quick check.
    """
    known = scripts()
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
    target = path.with_name(f"{path.name}.before-schema-{version + 1}")
    source = sqlite3.connect(path)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    target.chmod(0o600)
