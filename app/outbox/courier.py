"""Delivers one record: draft first, then send; or asks about an uncertain one. Runs on a courier thread.

Each step is written down before it is taken. The point of no return is step SENDING: from there on
only the provider's answer, or asking it, says what happened.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.account import AccountState
from app.domain.errors import (
    AppError,
    AttachmentChanged,
    Cancelled,
    DraftGone,
    NotConnected,
    ProviderError,
    SignInRequired,
    TooLate,
)
from app.domain.events import AccountsChanged, UploadProgressed
from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.outbox.verdicts import after_failure, after_unknown
from app.ports import Carriage, ProviderDraft, Verdict

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.domain.outbound import OutboundEmail, Receipt
    from app.outbox.ledger import Ledger
    from app.outbox.limits import Limits
    from app.outbox.verdicts import Next, Timing
    from app.ports import (
        AccountStore,
        BlobStore,
        Clock,
        Evidence,
        Provider,
        ProviderFactory,
    )
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

log = logging.getLogger("outbox")
HASH_CHUNK_BYTES = 1 << 20


class Courier:
    """Takes a record from waiting to its next resting state. One call, one record."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        ledger: Ledger,
        accounts: AccountStore,
        providers: ProviderFactory,
        blobs: BlobStore,
        clock: Clock,
        bus: Bus,
        timing: Timing,
        limits: Limits,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._providers = providers
        self._blobs = blobs
        self._clock = clock
        self._bus = bus
        self._timing = timing
        self._limits = limits

    def run(self, uid: str, cancel: CancelToken) -> None:
        """Deliver a due record, or ask about an uncertain one. Never raises AppError."""
        try:
            record = self._ledger.get(uid)
            if record.state is OutboundState.UNCERTAIN:
                self._settle(record, cancel)
            elif record.state in {OutboundState.QUEUED, OutboundState.SCHEDULED}:
                if not self._must_wait(record):
                    self._deliver(record, cancel)
            elif record.state is OutboundState.CANCELLED:
                self._sweep(record)
        except TooLate:
            log.info("%s was changed by somebody else", uid)
        except AppError as error:
            # The store itself failed: the row says where it stands, the dispatcher comes again.
            log.warning("%s could not be worked on: %s", uid, error.code)

    # --- before delivering ---

    def _must_wait(self, record: OutboundEmail) -> bool:
        """Put a record off that may not go now: missed while asleep, or over our own caps."""
        now = self._clock.now()
        late_s = (now - record.due_at).total_seconds()
        if record.reason is Reason.SCHEDULED and late_s > self._timing.late_s:
            self._ledger.change(record, "missed", state=OutboundState.HELD, reason=Reason.MISSED)
            return True
        until = self._limits.blocked_until(record, now)
        if until is None or until <= now:
            return False
        # One line of history the first time; pacing a long queue would fill it otherwise.
        event = "" if record.reason is Reason.OWN_LIMIT else "paced"
        self._ledger.change(record, event, reason=Reason.OWN_LIMIT, due_at=until)
        return True

    # --- delivering ---

    def _deliver(self, record: OutboundEmail, cancel: CancelToken) -> None:
        claimed = self._ledger.change(
            record,
            "claimed",
            state=OutboundState.SENDING,
            attempts=record.attempts + 1,
            evidence={"attempt": str(record.attempts + 1)},
        )
        step = _Progress(claimed)
        try:
            account = self._account(claimed)
            provider = self._providers.provider(account)
            carriage = self._carriage(claimed, cancel)
            self._check_frozen(claimed)
            draft = self._make_draft(step, provider, carriage)
            cancel.check()
            receipt = self._send(step, provider, carriage, draft)
        except Cancelled:
            self._rest(step.record)
        except AppError as error:
            self._fail(step.record, error)
        else:
            accepted = self._accepted(step.record, receipt, "accepted")
            self._read_back(accepted, provider, carriage)

    def _make_draft(self, step: _Progress, provider: Provider, carriage: Carriage) -> ProviderDraft:
        record = step.record
        if record.provider_draft_id:
            return _draft_of(record)
        was_interrupted = record.step is DeliveryStep.DRAFTING
        step.record = self._ledger.change(record, "drafting", step=DeliveryStep.DRAFTING)
        found = provider.find_draft(carriage) if was_interrupted else None
        draft = found or provider.create_draft(carriage)
        step.record = self._ledger.change(
            step.record,
            "draft_found" if found else "draft_made",
            step=DeliveryStep.DRAFTED,
            provider_draft_id=draft.draft_id,
            provider_draft_message_id=draft.message_id,
            evidence={"draft": draft.draft_id},
        )
        return draft

    def _send(
        self, step: _Progress, provider: Provider, carriage: Carriage, draft: ProviderDraft
    ) -> Receipt:
        step.record = self._ledger.change(step.record, "handing_over", step=DeliveryStep.SENDING)
        return provider.send_draft(draft, carriage)

    def _accepted(self, record: OutboundEmail, receipt: Receipt, event: str) -> OutboundEmail:
        return self._ledger.change(
            record,
            event,
            state=OutboundState.SENT,
            step=DeliveryStep.ACCEPTED,
            receipt=receipt,
            sent_at=self._clock.now(),
            detail="",
            evidence=_receipt_evidence(receipt),
        )

    def _read_back(self, record: OutboundEmail, provider: Provider, carriage: Carriage) -> None:
        """Add what the Sent copy says; a failure here never unsends."""
        if record.receipt is None:
            return
        try:
            receipt = provider.read_back(record.receipt, carriage)
        except (ProviderError, SignInRequired, Cancelled) as error:
            log.info("%s was not read back: %s", record.uid, type(error).__name__)
            return
        evidence = _receipt_evidence(receipt)
        if receipt.differences:
            evidence["differences"] = "; ".join(receipt.differences)
        self._ledger.change(record, "read_back", receipt=receipt, evidence=evidence)

    # --- settling ---

    def _settle(self, record: OutboundEmail, cancel: CancelToken) -> None:
        """Ask the provider whether an uncertain send happened, and act on its answer."""
        try:
            provider = self._providers.provider(self._account(record))
            carriage = self._carriage(record, cancel)
            since = record.uncertain_at or record.updated_at
            evidence = provider.ask_outcome(_draft_of(record), carriage, since)
        except Cancelled:
            return
        except AppError as error:
            self._cannot_ask(record, error)
            return
        self._conclude(record, evidence, provider, carriage)

    def _conclude(
        self, record: OutboundEmail, evidence: Evidence, provider: Provider, carriage: Carriage
    ) -> None:
        found = {"found": evidence.found}
        match evidence.verdict:
            case Verdict.SENT if evidence.receipt is not None:
                self._read_back(
                    self._accepted(record, evidence.receipt, "settled_sent"), provider, carriage
                )
            case Verdict.NOT_SENT:
                self._ledger.change(
                    record,
                    "settled_not_sent",
                    state=OutboundState.QUEUED,
                    step=DeliveryStep.DRAFTED,
                    due_at=self._clock.now(),
                    evidence=found,
                )
            case _:
                following = after_unknown(record, self._clock.now(), self._timing)
                self._move(record, following, found, asks=record.asks + 1)

    def _cannot_ask(self, record: OutboundEmail, error: AppError) -> None:
        if isinstance(error, SignInRequired):
            self._sign_out(record)
        pause_s = error.retry_after_s or self._timing.grace_s
        reason = Reason.SIGN_IN if isinstance(error, SignInRequired) else Reason.SETTLING
        self._ledger.change(
            record,
            "could_not_ask",
            reason=reason,
            due_at=self._clock.now() + timedelta(seconds=pause_s),
            evidence=_error_evidence(error),
        )

    # --- ends of an attempt that was not accepted ---

    def _rest(self, record: OutboundEmail) -> None:
        """Put a record back that was stopped before its final request began."""
        self._ledger.change(record, "stopped", state=OutboundState.QUEUED, due_at=self._clock.now())

    def _fail(self, record: OutboundEmail, error: AppError) -> None:
        if isinstance(error, SignInRequired):
            self._sign_out(record)
        following = after_failure(record, error, self._clock.now(), self._timing)
        fields: dict[str, Any] = {"detail": str(error.params.get("detail", ""))[:500]}
        if following.state is OutboundState.UNCERTAIN:
            fields |= {"uncertain_at": self._clock.now(), "asks": 0}
        if isinstance(error, DraftGone) and following.step is DeliveryStep.NONE:
            fields |= {"provider_draft_id": "", "provider_draft_message_id": ""}
        self._move(record, following, _error_evidence(error), **fields)

        if following.state is OutboundState.FAILED:
            self._sweep(self._ledger.get(record.uid))

    def _sweep(self, record: OutboundEmail) -> None:
        """Remove the provider's draft of a record that will not be sent; a lost cause is left."""
        if not record.provider_draft_id:
            return
        event = "draft_swept"
        try:
            self._providers.provider(self._account(record)).discard_draft(_draft_of(record))
        except AppError as error:
            log.info("the draft of %s was not removed: %s", record.uid, error.code)
            event = "draft_left"
        step = DeliveryStep.NONE
        self._ledger.change(
            record,
            event,
            reason=record.reason,
            step=step,
            provider_draft_id="",
            provider_draft_message_id="",
        )

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

    # --- what a delivery needs ---

    def _account(self, record: OutboundEmail) -> Account:
        for account in self._accounts.list_accounts():
            if account.uid == record.account_uid:
                return account
        raise SignInRequired(
            provider=record.provider.value, address=record.envelope.sender.addr_spec
        ) from NotConnected(address=record.envelope.sender.addr_spec)

    def _sign_out(self, record: OutboundEmail) -> None:
        self._accounts.set_state(record.account_uid, AccountState.SIGNED_OUT, self._clock.now())
        self._bus.publish(AccountsChanged(record.account_uid))

    def _carriage(self, record: OutboundEmail, cancel: CancelToken) -> Carriage:
        def progress(done: int, total: int) -> None:
            percent = min(100, done * 100 // max(total, 1))
            self._bus.publish(UploadProgressed(record.uid, percent))

        return Carriage(
            uid=record.uid,
            message=record.message,
            reply=record.reply,
            open_spool=lambda: self._blobs.open(record.message.sha256),
            open_blob=self._blobs.open,
            cancel=cancel,
            progress=progress,
        )

    def _check_frozen(self, record: OutboundEmail) -> None:
        """Refuse bytes other than those that were frozen at Send."""
        digest = hashlib.sha256()
        with self._blobs.open(record.message.sha256) as spool:
            while chunk := spool.read(HASH_CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != record.message.sha256:
            raise AttachmentChanged(filename=record.subject)


class _Progress:
    """The record as last written, so that a failure is filed against the right version."""

    def __init__(self, record: OutboundEmail) -> None:
        self.record = record


def _draft_of(record: OutboundEmail) -> ProviderDraft:
    return ProviderDraft(
        draft_id=record.provider_draft_id,
        message_id=record.provider_draft_message_id,
        thread_id=record.reply.ref.thread_id if record.reply else "",
    )


def _receipt_evidence(receipt: Receipt) -> dict[str, str]:
    found = {
        "message": receipt.provider_message_id,
        "thread": receipt.provider_thread_id,
        "message_id": receipt.wire_message_id,
        "request_id": receipt.request_id,
        "http_status": str(receipt.http_status or ""),
    }
    return {key: value for key, value in found.items() if value}


def _error_evidence(error: AppError) -> dict[str, str]:
    kept = ("status", "request_id", "detail", "retry_after_s", "filename")
    found = {key: str(error.params[key]) for key in kept if error.params.get(key)}
    return {"error": error.code, **found}
