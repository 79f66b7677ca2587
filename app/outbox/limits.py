"""Our own caps, below the providers': an account that is kept within them is not blocked for a day.

Counted as providers count: for the whole account whatever its address, every address in To, Cc and
Bcc of every message in any 24 hours, messages a minute and a second. What other programs sent is counted as far
as the index has seen it. Read from the store, so that it survives restarts, and then kept in memory:
a send asks no database. Never on the GUI thread.

Sources: Gmail 2,000 messages a day for Workspace, 500 for consumer accounts
(support.google.com/a/answer/166852); Exchange Online 10,000 recipients a day and 30 messages a
minute (learn.microsoft.com, Exchange Online limits).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.texts import usage_text
from app.outbox.day_count import DAY_S, DayCount, Sent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.domain.outbound import OutboundEmail, Receipt
    from app.ports import AccountStore, Clock, OutboxPlans

# Consumer accounts: recipients a day, whatever the settings allow for work accounts.
CONSUMER_RECIPIENTS = {"gmail.com": 500, "googlemail.com": 500, "outlook.com": 300}
# How long a reading of the store holds, and after news of other programs: a sync tells of many.
READ_AGAIN_S = 60.0
NEWS_REST_S = 5.0


@dataclass(frozen=True, slots=True)
class Caps:
    """What one account may send."""

    recipients_per_day: int
    messages_per_minute: int
    messages_per_second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """Recipients in the last 24 hours, the cap, and when the earliest of them stops counting.

    `elsewhere` of the used ones were reached by other programs.
    """

    used: int
    cap: int
    frees_at: datetime | None
    elsewhere: int = 0


@dataclass(slots=True)
class _Book:
    count: DayCount = field(default_factory=DayCount)
    read_s: float | None = None
    has_news: bool = False


class Limits:
    """Says when an account may send next. Safe from any thread."""

    def __init__(
        self,
        *,
        plans: OutboxPlans,
        accounts: AccountStore,
        clock: Clock,
        caps: Mapping[ProviderKind, Caps],
    ) -> None:
        self._plans = plans
        self._accounts = accounts
        self._clock = clock
        self._caps = caps
        self._lock = threading.Lock()
        self._books: dict[str, _Book] = {}
        self._domains: dict[str, str] = {}
        # The time as it was when we began, carried on by a clock that nobody sets.
        self._began_at, self._began_s = clock.now(), clock.monotonic()

    def today(self, account_uid: str, provider: ProviderKind) -> DayUsage:
        """Count an account's last 24 hours, for the window and the API. Raises StoreError."""
        with self._lock:
            now_s = self._clock.monotonic()
            count = self._read(account_uid, now_s)
            ends_s = count.oldest_ends_s(now_s)
            return DayUsage(
                used=count.used,
                cap=self._day_cap(account_uid, provider),
                frees_at=None if ends_s is None else self._in(ends_s),
                elsewhere=count.elsewhere,
            )

    def blocked_until(self, record: OutboundEmail) -> datetime | None:
        """Say when this record may be sent if it may not be now. Raises StoreError."""
        with self._lock:
            now_s = self._clock.monotonic()
            count = self._read(record.account_uid, now_s)
            cap = self._day_cap(record.account_uid, record.provider)
            wait_s = max(
                count.day_wait_s(len(record.envelope.recipients), cap, now_s),
                count.minute_wait_s(self._caps[record.provider].messages_per_minute, now_s),
            )
            return self._in(wait_s) if wait_s > 0 else None

    def second_wait_s(self, record: OutboundEmail) -> float:
        """Give how long to hold a record back, within a second, so that a burst is none."""
        cap = self._caps[record.provider].messages_per_second
        with self._lock:
            book = self._books.get(record.account_uid)
            now_s = self._clock.monotonic()
            return book.count.second_wait_s(cap, now_s) if book is not None else 0.0

    def words(self, record: OutboundEmail) -> str:
        """Say what is used of the cap a record waits for. Raises StoreError."""
        usage = self.today(record.account_uid, record.provider)
        return usage_text(usage.used, usage.cap, usage.elsewhere)

    def count(self, record: OutboundEmail, receipt: Receipt) -> None:
        """Count a record that was accepted just now."""
        key = receipt.provider_message_id or record.uid
        with self._lock:
            book = self._books.get(record.account_uid)
            if book is not None:
                recipients = len(record.envelope.recipients)
                book.count.add(key, recipients, self._clock.monotonic())

    def read_again(self, account_uid: str = "") -> None:
        """Read an account again before long (all without a name): somebody has news of it."""
        with self._lock:
            for uid, book in self._books.items():
                book.has_news = book.has_news or account_uid in {"", uid}

    def _read(self, account_uid: str, now_s: float) -> DayCount:
        book = self._books.setdefault(account_uid, _Book())
        age_s = READ_AGAIN_S if book.read_s is None else now_s - book.read_s
        if age_s < (NEWS_REST_S if book.has_news else READ_AGAIN_S):
            book.count.forget(now_s)
            return book.count
        book.has_news = False
        now = self._began_at + timedelta(seconds=now_s - self._began_s)
        found = self._plans.list_sent(account_uid, now - timedelta(seconds=DAY_S))
        kept = [
            Sent(one.key, now_s - _age_s(now, one.sent_at), one.recipients, one.is_ours)
            for one in found
        ]
        book.count.know(kept, now_s)
        book.read_s = now_s
        return book.count

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _day_cap(self, account_uid: str, provider: ProviderKind) -> int:
        cap = self._caps[provider].recipients_per_day
        return min(cap, CONSUMER_RECIPIENTS.get(self._domain(account_uid), cap))

    def _domain(self, account_uid: str) -> str:
        """Give the domain of an account's own address, which never changes."""
        if account_uid not in self._domains:
            for one in self._accounts.list_accounts():
                self._domains[one.uid] = one.address.rpartition("@")[2].casefold()
        return self._domains.get(account_uid, "")


def _age_s(now: datetime, sent_at: datetime) -> float:
    """Give how long ago it was; of another clock's future: just now."""
    return min(max((now - sent_at).total_seconds(), 0.0), DAY_S)
