"""Accounts and mailboxes in the database. Never tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import Account, AccountState, Capability, Mailbox, ProviderKind
from app.store.times import from_text, from_text_or_none, to_text, to_text_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.store.database import Database, Row


class SqliteAccounts:
    """Implements `ports.AccountStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Read for every mail and hardly ever changed: equal rows are the same values.
        self._accounts: tuple[list[Row], list[Account]] = ([], [])
        self._mailboxes: tuple[list[Row], list[Mailbox]] = ([], [])

    def list_accounts(self) -> list[Account]:
        """Give the accounts in the order they were added."""
        rows = self._database.query(
            "SELECT uid, provider, address, display_name, state, state_since, capabilities, scopes,"
            " added_at, ends_at FROM account ORDER BY added_at"
        )
        known = self._accounts
        if known[0] != rows:
            known = self._accounts = (rows, [_account(row) for row in rows])
        return list(known[1])

    def list_mailboxes(self) -> list[Mailbox]:
        """Give every mailbox, the default one first, then by account."""
        rows = self._database.query(
            "SELECT m.uid, m.account_uid, a.provider, m.address, m.display_name, m.is_default,"
            " m.reply_to, m.signature_html FROM mailbox m JOIN account a ON a.uid = m.account_uid"
            " ORDER BY m.is_default DESC, a.added_at, m.position"
        )
        known = self._mailboxes
        if known[0] != rows:
            known = self._mailboxes = (rows, [_mailbox(row) for row in rows])
        return list(known[1])

    def save(self, account: Account, mailboxes: Sequence[Mailbox]) -> None:
        """Write an account and exactly these mailboxes of it."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO account (uid, provider, address, display_name, state, state_since,"
                " capabilities, scopes, added_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (uid) DO UPDATE SET provider = excluded.provider,"
                " address = excluded.address, display_name = excluded.display_name,"
                " state = excluded.state, state_since = excluded.state_since,"
                " capabilities = excluded.capabilities, scopes = excluded.scopes,"
                " ends_at = excluded.ends_at",
                _account_values(account),
            )
            connection.execute("DELETE FROM mailbox WHERE account_uid = ?", (account.uid,))
            connection.executemany(
                "INSERT INTO mailbox (uid, account_uid, address, display_name, is_default, reply_to,"
                " signature_html, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(*_mailbox_values(box), index) for index, box in enumerate(mailboxes)],
            )

    def set_state(self, account_uid: str, state: AccountState, at: datetime) -> None:
        """Note that an account's tokens work, or do not, since `at`."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE account SET state = ?, state_since = ? WHERE uid = ? AND state <> ?",
                (state.value, to_text(at), account_uid, state.value),
            )

    def set_default(self, mailbox_uid: str) -> None:
        """Make one mailbox the one new messages are sent from."""
        with self._database.write() as connection:
            connection.execute("UPDATE mailbox SET is_default = (uid = ?)", (mailbox_uid,))

    def remove(self, account_uid: str) -> None:
        """Forget an account and its mailboxes; records of sent mail stay."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM account WHERE uid = ?", (account_uid,))


def _account_values(account: Account) -> tuple[object, ...]:
    return (
        account.uid,
        account.provider.value,
        account.address,
        account.display_name,
        account.state.value,
        to_text_or_none(account.state_since),
        " ".join(sorted(account.capabilities)),
        " ".join(account.scopes),
        to_text(account.added_at),
        to_text_or_none(account.ends_at),
    )


def _account(row: Row) -> Account:
    return Account(
        uid=row[0],
        provider=ProviderKind(row[1]),
        address=row[2],
        display_name=row[3],
        state=AccountState(row[4]),
        state_since=from_text_or_none(row[5]),
        capabilities=frozenset(Capability(word) for word in row[6].split()),
        scopes=tuple(row[7].split()),
        added_at=from_text(row[8]),
        ends_at=from_text_or_none(row[9]),
    )


def _mailbox_values(box: Mailbox) -> tuple[object, ...]:
    return (
        box.uid,
        box.account_uid,
        box.address,
        box.display_name,
        int(box.is_default),
        box.reply_to,
        box.signature_html,
    )


def _mailbox(row: Row) -> Mailbox:
    return Mailbox(
        uid=row[0],
        account_uid=row[1],
        provider=ProviderKind(row[2]),
        address=row[3],
        display_name=row[4],
        is_default=bool(row[5]),
        reply_to=row[6],
        signature_html=row[7],
    )
