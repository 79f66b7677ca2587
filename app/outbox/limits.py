"""Our own caps, below the providers': a mailbox that is kept within them is not blocked for a day.

Counted as providers count: recipients in any 24 hours, messages a minute. The counts come from the
records, so they survive restarts. Never on the GUI thread.

Sources: Gmail 2,000 messages a day for Workspace, 500 for consumer accounts
(support.google.com/a/answer/166852); Exchange Online 10,000 recipients a day and 30 messages a
minute (learn.microsoft.com, Exchange Online limits).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.domain.outbound import OutboundEmail
    from app.ports import Clock, OutboxPlans

DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
# Consumer mailboxes: recipients a day, whatever the settings allow for work accounts.
CONSUMER_RECIPIENTS = {"gmail.com": 500, "googlemail.com": 500, "outlook.com": 300}


@dataclass(frozen=True, slots=True)
class Caps:
    """What one mailbox may send."""

    recipients_per_day: int
    messages_per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUsage:
    """Recipients in the last 24 hours, the cap, and when the earliest of them stops counting."""

    used: int
    cap: int
    frees_at: datetime | None


class Limits:
    """Says when a mailbox may send next."""

    def __init__(
        self, *, plans: OutboxPlans, clock: Clock, caps: Mapping[ProviderKind, Caps]
    ) -> None:
        self._plans = plans
        self._clock = clock
        self._caps = caps

    def today(self, mailbox_uid: str, provider: ProviderKind, address: str) -> DayUsage:
        """Count a mailbox's last 24 hours, for the window and the API."""
        usage = self._plans.usage(mailbox_uid, self._clock.now() - DAY)
        return DayUsage(
            used=usage.recipients,
            cap=self._day_cap(provider, address),
            frees_at=usage.earliest_at + DAY if usage.earliest_at else None,
        )

    def blocked_until(self, record: OutboundEmail, now: datetime) -> datetime | None:
        """Say when this record may be sent if it may not be now."""
        sender = record.envelope.sender
        day = self._plans.usage(record.mailbox_uid, now - DAY)
        count = len(record.envelope.recipients)
        over = day.recipients + count > self._day_cap(record.provider, sender.addr_spec)
        if over and day.earliest_at is not None:
            return day.earliest_at + DAY
        minute = self._plans.usage(record.mailbox_uid, now - MINUTE)
        is_paced = minute.messages >= self._caps[record.provider].messages_per_minute
        return minute.earliest_at + MINUTE if is_paced and minute.earliest_at else None

    def _day_cap(self, provider: ProviderKind, address: str) -> int:
        domain = address.rpartition("@")[2].casefold()
        cap = self._caps[provider].recipients_per_day
        return min(cap, CONSUMER_RECIPIENTS.get(domain, cap))
