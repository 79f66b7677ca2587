"""What the dispatcher and the caps read: the next record of each account, and what was sent when."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.outbound import OutboundState, Reason
from app.ports import SentMail, Waiting
from app.store.times import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from app.store.database import Database, Row

# As in the partial index outbound_waiting, word for word, or SQLite does not use it.
_WAITING = "state IN ('scheduled', 'queued', 'uncertain')"
_COLUMNS = "uid, state, reason, account_uid, due_at, mailbox_uid, recipients, updated_at"
# One step in the index an account, however long its queue; DISTINCT reads every row of it.
_WAITING_ACCOUNTS = (
    f"WITH RECURSIVE waiting (uid) AS (SELECT min(account_uid) FROM outbound WHERE {_WAITING}"
    f" UNION ALL SELECT (SELECT min(account_uid) FROM outbound WHERE {_WAITING}"
    " AND account_uid > waiting.uid) FROM waiting WHERE waiting.uid IS NOT NULL)"
    " SELECT uid FROM waiting WHERE uid IS NOT NULL"
)
# As in outbound_to_sweep. A few, so that an account that is busy is in nobody's way.
_SWEEPS = (
    f"SELECT {_COLUMNS} FROM outbound WHERE state IN ('cancelled', 'failed')"
    " AND (provider_draft_id <> '' OR upload_state <> '' OR step = 'drafting')"
    " AND due_at <= ? ORDER BY due_at LIMIT 20"
)
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_REFERRING = (
    "SELECT spool_sha256 FROM outbound",
    "SELECT sha256 FROM api_file",
    "SELECT body FROM draft WHERE instr(body, 'sha256') > 0",
    "SELECT content, draft FROM outbound_content WHERE instr(content || draft, 'sha256') > 0",
)
# What the provider said of it names no Message-ID until its copy was read.
_UNREAD = (
    "SELECT account_uid, uid FROM outbound o WHERE account_uid IN (SELECT uid"
    " FROM account WHERE state <> 'signed_out')"
    " AND sent_at > ? AND state = 'sent' AND json_extract(receipt, '$.wire_message_id') = ''"
    " AND NOT EXISTS (SELECT 1 FROM outbound_history h WHERE h.uid = o.uid AND h.event = 'read_back')"
    " ORDER BY sent_at"
)
_CLOCKS_APART = timedelta(hours=1)
_SENT_RECORDS = (
    "SELECT uid, coalesce(json_extract(receipt, '$.provider_message_id'), ''), sent_at, recipients,"
    " coalesce(uncertain_at, created_at), haystack FROM outbound"
    " WHERE account_uid = ? AND sent_at > ? ORDER BY sent_at"
)
# The index keeps whom a message went to openly; `hidden` counts the others.
_SENT_HEADERS = (
    "SELECT message_id, sent_at, subject, json_array_length(recipients) + hidden"
    " FROM message_header WHERE account_uid = ? AND sent_at > ? AND is_sent = 1"
)


class SqlitePlans:
    """Implements `ports.OutboxPlans`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_next(self, now: datetime, busy: Collection[str]) -> list[Waiting]:
        """Give the first due record of every account that is not busy: pressed first, oldest first."""
        accounts = self._database.query(_WAITING_ACCOUNTS)
        found = []
        for (account_uid,) in accounts:
            if account_uid in busy:
                continue
            found += self._database.query(
                f"SELECT {_COLUMNS} FROM outbound WHERE account_uid = ? AND {_WAITING}"
                " AND due_at <= ? ORDER BY priority, due_at LIMIT 1",
                (account_uid, to_text(now)),
            )
        sweeps = self._database.query(_SWEEPS, (to_text(now),))
        return [_waiting(row) for row in (*found, *sweeps) if row[3] not in busy]

    def list_unread(self, since: datetime) -> list[tuple[str, str]]:
        """Give account and record of what was sent since a moment and never read back."""
        return [
            (account_uid, uid)
            for account_uid, uid in self._database.query(_UNREAD, (to_text(since),))
        ]

    def find_next_due(self, now: datetime) -> datetime | None:
        """Give when the next record that is not due yet becomes due."""
        rows = self._database.query(
            f"SELECT min(due_at) FROM outbound WHERE {_WAITING} AND due_at > ?",
            (to_text(now),),
        )
        return from_text(rows[0][0]) if rows[0][0] else None

    def list_open(self) -> list[Waiting]:
        """Give every record that is not final."""
        rows = self._database.query(
            f"SELECT {_COLUMNS} FROM outbound"
            " WHERE state IN ('scheduled', 'queued', 'sending', 'uncertain', 'held')"
            " ORDER BY due_at, seq"
        )
        return [_waiting(row) for row in rows]

    def list_sent(self, account_uid: str, since: datetime) -> list[SentMail]:
        """Give what an account sent: its records, and what the index has besides them."""
        headers = self._database.query(_SENT_HEADERS, (account_uid, to_text(since)))
        # A clock of ours that is behind the provider's must not make two of one.
        early = to_text(since - _CLOCKS_APART)
        records = self._database.query(_SENT_RECORDS, (account_uid, early))
        known = {row[1] for row in records}
        others = [row for row in headers if row[0] not in known]
        found = {row[0]: _elsewhere(row) for row in others}
        ours = [_ours(row, others) for row in records]
        return [*(found | {one.key: one for one in ours if one.sent_at > since}).values()]

    def find_twin(self, likeness: str, since: datetime) -> str | None:
        """Give the newest record that looks the same and was not cancelled."""
        rows = self._database.query(
            "SELECT uid FROM outbound WHERE likeness = ? AND created_at > ?"
            " AND state <> 'cancelled' ORDER BY created_at DESC LIMIT 1",
            (likeness, to_text(since)),
        )
        return str(rows[0][0]) if rows else None

    def blobs_in_use(self) -> set[str]:
        """Give the SHA-256 of every kept file that a draft or a record refers to.

        Whatever looks like one counts: a new place for a reference must not lose its file.
        """
        found: set[str] = set()
        for sql in _REFERRING:
            for row in self._database.query(sql):
                for value in row:
                    found.update(_SHA256.findall(value))
        return found


def _waiting(row: Row) -> Waiting:
    return Waiting(
        uid=row[0],
        state=OutboundState(row[1]),
        reason=Reason(row[2]),
        account_uid=row[3],
        due_at=from_text(row[4]),
        mailbox_uid=row[5],
        recipients=row[6],
        updated_at=from_text(row[7]),
    )


def _elsewhere(row: Row) -> SentMail:
    return SentMail(key=row[0], sent_at=from_text(row[1]), recipients=row[3], is_ours=False)


def _ours(row: Row, headers: list[Row]) -> SentMail:
    """Make a record's row one of the account's; without the provider's id its copy is looked for."""
    uid, message_id, sent_at, recipients, tried_at, haystack = row
    if not message_id:
        begun = to_text(from_text(tried_at) - _CLOCKS_APART)
        copies = (
            header[0]
            for header in headers
            if header[1] > begun and haystack.startswith(f"{header[2]} ".casefold())
        )
        message_id = next(copies, uid)
    return SentMail(key=message_id, sent_at=from_text(sent_at), recipients=recipients, is_ours=True)
