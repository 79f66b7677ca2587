"""The local index of conversations and the latest original of those that were looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.folding import query_words
from app.store.conversation_index import drop_all, owner_number, places_of, put
from app.store.conversation_values import (
    CONVERSATION_COLUMNS,
    conversation_from_row,
    original_from_text,
    original_to_text,
)
from app.store.times import to_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.store.database import Database, Row

MOST_ORIGINALS = 500
# Signs that are no letters ("€", "→") are in no index; so many conversations are looked through.
_LOOKED_THROUGH = 5_000


class SqliteConversations:
    """Implements `ports.ConversationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Write conversations; one that the sync knows as new or newer stays."""
        with self._database.write() as connection:
            for one in conversations:
                if not _is_known_better(connection, one):
                    put(connection, owner_number(connection, one.ref.account_uid), one)

    def search(self, account_uid: str, text: str, limit: int = 100) -> list[Conversation]:
        """Give an account's conversations with words that begin as those of `text`, newest first."""
        owners = self._database.query(
            "SELECT number FROM conversation_owner WHERE account_uid = ?", (account_uid,)
        )
        if not owners:
            return []
        places = places_of(owners[0][0])
        words = query_words(text)
        if words:
            rows = self._with_words(places, words, limit)
        elif sign := text.strip():
            rows = self._with_sign(places, sign, limit)
        else:
            rows = self._newest(places, limit)
        return [conversation_from_row(row) for row in rows]

    def _with_words(self, places: tuple[int, int], words: Sequence[str], limit: int) -> list[Row]:
        # The cross join keeps the index outside: it gives its rows in order and ends at the limit.
        return self._database.query(
            f"SELECT {CONVERSATION_COLUMNS} FROM conversation_words AS found"
            " CROSS JOIN conversation ON conversation.place = found.rowid"
            " WHERE conversation_words MATCH ? AND found.rowid BETWEEN ? AND ?"
            " ORDER BY found.rowid DESC LIMIT ?",
            (" ".join(f'"{word}"*' for word in words), *places, limit),
        )

    def _with_sign(self, places: tuple[int, int], sign: str, limit: int) -> list[Row]:
        return self._database.query(
            f"SELECT {CONVERSATION_COLUMNS} FROM (SELECT * FROM conversation"
            " WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT ?)"
            " WHERE instr(subject, ?) > 0 OR instr(snippet, ?) > 0 ORDER BY place DESC LIMIT ?",
            (*places, _LOOKED_THROUGH, sign, sign, limit),
        )

    def _newest(self, places: tuple[int, int], limit: int) -> list[Row]:
        return self._database.query(
            f"SELECT {CONVERSATION_COLUMNS} FROM conversation"
            " WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT ?",
            (*places, limit),
        )

    def save_original(self, original: OriginalMessage) -> None:
        """Keep the latest message of a conversation; those fetched longest ago make room."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO original"
                " (account_uid, thread_id, provider_message_id, body) VALUES (?, ?, ?, ?)",
                (
                    original.ref.account_uid,
                    original.ref.thread_id,
                    original.provider_message_id,
                    original_to_text(original),
                ),
            )
            connection.execute(
                "DELETE FROM original WHERE number <= (SELECT max(number) FROM original) - ?",
                (MOST_ORIGINALS,),
            )

    def find_latest(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the kept latest message of a conversation."""
        rows = self._database.query(
            "SELECT body FROM original WHERE account_uid = ? AND thread_id = ?",
            (ref.account_uid, ref.thread_id),
        )
        return original_from_text(ref, rows[0][0]) if rows else None

    def newest_message_id(self, ref: ThreadRef) -> str:
        """Give the provider's id of the newest message the index knows, or an empty text."""
        rows = self._database.query(
            "SELECT message_id FROM message_header WHERE account_uid = ? AND thread_id = ?"
            " ORDER BY sent_at DESC LIMIT 1",
            (ref.account_uid, ref.thread_id),
        )
        return str(rows[0][0]) if rows else ""

    def forget_account(self, account_uid: str) -> None:
        """Drop everything that came from an account."""
        with self._database.write() as connection:
            drop_all(connection, account_uid)
            for table in ("sync_state", "person", "conversation_owner"):
                connection.execute(f"DELETE FROM {table} WHERE account_uid = ?", (account_uid,))


def _is_known_better(connection: sqlite3.Connection, one: Conversation) -> bool:
    """A list or a search may have seen only some of the messages the sync has."""
    ref = (one.ref.account_uid, one.ref.thread_id)
    known = connection.execute(
        "SELECT max(sent_at) FROM message_header WHERE account_uid = ? AND thread_id = ?", ref
    ).fetchone()[0]
    return known is not None and known >= to_text(one.last_at)
