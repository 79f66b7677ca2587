"""What a person may do to a record: cancel, take back, retry, settle by hand. Never on the GUI thread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import NotFound, TooLate
from app.domain.outbound import DeliveryStep, Keeper, OutboundState, Reason, Receipt
from app.outbox.kept import NO_DRAFT, is_kept_there

if TYPE_CHECKING:
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.outbox.ledger import Ledger
    from app.ports import Clock, DraftStore, Ids, OutboxPlans, OutboxStore

_CANCELLABLE = frozenset({OutboundState.SCHEDULED, OutboundState.QUEUED, OutboundState.HELD})
_RETRYABLE = frozenset(
    {OutboundState.QUEUED, OutboundState.HELD, OutboundState.FAILED, OutboundState.SCHEDULED}
)
_RESUMED = {
    OutboundState.UNCERTAIN: (OutboundState.UNCERTAIN, Reason.SETTLING),
    # Only what the provider keeps waits for a sign-in while it is scheduled.
    OutboundState.SCHEDULED: (OutboundState.SCHEDULED, Reason.AT_PROVIDER),
}
_WAITS_FOR_SIGN_IN = frozenset({Reason.SIGN_IN, Reason.CANCELLING, Reason.TAKING_BACK})


class Outbox:
    """The person's hands on the outbox; each act is a compare-and-set and may come too late."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        records: OutboxStore,
        plans: OutboxPlans,
        drafts: DraftStore,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._plans = plans
        self._drafts = drafts
        self._clock = clock
        self._ids = ids

    def cancel(self, uid: str) -> OutboundEmail:
        """Stop a record that is not being sent yet.

        What the provider keeps already is cancelled once it was got back from there; until then it
        is still scheduled, its reason is CANCELLING.

        Raises:
            NotFound: there is no such record.
            TooLate: it is being sent, or is final.
        """
        record = self._ledger.get(uid)
        _require_cancellable(record)
        if record.is_at_provider:
            return self._withdraw(record, Reason.CANCELLING)
        return self._ledger.change(
            record,
            "cancelled",
            state=OutboundState.CANCELLED,
            reason=Reason.BY_PERSON,
            # Now, not when it was to be sent, its draft at the provider is to be removed.
            due_at=self._clock.now(),
        )

    def dismiss(self, uid: str) -> OutboundEmail:
        """Take a failed record out of the outbox; its history stays.

        Raises:
            NotFound: there is no such record.
            TooLate: it has not failed (any more).
        """
        record = self._ledger.get(uid)
        _require(record, {OutboundState.FAILED})
        return self._ledger.change(
            record, "dismissed", state=OutboundState.CANCELLED, reason=record.reason
        )

    def take_back(self, uid: str) -> Draft | None:
        """Cancel a record and make exactly the submitted version a draft again, in one transaction.

        None: the provider keeps the message; it is a draft again once it was got back from there.

        Raises:
            NotFound, TooLate: as `cancel`.
        """
        record = self._ledger.get(uid)
        _require_cancellable(record)
        if record.is_at_provider:
            self._withdraw(record, Reason.TAKING_BACK)
            return None
        draft = self._submitted(uid)
        self._ledger.change(
            record,
            "taken_back",
            state=OutboundState.CANCELLED,
            reason=Reason.BY_PERSON,
            due_at=self._clock.now(),
            restore=draft,
        )
        return draft

    def _withdraw(self, record: OutboundEmail, reason: Reason) -> OutboundEmail:
        """Have a courier get it back; only the provider knows whether that is still possible."""
        if record.reason is reason:
            return record
        return self._ledger.change(
            record, f"{reason.value}_asked", reason=reason, due_at=self._clock.now(), priority=0
        )

    def edit_copy(self, uid: str) -> Draft:
        """Save a new draft with what the record said; the record stays as it is."""
        now = self._clock.now()
        draft = replace(
            self._submitted(uid),
            uid=self._ids.new_uid(),
            created_at=now,
            updated_at=now,
            revision=0,
        )
        self._drafts.save(draft)
        return draft

    def retry(self, uid: str) -> OutboundEmail:
        """Try now: skip a pause, or send a failed message again.

        A failed record starts from a new provider draft; a waiting one goes on where it was.

        Raises:
            NotFound, TooLate: it is being sent, is sent, or nobody knows (settle it instead).
        """
        record = self._ledger.get(uid)
        _require(record, _RETRYABLE)
        is_doubtful = record.uncertain_at is not None and record.step is DeliveryStep.SENDING
        if record.is_at_provider or is_doubtful:
            raise TooLate(state=record.state.value)
        now = self._clock.now()
        return self._ledger.change(
            record,
            "retried",
            state=OutboundState.QUEUED,
            due_at=now,
            planned_at=record.planned_at if _keeps_its_moment(record) else now,
            priority=0,
            detail="",
        )

    def resolve_sent(self, uid: str) -> OutboundEmail:
        """Take the person's word that an uncertain message was sent.

        Raises:
            NotFound, TooLate: the record is not uncertain (any more).
        """
        record = self._ledger.get(uid)
        _require(record, {OutboundState.UNCERTAIN})
        return self._ledger.change(
            record,
            "resolved_sent",
            state=OutboundState.SENT,
            reason=Reason.BY_PERSON,
            receipt=record.receipt or Receipt(provider_message_id=""),
            sent_at=self._clock.now(),
        )

    def resolve_again(self, uid: str) -> OutboundEmail:
        """Take the person's word that an uncertain message was not sent: send it, as a new draft.

        Raises:
            NotFound, TooLate: the record is not uncertain (any more).
        """
        record = self._ledger.get(uid)
        _require(record, {OutboundState.UNCERTAIN})
        now = self._clock.now()
        # What the provider may keep for later is deleted there first: only then it cannot go as well.
        is_there = is_kept_there(record)
        # Its draft may still be there, unsent: it is found again instead of left beside another.
        nothing: dict[str, Any] = {"step": DeliveryStep.DRAFTING, **NO_DRAFT}
        return self._ledger.change(
            record,
            "resolved_again",
            state=OutboundState.QUEUED,
            reason=Reason.BY_PERSON,
            due_at=now,
            planned_at=now if record.planned_at else None,
            uncertain_at=None,
            **({"step": DeliveryStep.WITHDRAWING} if is_there else nothing),
        )

    def resume_account(self, account_uid: str) -> int:
        """Put everything back in line that waited for this account's sign-in; give how many."""
        resumed = 0
        for waiting in self._plans.list_open():
            if waiting.account_uid != account_uid or waiting.reason not in _WAITS_FOR_SIGN_IN:
                continue
            try:
                self._resume(self._ledger.get(waiting.uid))
            except TooLate:
                # Somebody else was quicker with this one; the others wait all the same.
                continue
            resumed += 1
        return resumed

    def _resume(self, record: OutboundEmail) -> None:
        if record.reason not in _WAITS_FOR_SIGN_IN:
            raise TooLate(state=record.state.value)
        state, reason = _RESUMED.get(record.state, (OutboundState.QUEUED, Reason.NONE))
        if record.reason is not Reason.SIGN_IN:
            reason = record.reason
        self._ledger.change(
            record, "signed_in", state=state, reason=reason, due_at=self._clock.now()
        )

    def _submitted(self, uid: str) -> Draft:
        draft = self._records.submitted_draft(uid)
        if draft is None:
            raise NotFound(kind="record", uid=uid)
        return draft


def _require_cancellable(record: OutboundEmail) -> None:
    _require(record, _CANCELLABLE)
    if record.is_at_provider and record.state is not OutboundState.SCHEDULED:
        # About to be sent again, and nobody knows what became of the one before.
        raise TooLate(state=record.state.value)


def _keeps_its_moment(record: OutboundEmail) -> bool:
    """Say whether trying again means handing over for its moment, and not sending now."""
    if record.planned_at is None or record.keeper is Keeper.COMPUTER:
        return True
    is_on_its_way = record.state in {OutboundState.HELD, OutboundState.QUEUED}
    is_early = record.reason is Reason.HAND_OVER or is_on_its_way
    return is_early and record.reason is not Reason.MISSED


def _require(record: OutboundEmail, allowed: frozenset[OutboundState] | set[OutboundState]) -> None:
    if record.state not in allowed:
        raise TooLate(state=record.state.value)
