"""What the day's caps cost: a reading of the store at 100,000 messages, and a send's question."""

from __future__ import annotations

import time
from datetime import timedelta

from app.domain.account import ProviderKind
from app.domain.conversation import MessageHeader, ThreadRef
from app.domain.outbound import Receipt
from app.outbox.limits import Caps, Limits
from app.ports import SyncPage, SyncState
from app.store.accounts import SqliteAccounts
from app.store.database import Database
from app.store.migrate import migrate
from app.store.plans import SqlitePlans
from app.store.sync import SqliteSync
from tests.support.mailroom_values import ADA, make_account, make_mailbox, make_record
from tests.support.outbox_lab import FakeClock

MESSAGES = 100_000
A_DAY = 2_000
SENDS = 2_000


def _header(number: int, at) -> MessageHeader:
    return MessageHeader(
        ref=ThreadRef("gmail-1", f"t{number // 4}"),
        provider_message_id=f"m{number}",
        sent_at=at,
        subject=f"Plan {number}",
        sender=ADA,
        recipients=(ADA,),
        is_sent=number % 2 == 0,
    )


def test_caps(tmp_path) -> None:
    database, clock = Database(tmp_path / "postrider.db"), FakeClock()
    migrate(database)
    accounts, plans = SqliteAccounts(database), SqlitePlans(database)
    accounts.save(make_account(), [make_mailbox()])
    store, step = SqliteSync(database), timedelta(days=1) / A_DAY
    for start in range(0, MESSAGES, 1000):
        numbers = range(start, start + 1000)
        page = SyncPage(headers=tuple(_header(one, clock.now() - one * step) for one in numbers))
        store.apply("gmail-1", page, SyncState(round=1), ())
    started = time.process_time()
    found = plans.list_sent("gmail-1", clock.now() - timedelta(days=1))
    read_ms = (time.process_time() - started) * 1000
    caps = dict.fromkeys(ProviderKind, Caps(1_000_000, 1_000_000, 1_000_000))
    limits = Limits(plans=plans, accounts=accounts, clock=clock, caps=caps)
    limits.today("gmail-1", ProviderKind.GMAIL)
    record = make_record()
    started = time.process_time()
    for number in range(SENDS):
        limits.blocked_until(record)
        limits.count(record, Receipt(provider_message_id=f"sent-{number}"))
    each_us = (time.process_time() - started) / SENDS * 1_000_000
    print(f"\n{len(found)} of {MESSAGES} messages read in {read_ms:.1f} ms")
    print(f"a send asks and is counted in {each_us:.1f} µs")
    database.close()
    assert len(found) == A_DAY // 2
    assert read_ms <= 20
    assert each_us <= 50
