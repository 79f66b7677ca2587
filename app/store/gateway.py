"""What the gateway keeps: keys, uses of idempotency keys with their answers, counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.permission import Permission
from app.ports.gateway import ApiKey, Run, StoredAnswer
from app.store.times import from_text, from_text_or_none, to_text, to_text_or_none

if TYPE_CHECKING:
    from datetime import datetime

    from app.store.database import Database, Row

_KEY_COLUMNS = (
    "uid, name, secret_sha256, permissions, created_at, expires_at, revoked_at, last_used_at"
)

_USE = (
    "SELECT claim, fingerprint, status, headers, body FROM api_answer"
    " WHERE scope = ? AND key = ? AND expires_at > ?"
)

_BEGIN = (
    "INSERT INTO api_answer"
    " (scope, key, fingerprint, claim, created_at, expires_at, status, headers, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, key) DO UPDATE SET"
    " fingerprint = excluded.fingerprint, claim = excluded.claim,"
    " created_at = excluded.created_at, expires_at = excluded.expires_at,"
    " status = excluded.status, headers = excluded.headers, body = excluded.body"
    " WHERE expires_at <= excluded.created_at"
)


class SqliteKeys:
    """Implements `ports.gateway.KeyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        with self._database.write() as connection:
            connection.execute(
                f"INSERT INTO api_key ({_KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key.uid,
                    key.name,
                    key.secret_sha256,
                    " ".join(sorted(key.permissions)),
                    to_text(key.created_at),
                    to_text_or_none(key.expires_at),
                    to_text_or_none(key.revoked_at),
                    to_text_or_none(key.last_used_at),
                ),
            )

    def find_key(self, uid: str) -> ApiKey | None:
        """Give a key by its public id."""
        return self._database.kept(f"api_key {uid}", lambda: self._read_key(uid))

    def _read_key(self, uid: str) -> ApiKey | None:
        rows = self._database.query(f"SELECT {_KEY_COLUMNS} FROM api_key WHERE uid = ?", (uid,))
        return _key(rows[0]) if rows else None

    def list_keys(self) -> list[ApiKey]:
        """Give every key, oldest first."""
        rows = self._database.query(f"SELECT {_KEY_COLUMNS} FROM api_key ORDER BY created_at, uid")
        return [_key(row) for row in rows]

    def revoke_key(self, uid: str, at: datetime) -> None:
        """Note that a key must not be used from now on."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE api_key SET revoked_at = ? WHERE uid = ? AND revoked_at IS NULL",
                (to_text(at), uid),
            )

    def touch_key(self, uid: str, at: datetime) -> None:
        """Note that a key was used."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "UPDATE api_key SET last_used_at = ? WHERE uid = ?", (to_text(at), uid)
            )


class SqliteAnswers:
    """Implements `ports.gateway.AnswerStore`.

    None of its writes waits for the disk by itself. A use is written with its record, whose commit
    makes both safe; an answer that a power cut takes is made again from the record.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, scope: str, key: str, now: datetime) -> Run | None:
        """Give the use in force."""
        rows = self._database.query(_USE, (scope, key, to_text(now)))
        return _run(rows[0]) if rows else None

    def begin(self, scope: str, key: str, run: Run, *, now: datetime, until: datetime) -> Run:
        """Write a use down unless one is there that has not expired; give the one in force."""
        answer = run.answer
        kept = (answer.status, answer.location, answer.body) if answer else (None, None, None)
        values = (scope, key, run.fingerprint, run.claim, to_text(now), to_text(until), *kept)
        with self._database.write(durable=False) as connection:
            if connection.execute(_BEGIN, values).rowcount == 1:
                return run
            row = connection.execute(_USE, (scope, key, to_text(now))).fetchone()
        return _run(row)

    def finish(self, scope: str, key: str, claim: str, answer: StoredAnswer) -> None:
        """Keep the answer; the first one that is kept stays."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "UPDATE api_answer SET status = ?, headers = ?, body = ?"
                " WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
                (answer.status, answer.location, answer.body, scope, key, claim),
            )

    def give_up(self, scope: str, key: str, claim: str) -> None:
        """Forget a use that came to nothing: the key is as good as new."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "DELETE FROM api_answer"
                " WHERE scope = ? AND key = ? AND claim = ? AND status IS NULL",
                (scope, key, claim),
            )

    def find_claimed(self, scope: str, claim: str) -> str | None:
        """Give the record that was enqueued under a claim."""
        rows = self._database.query(
            "SELECT uid FROM idempotency WHERE scope = ? AND key = ?", (scope, claim)
        )
        return str(rows[0][0]) if rows else None

    def sweep(self, now: datetime) -> int:
        """Forget what has expired."""
        with self._database.write(durable=False) as connection:
            return connection.execute(
                "DELETE FROM api_answer WHERE expires_at <= ?", (to_text(now),)
            ).rowcount


class SqliteUses:
    """Implements `ports.gateway.UseStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, key_uid: str, day: str, cap: int) -> int | None:
        """Count one more if the cap allows it."""
        with self._database.write(durable=False) as connection:
            row = connection.execute(
                "INSERT INTO api_use (key_uid, day, sends) SELECT ?, ?, 1 WHERE ? > 0"
                " ON CONFLICT (key_uid, day) DO UPDATE SET sends = sends + 1 WHERE sends < ?"
                " RETURNING sends",
                (key_uid, day, cap, cap),
            ).fetchone()
        return None if row is None else int(row[0])

    def give_back(self, key_uid: str, day: str) -> None:
        """Take one back that came to nothing."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "UPDATE api_use SET sends = sends - 1 WHERE key_uid = ? AND day = ? AND sends > 0",
                (key_uid, day),
            )

    def used(self, key_uid: str, day: str) -> int:
        """Give the count."""
        sql = "SELECT sends FROM api_use WHERE key_uid = ? AND day = ?"
        rows = self._database.kept(
            f"api_use {key_uid} {day}", lambda: self._database.query(sql, (key_uid, day)) or None
        )
        return int(rows[0][0]) if rows else 0


def _key(row: Row) -> ApiKey:
    return ApiKey(
        uid=row[0],
        name=row[1],
        secret_sha256=row[2],
        permissions=frozenset(Permission(word) for word in row[3].split()),
        created_at=from_text(row[4]),
        expires_at=from_text_or_none(row[5]),
        revoked_at=from_text_or_none(row[6]),
        last_used_at=from_text_or_none(row[7]),
    )


def _run(row: Row) -> Run:
    answer = None
    if row[2] is not None:
        answer = StoredAnswer(status=row[2], body=row[4], location=row[3])
    return Run(claim=row[0], fingerprint=row[1], answer=answer)
