"""Looks after messages that the provider keeps until their moment. On a courier thread.

Handed over is not sent: whether it went is asked after its moment. To get one back, what is about to
be done is written down, then it is deleted there, then it is looked for in Sent: what was deleted
before its moment by the provider's clock did not go, whatever became of our answer. A lost answer to
the handing over is settled the same way, and the message is then handed over anew.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError, Cancelled, SignInError, SignInRequired, StoreError
from app.domain.outbound import DeliveryStep, Keeper, OutboundState, Reason
from app.outbox.kept import NO_DRAFT
from app.outbox.supplies import draft_of, error_evidence, receipt_evidence
from app.outbox.verdicts import after_unasked, after_unknown
from app.ports import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.domain.outbound import OutboundEmail, Receipt
    from app.outbox.ledger import Ledger
    from app.outbox.settler import Settler
    from app.outbox.supplies import Supplies
    from app.outbox.verdicts import Timing
    from app.ports import Carriage, Clock, Evidence, OutboxStore, Provider
    from app.runtime.cancel import CancelToken

    Question = Callable[[Provider, Carriage], Evidence]

log = logging.getLogger("outbox")
# So near to its moment nothing is deleted any more: it could be on its way.
TOO_CLOSE_S = 10.0
_WITHDRAWALS = frozenset({Reason.CANCELLING, Reason.TAKING_BACK})
_NOTHING_THERE: dict[str, Any] = {"step": DeliveryStep.NONE, **NO_DRAFT}


class Later:
    """One call, one record."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        records: OutboxStore,
        supplies: Supplies,
        settler: Settler,
        clock: Clock,
        timing: Timing,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._supplies = supplies
        self._settler = settler
        self._clock = clock
        self._timing = timing

    # --- before and after handing over ---

    def stays_here(self, record: OutboundEmail) -> bool:
        """Keep a record on this computer whose moment is near or long past; False: hand it over.

        So near to its moment an answer that is lost could not be settled before it.
        """
        now = self._clock.now()
        if record.keeper is not Keeper.PROVIDER or record.planned_at is None:
            return False
        left_s = (record.planned_at - now).total_seconds()
        if left_s < -self._timing.late_s:
            self._ledger.change(record, "missed", state=OutboundState.HELD, reason=Reason.MISSED)
            return True
        if not 0 < left_s < self._timing.lead_s:
            return False
        self._ledger.change(
            record,
            "kept_here",
            state=OutboundState.SCHEDULED,
            reason=Reason.SCHEDULED,
            due_at=record.planned_at,
        )
        return True

    def handed_over(self, record: OutboundEmail, receipt: Receipt) -> None:
        """Write down that the provider keeps it; whether it went is asked after its moment."""
        assert record.planned_at is not None
        self._ledger.change(
            record,
            "handed_over",
            state=OutboundState.SCHEDULED,
            reason=Reason.AT_PROVIDER,
            step=DeliveryStep.WAITING,
            due_at=record.planned_at + timedelta(seconds=self._timing.grace_s),
            detail="",
            evidence=receipt_evidence(receipt),
        )

    # --- what is there, or may be ---

    def attend(self, record: OutboundEmail, cancel: CancelToken) -> bool:
        """Ask whether it went; get it back if that is wanted. False: read its copy later."""
        since = record.uncertain_at or record.updated_at
        evidence = self._ask(
            record, lambda who, what: who.ask_outcome(draft_of(record), what, since), cancel
        )
        if evidence is None:
            return True
        if self._may_withdraw(record, evidence):
            draft = evidence.draft or draft_of(record)
            record = self._ledger.change(
                record,
                "withdrawing",
                reason=record.reason,
                step=DeliveryStep.WITHDRAWING,
                provider_draft_id=draft.draft_id,
                provider_draft_message_id=draft.message_id,
            )
            evidence = self._ask(record, lambda who, what: who.withdraw(draft, what), cancel)
            if evidence is None:
                return True
            if evidence.verdict is Verdict.NOT_SENT and evidence.left_s > 0:
                self._got_back(record, evidence.found)
                return True
            if evidence.verdict is Verdict.WAITING and evidence.left_s > TOO_CLOSE_S:
                # Said to be deleted, and still there.
                due_at = self._clock.now() + timedelta(seconds=self._timing.grace_s)
                self._ledger.change(record, "", reason=record.reason, due_at=due_at)
                return True
        return self._conclude(record, evidence, cancel)

    def clear_way(self, record: OutboundEmail, cancel: CancelToken) -> bool:
        """Delete what the provider may still keep of a record that the person sends again."""
        draft = draft_of(record)
        evidence = self._ask(
            record, lambda who, what: who.ask_outcome(draft, what, record.updated_at), cancel
        )
        if evidence is None:
            return True
        if evidence.verdict is Verdict.SENT:
            return self._went(record, evidence, cancel)
        if self._ask(record, lambda who, what: who.withdraw(draft, what), cancel) is not None:
            self._ledger.change(record, "withdrawn", reason=record.reason, **_NOTHING_THERE)
        return True

    def _ask(
        self, record: OutboundEmail, question: Question, cancel: CancelToken
    ) -> Evidence | None:
        try:
            provider = self._supplies.provider(record)
            return question(provider, self._supplies.carriage(record, cancel))
        except Cancelled:
            return None
        except StoreError:
            raise
        except AppError as error:
            self._cannot_ask(record, error)
            return None

    @staticmethod
    def _may_withdraw(record: OutboundEmail, evidence: Evidence) -> bool:
        """Say whether it is to be deleted there, and its moment is far enough away for that."""
        is_lost = (
            record.state is OutboundState.UNCERTAIN and record.step is not DeliveryStep.WAITING
        )
        is_wanted = record.reason in _WITHDRAWALS or is_lost
        is_there = evidence.verdict is Verdict.WAITING
        # Gone because we had begun to delete it.
        is_ours = evidence.verdict is Verdict.UNKNOWN and record.step is DeliveryStep.WITHDRAWING
        return is_wanted and (is_there or is_ours) and evidence.left_s > TOO_CLOSE_S

    # --- what the answer means ---

    def _conclude(self, record: OutboundEmail, evidence: Evidence, cancel: CancelToken) -> bool:
        match evidence.verdict:
            case Verdict.SENT:
                return self._went(record, evidence, cancel)
            case Verdict.WAITING:
                self._wait_on(record, evidence)
            case Verdict.UNKNOWN if (
                record.state is OutboundState.UNCERTAIN and record.uncertain_at is None
            ):
                self._settler.make_again(record, {"found": evidence.found})
            case _:
                self._doubt(record, evidence)
        return True

    def _went(self, record: OutboundEmail, evidence: Evidence, cancel: CancelToken) -> bool:
        assert evidence.receipt is not None
        was_wanted_back = record.reason in _WITHDRAWALS | {Reason.TOO_LATE}
        accepted = self._settler.accept(
            record,
            evidence.receipt,
            "settled_sent",
            evidence.found,
            reason=Reason.TOO_LATE if was_wanted_back else Reason.NONE,
            sent_at=evidence.sent_at,
        )
        provider = self._supplies.provider(accepted)
        return self._settler.read_back(
            accepted, provider, self._supplies.carriage(accepted, cancel)
        )

    def _wait_on(self, record: OutboundEmail, evidence: Evidence) -> None:
        """Ask again after its moment; what was to be got back is too near to it."""
        due_at = self._clock.now() + timedelta(seconds=evidence.left_s + self._timing.grace_s)
        if record.state is OutboundState.UNCERTAIN and record.step is not DeliveryStep.WAITING:
            self._ledger.change(
                record,
                "asked",
                reason=Reason.SETTLING,
                due_at=due_at,
                evidence={"found": evidence.found},
            )
            return
        is_too_late = record.reason in _WITHDRAWALS | {Reason.TOO_LATE}
        self._ledger.change(
            record,
            "too_late" if record.reason in _WITHDRAWALS else "",
            state=OutboundState.SCHEDULED,
            reason=Reason.TOO_LATE if is_too_late else Reason.AT_PROVIDER,
            step=DeliveryStep.WAITING,
            due_at=due_at,
            uncertain_at=None,
        )

    def _doubt(self, record: OutboundEmail, evidence: Evidence) -> None:
        """Not in Sent: ask until the settle window is over, then leave it to the person."""
        now = self._clock.now()
        is_new = record.state is not OutboundState.UNCERTAIN
        since = now if is_new else _doubted_since(record, now)
        asked = replace(record, uncertain_at=since, asks=0 if is_new else record.asks)
        following = after_unknown(asked, now, self._timing)
        step = record.step if record.step is DeliveryStep.SENDING else DeliveryStep.WAITING
        self._ledger.change(
            record,
            "not_seen" if is_new else following.event,
            state=OutboundState.UNCERTAIN,
            reason=following.reason,
            due_at=following.due_at,
            step=step,
            asks=asked.asks + 1,
            uncertain_at=now if is_new else record.uncertain_at,
            evidence={"found": evidence.found},
        )

    def _got_back(self, record: OutboundEmail, found: str) -> None:
        now, evidence = self._clock.now(), {"found": found}
        if record.reason not in _WITHDRAWALS:
            self._ledger.change(
                record,
                "withdrawn",
                state=OutboundState.SCHEDULED,
                reason=Reason.HAND_OVER,
                due_at=now,
                uncertain_at=None,
                evidence=evidence,
                **_NOTHING_THERE,
            )
            return
        is_draft_again = record.reason is Reason.TAKING_BACK
        self._ledger.change(
            record,
            "taken_back" if is_draft_again else "cancelled",
            state=OutboundState.CANCELLED,
            reason=Reason.BY_PERSON,
            due_at=now,
            evidence=evidence,
            restore=self._records.submitted_draft(record.uid) if is_draft_again else None,
            **_NOTHING_THERE,
        )

    def _cannot_ask(self, record: OutboundEmail, error: AppError) -> None:
        if isinstance(error, SignInRequired):
            self._supplies.sign_out(record)
        now = self._clock.now()
        due_at = after_unasked(record, error, now, self._timing).due_at
        if error.retry_after_s:
            due_at = max(due_at, now + timedelta(seconds=error.retry_after_s))
        # One line for a provider that stays away, not one a minute for a week.
        is_known = record.detail == error.code
        self._ledger.change(
            record,
            "" if is_known else "could_not_ask",
            reason=_reason_unasked(record, error),
            due_at=due_at,
            detail=error.code,
            evidence=error_evidence(error),
        )


def _doubted_since(record: OutboundEmail, now: datetime) -> datetime:
    """Give since when the provider could have said: after its moment, not from the lost answer on."""
    since, planned = record.uncertain_at or record.updated_at, record.planned_at
    return max(since, planned) if planned is not None and planned <= now else since


def _reason_unasked(record: OutboundEmail, error: AppError) -> Reason:
    """What the person wants stays known; otherwise signing in is what helps."""
    if record.reason in _WITHDRAWALS or record.state is OutboundState.QUEUED:
        return record.reason
    if isinstance(error, SignInError):
        return Reason.SIGN_IN
    return Reason.SETTLING if record.state is OutboundState.UNCERTAIN else Reason.AT_PROVIDER
