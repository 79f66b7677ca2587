"""Puts records right that the ordinary course left behind: a crash, a bug, a clock that was set."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError, TooLate
from app.domain.outbound import OutboundState, Reason
from app.outbox.clockwatch import is_behind
from app.outbox.verdicts import after_crash

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail
    from app.outbox.ledger import Ledger
    from app.outbox.verdicts import Next, Timing
    from app.ports import Clock, OutboxPlans, SentCopies, Waiting

log = logging.getLogger("outbox")
BUG_PAUSE_S = 900.0
# Waiting for so long, and not for a moment.
_PAUSES = frozenset(
    {
        Reason.UNDO_WINDOW,
        Reason.OFFLINE,
        Reason.PROVIDER_DOWN,
        Reason.THROTTLED,
        Reason.DAILY_LIMIT,
        Reason.OWN_LIMIT,
        Reason.SETTLING,
    }
)
# A copy that could not be read for so long will hardly be there tomorrow.
UNREAD_FOR = timedelta(days=1)


class Recovery:
    """Runs on the dispatcher's thread, or on the courier's that met the bug."""

    def __init__(
        self,
        *,
        plans: OutboxPlans,
        copies: SentCopies,
        ledger: Ledger,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self._plans = plans
        self._copies = copies
        self._ledger = ledger
        self._clock = clock
        self._timing = timing

    def take_up(self) -> None:
        """Take up what a process left in the middle of sending, and what waits in a past future."""
        for waiting in self._plans.list_open():
            if waiting.state is OutboundState.SENDING:
                self._take_up(waiting.uid)
            elif is_behind(self._clock.now(), waiting.updated_at):
                self._shorten(waiting)

    def unread(self) -> list[tuple[str, str]]:
        """Give account and record of what went out lately, its sent copy unread when a process ended."""
        return self._copies.list_unread(self._clock.now() - UNREAD_FOR)

    def _take_up(self, uid: str) -> None:
        try:
            self._resume(self._ledger.get(uid))
        except TooLate:
            log.info("%s was changed by somebody else", uid)

    def resume(self, uid: str) -> None:
        """Take up a record whose courier could not write down where it stands.

        Raises:
            StoreError: it still cannot be written.
        """
        try:
            record = self._ledger.get(uid)
            if record.state is OutboundState.SENDING:
                self._resume(record, "unrecorded")
        except TooLate:
            log.info("%s was changed by somebody else", uid)

    def clock_was_set(self, jump_s: float) -> None:
        """Keep a clock set forward from sending early, and one set back from never sending."""
        log.warning("the clock was set by %.0f s", jump_s)
        for waiting in self._plans.list_open():
            if jump_s < 0:
                self._shorten(waiting)
            elif waiting.reason is Reason.SCHEDULED:
                self._ask_if_early(waiting, jump_s)
            else:
                self._carry_on(waiting, jump_s)

    def park(self, uid: str) -> None:
        """Keep a record that met a bug from being tried again at once."""
        try:
            record = self._ledger.get(uid)
            if record.state is OutboundState.SENDING:
                self._park_sending(record)
            elif record.state is OutboundState.UNCERTAIN or record.is_at_provider:
                # It must be asked about again, but not in a circle.
                due_at = self._clock.now() + timedelta(seconds=BUG_PAUSE_S)
                self._ledger.change(record, "", reason=record.reason, due_at=due_at)
            elif record.state in {OutboundState.CANCELLED, OutboundState.FAILED}:
                # Its draft at the provider is still to be removed; not in a circle either.
                due_at = self._clock.now() + timedelta(seconds=BUG_PAUSE_S)
                self._ledger.change(record, "", reason=record.reason, due_at=due_at)
            elif record.state in {OutboundState.QUEUED, OutboundState.SCHEDULED}:
                self._ledger.change(record, "bug", state=OutboundState.HELD, reason=Reason.BUG)
        except AppError as error:
            log.warning("%s could not be parked: %s", uid, error.code)

    def _park_sending(self, record: OutboundEmail) -> None:
        following = after_crash(record, self._clock.now(), self._timing)
        is_uncertain = following.state is OutboundState.UNCERTAIN
        self._ledger.change(
            record,
            "bug",
            state=OutboundState.UNCERTAIN if is_uncertain else OutboundState.HELD,
            reason=Reason.SETTLING if is_uncertain else Reason.BUG,
            due_at=following.due_at,
            **_doubt(record, following),
        )

    def _resume(self, record: OutboundEmail, event: str = "") -> None:
        following = after_crash(record, self._clock.now(), self._timing)
        self._ledger.change(
            record,
            event or following.event,
            state=following.state,
            reason=following.reason,
            due_at=following.due_at,
            step=following.step,
            **_doubt(record, following),
        )

    def _shorten(self, waiting: Waiting) -> None:
        """Let a pause last as long as it was meant to, from now; chosen moments stay."""
        if waiting.reason is Reason.SCHEDULED or waiting.state is OutboundState.HELD:
            return
        now = self._clock.now()
        meant = waiting.due_at - waiting.updated_at
        if waiting.due_at - now > meant:
            self._change(waiting, "", due_at=now + max(meant, timedelta()), reason=waiting.reason)

    def _carry_on(self, waiting: Waiting, jump_s: float) -> None:
        """Let a pause, a grace or the time to undo not end early because the clock was set forward."""
        due_at = waiting.due_at + timedelta(seconds=jump_s)
        if waiting.reason in _PAUSES and due_at > self._clock.now():
            self._change(waiting, "", due_at=due_at, reason=waiting.reason)

    def _ask_if_early(self, waiting: Waiting, jump_s: float) -> None:
        """Hold what is due only because the clock was set: nobody knows which time is right."""
        now = self._clock.now()
        if waiting.due_at <= now < waiting.due_at + timedelta(seconds=jump_s):
            self._change(waiting, "clock_set", state=OutboundState.HELD, reason=Reason.MISSED)

    def _change(self, waiting: Waiting, event: str, **fields: Any) -> None:
        try:
            self._ledger.change(self._ledger.get(waiting.uid), event, **fields)
        except TooLate:
            log.info("%s was changed by somebody else", waiting.uid)


def _doubt(record: OutboundEmail, following: Next) -> dict[str, Any]:
    """Note since when nobody knows: the moment before the final request was made."""
    is_uncertain = following.state is OutboundState.UNCERTAIN
    return {"uncertain_at": record.updated_at, "asks": 0} if is_uncertain else {}
