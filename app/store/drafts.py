"""Drafts in the database, whole values."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from app.mime.draft_json import draft_from_dict, draft_to_dict
from app.store.times import to_text

if TYPE_CHECKING:
    import sqlite3

    from app.domain.draft import Draft
    from app.store.database import Database

log = logging.getLogger("store")


class SqliteDrafts:
    """Implements `ports.DraftStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, uid: str) -> Draft | None:
        """Give a draft, None if there is none."""
        rows = self._database.query("SELECT body FROM draft WHERE uid = ?", (uid,))
        return draft_from_dict(json.loads(rows[0][0])) if rows else None

    def save(self, draft: Draft) -> None:
        """Keep this revision unless a newer one is kept already."""
        with self._database.write() as connection:
            insert_draft(connection, draft)

    def discard(self, uid: str) -> None:
        """Forget a draft."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM draft WHERE uid = ?", (uid,))

    def list_drafts(self, limit: int = 200) -> list[Draft]:
        """Give the drafts, newest first."""
        rows = self._database.query(
            "SELECT body FROM draft ORDER BY updated_at DESC LIMIT ?", (limit,)
        )
        return [draft_from_dict(json.loads(row[0])) for row in rows]


def insert_draft(connection: sqlite3.Connection, draft: Draft) -> None:
    """Write a draft inside a transaction; an older revision changes nothing."""
    connection.execute(
        "INSERT INTO draft (uid, revision, updated_at, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (uid) DO UPDATE SET revision = excluded.revision,"
        " updated_at = excluded.updated_at, body = excluded.body"
        " WHERE excluded.revision >= draft.revision",
        (draft.uid, draft.revision, to_text(draft.updated_at), dump_draft(draft)),
    )


def dump_draft(draft: Draft) -> str:
    """Write a draft as JSON text."""
    return json.dumps(draft_to_dict(draft), ensure_ascii=False, separators=(",", ":"))
