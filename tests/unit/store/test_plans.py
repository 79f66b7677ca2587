"""What the dispatcher reads: the first due record of each account, and copies nobody has read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.account import AccountState
from app.domain.outbound import (
    DeliveryStep,
    HistoryEntry,
    OutboundEmail,
    OutboundState,
    Reason,
    Receipt,
)
from app.store.accounts import SqliteAccounts
from app.store.database import Database
from app.store.plans import SqlitePlans
from app.store.records import SqliteRecords
from tests.support.mailroom_values import NOW, make_account, make_draft, make_record

DAY_AGO = NOW - timedelta(days=1)


@pytest.fixture
def plans(database: Database) -> SqlitePlans:
    return SqlitePlans(database)


@pytest.fixture
def records(database: Database) -> SqliteRecords:
    for uid in ("account-a", "account-b", "account-c"):
        SqliteAccounts(database).save(make_account(uid=uid), ())
    return SqliteRecords(database)


def line(event: str, state: OutboundState = OutboundState.SENT) -> HistoryEntry:
    return HistoryEntry(at=NOW, state=state, event=event, detail={})


def put(records: SqliteRecords, uid: str, account: str, **changes: Any) -> OutboundEmail:
    made = make_record(uid=uid, account_uid=account, **changes)
    records.enqueue(made, make_draft(uid=f"draft-{uid}"), line("submitted", made.state))
    return made


def put_sent(
    records: SqliteRecords,
    uid: str,
    *,
    account: str = "account-a",
    sent_at: datetime = NOW,
    wire_message_id: str = "",
) -> OutboundEmail:
    receipt = Receipt(provider_message_id=f"m-{uid}", wire_message_id=wire_message_id)
    return put(
        records,
        uid,
        account,
        state=OutboundState.SENT,
        reason=Reason.NONE,
        step=DeliveryStep.ACCEPTED,
        sent_at=sent_at,
        receipt=receipt,
    )


def test_each_account_s_first_due_record_is_next(
    plans: SqlitePlans, records: SqliteRecords
) -> None:
    queued: dict[str, Any] = {"state": OutboundState.QUEUED, "reason": Reason.NONE}
    for number, account in enumerate(("account-c", "account-a", "account-a", "account-b")):
        put(
            records,
            f"r{number}",
            account,
            **queued,
            priority=2,
            due_at=NOW + timedelta(seconds=number),
        )
    put(records, "pressed", "account-a", **queued, priority=0, due_at=NOW + timedelta(seconds=9))
    later = NOW + timedelta(minutes=1)

    assert [one.uid for one in plans.list_next(later, ())] == ["pressed", "r3", "r0"]
    assert [one.uid for one in plans.list_next(later, {"account-a"})] == ["r3", "r0"]
    assert [one.uid for one in plans.list_next(NOW, ())] == ["r0"]
    assert plans.list_next(DAY_AGO, ()) == []


def test_nothing_is_next_in_an_empty_outbox(plans: SqlitePlans) -> None:
    assert plans.list_next(NOW, ()) == []


def test_copies_nobody_has_read_are_listed_oldest_first(
    plans: SqlitePlans, records: SqliteRecords
) -> None:
    put_sent(records, "second", sent_at=NOW)
    put_sent(records, "first", account="account-b", sent_at=NOW - timedelta(hours=2))
    put_sent(records, "known", wire_message_id="<a@b.example>")
    put_sent(records, "long-ago", sent_at=DAY_AGO - timedelta(seconds=1))
    put_sent(records, "nobody-s", account="removed")

    assert plans.list_unread(DAY_AGO) == [("account-b", "first"), ("account-a", "second")]


def test_a_copy_that_was_read_is_not_listed_whatever_it_said(
    plans: SqlitePlans, records: SqliteRecords
) -> None:
    # Without the right to read, the receipt stays as it was.
    sent = put_sent(records, "read")
    records.advance(sent, sent, line("read_back"))

    assert plans.list_unread(DAY_AGO) == []


def test_copies_of_accounts_that_are_signed_out_wait(
    plans: SqlitePlans, records: SqliteRecords, database: Database
) -> None:
    put_sent(records, "waits")
    SqliteAccounts(database).set_state("account-a", AccountState.SIGNED_OUT, NOW)

    assert plans.list_unread(DAY_AGO) == []
