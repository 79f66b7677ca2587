"""Delivers one record: draft first, then send; or asks about an uncertain one. Runs on a courier thread.

Each step is written down before it is taken. The point of no return is step SENDING: from there on
only the provider's answer, or asking it, says what happened.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import (
    AppError,
    Cancelled,
    DraftGone,
    SignInRequired,
    TooLate,
)
from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.outbox.kept import is_kept_there, send_at, waits_for_handing_over
from app.outbox.later import Later
from app.outbox.ledger import Taken
from app.outbox.settler import Settler
from app.outbox.submitter import BULK_PRIORITY
from app.outbox.supplies import Supplies, draft_of, error_evidence
from app.outbox.sweeper import Sweeper
from app.outbox.verdicts import after_failure
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail, Receipt
    from app.outbox.ledger import Ledger
    from app.outbox.limits import Limits
    from app.outbox.verdicts import Next, Timing
    from app.ports import (
        AccountStore,
        BlobStore,
        Carriage,
        Clock,
        OutboxStore,
        Provider,
        ProviderDraft,
        ProviderFactory,
    )
    from app.runtime.bus import Bus

log = logging.getLogger("outbox")


class Paced(Exception):
    """This record has to wait a part of a second, so that the account's mail is no burst."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Courier:
    """Takes a record from waiting to its next resting state. One call, one record."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        ledger: Ledger,
        records: OutboxStore,
        accounts: AccountStore,
        providers: ProviderFactory,
        blobs: BlobStore,
        clock: Clock,
        bus: Bus,
        timing: Timing,
        limits: Limits,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._timing = timing
        self._limits = limits
        self._supplies = Supplies(
            accounts=accounts, providers=providers, blobs=blobs, clock=clock, bus=bus
        )
        self._sweeper = Sweeper(ledger=ledger, supplies=self._supplies, clock=clock, timing=timing)
        self._settler = Settler(
            ledger=ledger, supplies=self._supplies, clock=clock, timing=timing, limits=limits
        )
        self._later = Later(
            ledger=ledger,
            records=records,
            supplies=self._supplies,
            settler=self._settler,
            clock=clock,
            timing=timing,
        )

    def run(self, uid: str, cancel: CancelToken) -> bool | None:
        """Deliver a due record, ask about an uncertain one, or read a sent copy.

        Returns:
            False if the message was accepted but its sent copy could not be read yet; None if
            that was left for when no more mail of the account is due.

        Raises:
            Paced: nothing was done yet, and nothing is written of it.
            StoreError: the row may stand where it stood before, SENDING included.
        """
        try:
            record = self._ledger.get(uid)
            match record.state:
                case OutboundState.SCHEDULED | OutboundState.UNCERTAIN if self._is_there(record):
                    return self._later.attend(record, cancel)
                case OutboundState.UNCERTAIN:
                    return self._settler.settle(record, cancel)
                case OutboundState.QUEUED if record.is_at_provider:
                    return self._later.clear_way(record, cancel)
                case OutboundState.QUEUED | OutboundState.SCHEDULED:
                    if self._must_wait(record):
                        return True
                    self._check_pace(record)
                    return self._deliver(record, cancel)
                case OutboundState.SENT:
                    return self._settler.read_late(record, cancel)
                case OutboundState.CANCELLED | OutboundState.FAILED:
                    self._sweeper.sweep(record)
        except TooLate:
            log.info("%s was changed by somebody else", uid)
        return True

    @staticmethod
    def _is_there(record: OutboundEmail) -> bool:
        """Say whether the provider keeps it for later, or may."""
        is_uncertain = record.state is OutboundState.UNCERTAIN
        return record.is_at_provider or (is_uncertain and is_kept_there(record))

    # --- before delivering ---

    def _must_wait(self, record: OutboundEmail) -> bool:
        """Put a record off that may not go now: missed while asleep, or over our own caps."""
        now = self._clock.now()
        late_s = (now - record.due_at).total_seconds()
        if record.reason is Reason.SCHEDULED and late_s > self._timing.late_s:
            self._ledger.change(record, "missed", state=OutboundState.HELD, reason=Reason.MISSED)
            return True
        if self._later.stays_here(record):
            return True
        if record.is_for_later(now):
            # Counted when it goes; the provider spreads what is due at one moment itself.
            return False
        until = self._limits.blocked_until(record)
        if until is None or until <= now:
            return False
        # One line of history the first time; pacing a long queue would fill it otherwise.
        is_known = record.reason is Reason.OWN_LIMIT
        self._ledger.change(
            record,
            "" if is_known else "paced",
            reason=Reason.OWN_LIMIT,
            due_at=until,
            evidence=None if is_known else {"found": self._limits.words(record)},
        )
        return True

    def _check_pace(self, record: OutboundEmail) -> None:
        """Let a burst wait: in memory, for the row of each of a long queue would change every second."""
        wait_s = self._limits.second_wait_s(record)
        if wait_s:
            raise Paced(wait_s)

    # --- delivering ---

    def _deliver(self, record: OutboundEmail, cancel: CancelToken) -> bool | None:
        claimed = self._ledger.change(
            record,
            "claimed",
            state=OutboundState.SENDING,
            step=DeliveryStep.DRAFTED if record.provider_draft_id else DeliveryStep.DRAFTING,
            attempts=record.attempts + 1,
            evidence={"attempt": str(record.attempts + 1)},
        )
        step = _Progress(claimed, was_drafting=record.step is DeliveryStep.DRAFTING)
        try:
            provider = self._supplies.provider(claimed)
            carriage = self._keeping(step, self._supplies.carriage(claimed, cancel))
            self._supplies.check_frozen(claimed)
            draft = self._make_draft(step, provider, carriage)
            self._stop_if_asked(step, draft, cancel)
            now = self._clock.now()
            step.is_for_later = step.record.is_for_later(now)
            carriage = replace(carriage, send_at=send_at(step.record, now))
            receipt = self._send(step, provider, carriage, draft)
        except Cancelled:
            self._rest(step.record)
        except AppError as error:
            self._fail(step.record, error)
        else:
            if step.is_for_later:
                self._later.handed_over(step.record, receipt)
                return True
            accepted = self._settler.accept(step.record, receipt, "accepted")
            if accepted.priority >= BULK_PRIORITY:
                # Nobody looks at it now: what else is due of its account goes before.
                return None
            return self._settler.read_back(accepted, provider, carriage)
        return True

    def _keeping(self, step: _Progress, carriage: Carriage) -> Carriage:
        """Let an upload write down how to go on after a crash; no line of history, nothing to show."""

        def save(state: str) -> None:
            step.record = self._ledger.change(step.record, "", upload_state=state)

        return replace(carriage, save_upload_state=save)

    def _make_draft(self, step: _Progress, provider: Provider, carriage: Carriage) -> ProviderDraft:
        record = step.record
        if record.provider_draft_id:
            return draft_of(record)
        # An earlier attempt may have made one without hearing of it.
        found = provider.find_draft(carriage) if step.was_drafting else None
        draft = found or provider.create_draft(carriage)
        event = "draft_found" if found else "draft_made"
        step.made = Taken(event, {"draft": draft.draft_id})
        return draft

    def _stop_if_asked(self, step: _Progress, draft: ProviderDraft, cancel: CancelToken) -> None:
        if not cancel.is_cancelled:
            return
        if step.made is not None:
            event, evidence = step.made.event, step.made.evidence
            fields = _drafted(draft) | {"step": DeliveryStep.DRAFTED}
            step.record = self._ledger.change(step.record, event, evidence=evidence, **fields)
        raise Cancelled

    def _send(
        self, step: _Progress, provider: Provider, carriage: Carriage, draft: ProviderDraft
    ) -> Receipt:
        # A draft that was just made is written down in the same transaction: between the two
        # nothing is asked of anybody, so no crash can tell them apart.
        fields = _drafted(draft) if step.made else {}
        step.record = self._ledger.change(
            step.record, "handing_over", before=step.made, step=DeliveryStep.SENDING, **fields
        )
        return provider.send_draft(draft, carriage)

    # --- ends of an attempt that was not accepted ---

    def _rest(self, record: OutboundEmail) -> None:
        """Put a record back that was stopped before its final request began."""
        now = self._clock.now()
        state = {"state": OutboundState.QUEUED, **waits_for_handing_over(record, now)}
        self._ledger.change(record, "stopped", due_at=now, **state)

    def _fail(self, record: OutboundEmail, error: AppError) -> None:
        if isinstance(error, SignInRequired):
            self._supplies.sign_out(record)
        following = after_failure(record, error, self._clock.now(), self._timing)
        if following.state is OutboundState.QUEUED:
            following = replace(following, **waits_for_handing_over(record, self._clock.now()))
        fields: dict[str, Any] = {"detail": str(error.params.get("detail", ""))[:500]}
        if following.state is OutboundState.UNCERTAIN:
            fields["asks"] = 0
            # A draft that is gone puts no send of ours in doubt; `uncertain_at` says if one ever was.
            if not isinstance(error, DraftGone):
                fields["uncertain_at"] = self._clock.now()
        self._move(record, following, error_evidence(error), **fields)

        if following.state is OutboundState.FAILED:
            self._sweeper.sweep(self._ledger.get(record.uid))

    def _move(
        self, record: OutboundEmail, following: Next, evidence: dict[str, str], **fields: Any
    ) -> None:
        self._ledger.change(
            record,
            following.event,
            state=following.state,
            reason=following.reason,
            due_at=following.due_at,
            step=following.step,
            evidence=evidence,
            **fields,
        )


class _Progress:
    """The record as last written, so that a failure is filed against the right version."""

    def __init__(self, record: OutboundEmail, *, was_drafting: bool) -> None:
        self.record = record
        self.was_drafting = was_drafting
        self.is_for_later = False
        # A draft that was made or found by this attempt and is not written down yet.
        self.made: Taken | None = None


def _drafted(draft: ProviderDraft) -> dict[str, Any]:
    return {
        "provider_draft_id": draft.draft_id,
        "provider_draft_message_id": draft.message_id,
        "upload_state": "",
    }
