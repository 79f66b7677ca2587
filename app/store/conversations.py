"""The local index of conversations and the latest original of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.domain.address import Address
from app.domain.conversation import (
    Conversation,
    OriginalAttachment,
    OriginalMessage,
    ThreadRef,
)
from app.store.times import from_text, from_text_or_none, to_text, to_text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.store.database import Database, Row

_COLUMNS = (
    "account_uid, thread_id, subject, participants, snippet, last_at, last_sender, message_count,"
    " has_attachments"
)


class SqliteConversations:
    """Implements `ports.ConversationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Write conversations; what was known of the same ones is replaced."""
        with self._database.write() as connection:
            connection.executemany(
                f"INSERT OR REPLACE INTO conversation ({_COLUMNS}, haystack)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(one) for one in conversations],
            )

    def search(self, account_uid: str, text: str, limit: int = 100) -> list[Conversation]:
        """Give an account's conversations with every word of `text`, newest first."""
        words = text.casefold().split()
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM conversation WHERE account_uid = ?"
            + " AND instr(haystack, ?) > 0" * len(words)
            + " ORDER BY last_at DESC LIMIT ?",
            (account_uid, *words, limit),
        )
        return [_conversation(row) for row in rows]

    def save_original(self, original: OriginalMessage) -> None:
        """Keep the latest message of a conversation."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO original (account_uid, thread_id, provider_message_id, body)"
                " VALUES (?, ?, ?, ?)",
                (
                    original.ref.account_uid,
                    original.ref.thread_id,
                    original.provider_message_id,
                    json.dumps(_original_to_dict(original), ensure_ascii=False),
                ),
            )

    def find_latest(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the kept latest message of a conversation."""
        rows = self._database.query(
            "SELECT body FROM original WHERE account_uid = ? AND thread_id = ?",
            (ref.account_uid, ref.thread_id),
        )
        return _original_from_dict(ref, json.loads(rows[0][0])) if rows else None

    def forget_account(self, account_uid: str) -> None:
        """Drop everything that came from an account."""
        with self._database.write() as connection:
            for table in ("conversation", "original"):
                connection.execute(
                    f"DELETE FROM {table} WHERE account_uid = ?",
                    (account_uid,),
                )


def _people(addresses: Iterable[Address]) -> list[list[str]]:
    return [[one.addr_spec, one.name] for one in addresses]


def _addresses(pairs: Iterable[Sequence[str]]) -> tuple[Address, ...]:
    return tuple(Address(spec, name) for spec, name in pairs)


def _values(one: Conversation) -> tuple[object, ...]:
    people = " ".join(f"{who.name} {who.addr_spec}" for who in one.participants)
    return (
        one.ref.account_uid,
        one.ref.thread_id,
        one.subject,
        json.dumps(_people(one.participants), ensure_ascii=False),
        one.snippet,
        to_text(one.last_at),
        one.last_sender,
        one.message_count,
        int(one.has_attachments),
        f"{one.subject} {people} {one.snippet}".casefold(),
    )


def _conversation(row: Row) -> Conversation:
    return Conversation(
        ref=ThreadRef(row[0], row[1]),
        subject=row[2],
        participants=_addresses(json.loads(row[3])),
        snippet=row[4],
        last_at=from_text(row[5]),
        last_sender=row[6],
        message_count=row[7],
        has_attachments=bool(row[8]),
    )


def _original_to_dict(original: OriginalMessage) -> dict[str, object]:
    return {
        "provider_message_id": original.provider_message_id,
        "message_id": original.message_id,
        "references": original.references,
        "in_reply_to": original.in_reply_to,
        "subject": original.subject,
        "sender": _people([original.sender] if original.sender else []),
        "to": _people(original.to),
        "cc": _people(original.cc),
        "reply_to": _people(original.reply_to),
        "mail_followup_to": _people(original.mail_followup_to),
        "sent_at": to_text_or_none(original.sent_at),
        "text": original.text,
        "html": original.html,
        "attachments": [
            [one.provider_id, one.filename, one.media_type, one.size_bytes]
            for one in original.attachments
        ],
    }


def _original_from_dict(ref: ThreadRef, value: dict[str, Any]) -> OriginalMessage:
    fields: dict[str, Any] = dict(value)
    sender = _addresses(fields.pop("sender"))
    files = fields.pop("attachments")
    people: dict[str, Any] = {
        name: _addresses(fields.pop(name)) for name in ("to", "cc", "reply_to", "mail_followup_to")
    }
    return OriginalMessage(
        ref=ref,
        sender=sender[0] if sender else None,
        sent_at=from_text_or_none(fields.pop("sent_at")),
        references=tuple(fields.pop("references")),
        attachments=tuple(
            OriginalAttachment(provider_id=a, filename=b, media_type=c, size_bytes=d)
            for a, b, c, d in files
        ),
        **people,
        **fields,
    )
