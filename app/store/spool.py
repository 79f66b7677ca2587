"""Rendered messages that are small enough for the database, by their SHA-256.

Below some 100 KB SQLite reads and writes faster than files do
(https://www.sqlite.org/intern-v-extern-blob.html). They stay as long as their records: for ever.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from app.store.database import Database


class SqliteSpool:
    """Reads them; they are written with their records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, sha256: str) -> bytes | None:
        """Give the bytes, None if they are not here."""
        rows = self._database.query("SELECT data FROM spool WHERE sha256 = ?", (sha256,))
        return bytes(rows[0][0]) if rows else None

    def is_whole(self, sha256: str) -> bool:
        """Say whether the bytes are here and still what their name says."""
        data = self.find(sha256)
        return data is not None and hashlib.sha256(data).hexdigest() == sha256


def insert_spool(connection: sqlite3.Connection, sha256: str, data: bytes) -> None:
    """Write a rendered message inside a transaction."""
    connection.execute("INSERT OR IGNORE INTO spool (sha256, data) VALUES (?, ?)", (sha256, data))
