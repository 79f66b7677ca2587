"""Uploaded files, and conversations and records by the ids that callers of the gateway know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.conversation import ThreadRef
from app.ports.gateway import KeptFile, ShownMessage
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    from app.store.database import Database

_FILE_COLUMNS = "key, owner_uid, filename, media_type, size_bytes, sha256, created_at"
_MESSAGE_COLUMNS = "uid, account_uid, thread_id, owner_address, provider_message_id, message_id, ancestors, subject"


class SqliteFiles:
    """Implements `ports.gateway.FileStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_file(self, file: KeptFile) -> None:
        """Keep what is known of an uploaded file."""
        with self._database.write() as connection:
            connection.execute(
                f"INSERT INTO api_file ({_FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    file.key,
                    file.owner_uid,
                    file.filename,
                    file.media_type,
                    file.size_bytes,
                    file.sha256,
                    to_text(file.created_at),
                ),
            )

    def find_file(self, key: str, owner_uid: str) -> KeptFile | None:
        """Give a file by its storage key, to the API key that uploaded it."""
        rows = self._database.query(
            f"SELECT {_FILE_COLUMNS} FROM api_file WHERE key = ? AND owner_uid = ?",
            (key, owner_uid),
        )
        if not rows:
            return None
        row = rows[0]
        return KeptFile(
            key=row[0],
            owner_uid=row[1],
            filename=row[2],
            media_type=row[3],
            size_bytes=row[4],
            sha256=row[5],
            created_at=from_text(row[6]),
        )


class SqliteThreads:
    """Implements `ports.gateway.Threads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_shown(self, message: ShownMessage) -> None:
        """Keep what a reply to a shown message will need."""
        values = (
            message.uid,
            message.ref.account_uid,
            message.ref.thread_id,
            message.owner_address,
            message.provider_message_id,
            message.message_id,
            json.dumps(message.ancestors),
            message.subject,
        )
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO api_message ({_MESSAGE_COLUMNS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def find_shown(self, uid: str) -> ShownMessage | None:
        """Give a shown message."""
        rows = self._database.query(
            f"SELECT {_MESSAGE_COLUMNS} FROM api_message WHERE uid = ?", (uid,)
        )
        if not rows:
            return None
        row = rows[0]
        return ShownMessage(
            uid=row[0],
            ref=ThreadRef(row[1], row[2]),
            owner_address=row[3],
            provider_message_id=row[4],
            message_id=row[5],
            ancestors=tuple(json.loads(row[6])),
            subject=row[7],
        )

    def find_account(self, thread_id: str) -> str | None:
        """Give the account of a conversation that is known here."""
        rows = self._database.query(
            "SELECT account_uid FROM conversation WHERE thread_id = ?1"
            " UNION ALL SELECT account_uid FROM original WHERE thread_id = ?1"
            " UNION ALL SELECT account_uid FROM outbound WHERE receipt IS NOT NULL"
            "  AND json_extract(receipt, '$.provider_thread_id') = ?1 LIMIT 1",
            (thread_id,),
        )
        return str(rows[0][0]) if rows else None

    def records_of_thread(self, account_uid: str, thread_id: str) -> list[str]:
        """Give what we sent into a conversation."""
        rows = self._database.query(
            "SELECT uid FROM outbound WHERE account_uid = ? AND receipt IS NOT NULL"
            " AND json_extract(receipt, '$.provider_thread_id') = ? ORDER BY seq",
            (account_uid, thread_id),
        )
        return [str(row[0]) for row in rows]

    def record_of_draft(self, draft_uid: str) -> str | None:
        """Give the newest record of a draft that was not cancelled."""
        rows = self._database.query(
            "SELECT uid FROM outbound WHERE draft_uid = ? AND state <> 'cancelled'"
            " ORDER BY seq DESC LIMIT 1",
            (draft_uid,),
        )
        return str(rows[0][0]) if rows else None

    def list_outbound(self, *, before: int | None, limit: int) -> list[tuple[int, str]]:
        """Give records, newest first."""
        rows = self._database.query(
            "SELECT seq, uid FROM outbound WHERE seq < ? ORDER BY seq DESC LIMIT ?",
            ((1 << 62) if before is None else before, limit),
        )
        return [(row[0], str(row[1])) for row in rows]
