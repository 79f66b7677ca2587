from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from app.domain.errors import SchemaTooNew, StoreDamaged, StoreError, StoreFull
from app.store.database import Database
from app.store.migrate import check, migrate, scripts


def test_fresh_database_gets_the_newest_schema_and_is_private(tmp_path: Path) -> None:
    database = Database(tmp_path / "postrider.db")
    migrate(database)
    assert database.query("PRAGMA user_version") == [(scripts()[-1][0],)]
    assert stat.S_IMODE((tmp_path / "postrider.db").stat().st_mode) == 0o600
    check(database)
    database.close()


def test_numbers_of_the_scripts_have_no_gap() -> None:
    assert [number for number, _ in scripts()] == list(range(1, len(scripts()) + 1))


def test_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "postrider.db"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 9999")
    other.close()
    database = Database(path)
    with pytest.raises(SchemaTooNew) as caught:
        migrate(database)
    assert caught.value.params["found"] == 9999
    assert database.query("SELECT count(*) FROM sqlite_schema") == [(0,)]
    database.close()


def test_file_that_is_no_database_is_named_damaged(tmp_path: Path) -> None:
    path = tmp_path / "postrider.db"
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    database = Database(path)
    with pytest.raises(StoreDamaged):
        migrate(database)
    assert path.read_bytes().startswith(b"this is not")
    database.close()


def test_write_is_undone_whole_when_it_fails(tmp_path: Path) -> None:
    database = Database(tmp_path / "postrider.db")
    migrate(database)
    row = "INSERT INTO draft VALUES ('a', 1, 't', '{}')"
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(f"{row}, ('b', 1, 't', '{{}}'), ('a', 1, 't', '{{}}')")
    assert database.query("SELECT * FROM draft") == []
    database.close()


def test_full_database_says_full_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = Database(tmp_path / "postrider.db")
    migrate(database)
    pages = database.query("PRAGMA page_count")[0][0]
    with database.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFull), database.write() as connection:
        connection.execute("INSERT INTO draft VALUES ('a', 1, 't', ?)", ("x" * 100_000,))
    assert database.query("SELECT * FROM draft") == []
    database.close()
