"""Files what a provider accepted, and asks about sends of which nobody knows. On a courier thread."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.errors import AppError, Cancelled, ProviderError, SignInRequired, StoreError
from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.outbox.supplies import draft_of, error_evidence, receipt_evidence
from app.outbox.verdicts import (
    after_not_sent,
    after_unasked,
    after_unknown,
    after_vanished,
    is_believed,
)
from app.ports import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.outbound import OutboundEmail, Receipt
    from app.outbox.ledger import Ledger
    from app.outbox.limits import Limits
    from app.outbox.supplies import Supplies
    from app.outbox.verdicts import Timing
    from app.ports import Carriage, Clock, Evidence, Provider
    from app.runtime.cancel import CancelToken

log = logging.getLogger("outbox")


class Settler:
    """Ends the delivery of a record: accepted, or asked about until it is known."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        supplies: Supplies,
        clock: Clock,
        timing: Timing,
        limits: Limits,
    ) -> None:
        self._ledger = ledger
        self._supplies = supplies
        self._clock = clock
        self._timing = timing
        self._limits = limits

    def accept(
        self,
        record: OutboundEmail,
        receipt: Receipt,
        event: str,
        found: str = "",
        *,
        reason: Reason = Reason.NONE,
        sent_at: datetime | None = None,
    ) -> OutboundEmail:
        """Write down that the provider has taken it, and what it said when it was asked."""
        # Before it is written: it is out, whether that succeeds or not.
        self._limits.count(record, receipt)
        return self._ledger.change(
            record,
            event,
            state=OutboundState.SENT,
            reason=reason,
            step=DeliveryStep.ACCEPTED,
            receipt=receipt,
            sent_at=sent_at or self._clock.now(),
            detail="",
            evidence=receipt_evidence(receipt) | ({"found": found} if found else {}),
        )

    def read_back(self, record: OutboundEmail, provider: Provider, carriage: Carriage) -> bool:
        """Add what the Sent copy says; a failure here never unsends. False: look again later."""
        if record.receipt is None:
            return True
        try:
            receipt = provider.read_back(record.receipt, carriage)
        except Cancelled:
            return True
        except SignInRequired:
            self._supplies.sign_out(record)
            return False
        except ProviderError as error:
            # Exchange shows the sent copy some time after it has taken the message.
            log.info("%s was not read back: %s", record.uid, error.code)
            return False
        evidence = receipt_evidence(receipt)
        if receipt.differences:
            evidence["differences"] = "; ".join(receipt.differences)
        self._ledger.change(
            record, "read_back", reason=record.reason, receipt=receipt, evidence=evidence
        )
        return True

    def read_late(self, record: OutboundEmail, cancel: CancelToken) -> bool:
        """Read a Sent copy that was not there at once. False: look again later."""
        if record.receipt is None or record.receipt.wire_message_id:
            return True
        try:
            provider = self._supplies.provider(record)
        except SignInRequired:
            return True
        return self.read_back(record, provider, self._supplies.carriage(record, cancel))

    def settle(self, record: OutboundEmail, cancel: CancelToken) -> bool:
        """Ask whether an uncertain send happened, and act on the answer. False: read back later."""
        try:
            provider = self._supplies.provider(record)
            carriage = self._supplies.carriage(record, cancel)
            since = record.uncertain_at or record.updated_at
            evidence = provider.ask_outcome(draft_of(record), carriage, since)
        except Cancelled:
            return True
        except StoreError:
            raise
        except AppError as error:
            self._cannot_ask(record, error)
            return True
        if evidence.verdict is Verdict.SENT and evidence.receipt is not None:
            accepted = self.accept(record, evidence.receipt, "settled_sent", evidence.found)
            return self.read_back(accepted, provider, carriage)
        self._conclude(record, evidence)
        return True

    def _conclude(self, record: OutboundEmail, evidence: Evidence) -> None:
        found = {"found": evidence.found}
        if evidence.verdict is Verdict.NOT_SENT and is_believed(record):
            self._ledger.change(
                record,
                "settled_not_sent",
                state=OutboundState.QUEUED,
                step=DeliveryStep.DRAFTED,
                due_at=self._clock.now(),
                evidence=found,
            )
            return
        if evidence.verdict is Verdict.UNKNOWN and record.uncertain_at is None:
            self.make_again(record, found)
            return
        decide = after_not_sent if evidence.verdict is Verdict.NOT_SENT else after_unknown
        following = decide(record, self._clock.now(), self._timing)
        self._ledger.change(
            record,
            following.event,
            reason=following.reason,
            due_at=following.due_at,
            evidence=found,
            asks=record.asks + 1,
        )

    def make_again(self, record: OutboundEmail, found: dict[str, str]) -> None:
        """Go back to making a draft: the one there was is gone, and nobody sent it."""
        following = after_vanished(record, self._clock.now(), self._timing)
        self._ledger.change(
            record,
            following.event,
            state=following.state,
            reason=following.reason,
            due_at=following.due_at,
            step=following.step,
            provider_draft_id="",
            provider_draft_message_id="",
            evidence=found,
        )

    def _cannot_ask(self, record: OutboundEmail, error: AppError) -> None:
        if isinstance(error, SignInRequired):
            self._supplies.sign_out(record)
        following = after_unasked(record, error, self._clock.now(), self._timing)
        due_at = following.due_at
        if error.retry_after_s:
            due_at = max(due_at, self._clock.now() + timedelta(seconds=error.retry_after_s))
        # One line for a provider that stays away, not one a minute for a week.
        is_known = record.detail == error.code and record.reason is following.reason
        self._ledger.change(
            record,
            "" if is_known else "could_not_ask",
            reason=following.reason,
            due_at=due_at,
            detail=error.code,
            evidence=error_evidence(error),
        )
