"""What an account sent, from its records and from the index: each message once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.address import Address
from app.domain.conversation import MessageHeader, ThreadRef
from app.domain.outbound import Envelope, HistoryEntry, OutboundState, Reason, Receipt
from app.ports import SyncPage, SyncState
from app.store.plans import SqlitePlans
from app.store.records import SqliteRecords
from app.store.sync import SqliteSync
from tests.support.mailroom_values import ADA, NOW, make_draft, make_record

DAY_AGO = NOW - timedelta(days=1)
JANE, RAJ = Address("jane@x.example"), Address("raj@x.example")


def header(
    number, *, hours=1.0, sent=True, to=(JANE,), hidden=0, subject="Plan", account="gmail-1"
):
    return MessageHeader(
        ref=ThreadRef(account, f"t{number}"),
        provider_message_id=f"m{number}",
        sent_at=NOW - timedelta(hours=hours),
        subject=subject,
        sender=ADA,
        recipients=to,
        is_sent=sent,
        hidden=hidden,
    )


def index(database, *headers):
    for one in headers:
        SqliteSync(database).apply(
            one.ref.account_uid, SyncPage(headers=(one,)), SyncState(round=1), ()
        )


def record(database, uid, message_id, *, hours=1.0, to=(JANE,), **changes):
    at = NOW - timedelta(hours=hours)
    made = make_record(
        OutboundState.SENT,
        Reason.NONE,
        uid=uid,
        created_at=changes.pop("created_at", at),
        sent_at=at,
        receipt=Receipt(provider_message_id=message_id),
        content={"subject": "Plan", "envelope": Envelope(sender=ADA, to=to)},
        **changes,
    )
    entry = HistoryEntry(at=NOW, state=OutboundState.SENT, event="submitted", detail={})
    SqliteRecords(database).enqueue(made, make_draft(f"draft-{uid}"), entry)


@pytest.fixture
def sent(database):
    plans = SqlitePlans(database)

    def read():
        found = plans.list_sent("gmail-1", DAY_AGO)
        return sorted((one.key, one.recipients, one.is_ours) for one in found)

    return read


def test_everybody_counts_bcc_too_and_only_what_the_account_itself_sent(database, sent):
    index(
        database,
        header(1, to=(JANE, RAJ), hidden=3),
        header(2, sent=False),
        header(3, hours=25),
        header(4, account="other-1"),
    )
    assert sent() == [("m1", 5, False)]


def test_a_record_and_its_copy_in_sent_are_one(database, sent):
    record(database, "r1", "m1", to=(JANE, RAJ))
    index(database, header(1, to=(JANE, RAJ)), header(2))
    assert sent() == [("m1", 2, True), ("m2", 1, False)]


def test_a_copy_a_moment_younger_than_its_record_is_no_second_mail(database, sent):
    # At the edge of the day, by clocks that differ.
    record(database, "r1", "m1", hours=24.01)
    index(database, header(1, hours=23.99))
    assert sent() == []


def test_a_record_settled_by_hand_is_found_by_what_it_says(database, sent):
    record(database, "r1", "", hours=1, created_at=NOW - timedelta(hours=8))
    index(database, header(1, hours=8), header(2, hours=8, subject="Plan B"))
    assert sent() == [("m1", 1, True), ("m2", 1, False)]


def test_without_any_copy_the_record_itself_counts(database, sent):
    record(database, "r1", "")
    assert sent() == [("r1", 1, True)]
