"""What a request to send does to the store, as jobs of a batch. Blocking; on the writing thread.

One transaction holds all of it: the use of the idempotency key, the count of the day, the record
with its bytes, and the answer if none has to be waited for. A crash leaves everything or nothing,
and what is refused leaves nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.errors import IdempotencyConflict, NotFound, Rejected, TooLate
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.gateway.drafting import Drafting
from app.gateway.refusals import Refusal, json_bytes, refusal_of
from app.gateway.waiting import is_moving
from app.ports.gateway import Run, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.gateway.act import Act, Slot
    from app.gateway.rates import RateGate
    from app.gateway.roster import Roster
    from app.outbox.submitter import Frozen
    from app.services import Services

KEY_LIFE = timedelta(hours=24)
OUTBOUND_PATH = "/api/email/outbound/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a request has come to so far: an answer, or a record that is waited for."""

    answer: StoredAnswer | None = None
    record: OutboundEmail | None = None
    claim: str = ""
    is_replay: bool = False


class Taking:
    """Takes one message in: finds what came of an earlier request, or freezes and keeps it."""

    def __init__(self, act: Act, *, services: Services, gate: RateGate) -> None:
        self._act = act
        self._services = services
        self._gate = gate
        self._claim = ""
        self._found: Taken | None = None
        self._frozen: Frozen | None = None
        self._kept: OutboundEmail | None = None

    def prepare(self, view: Roster) -> bool:
        """Make it ready; False if it is known already. Raises Refusal, AppError."""
        if self._found is None and self._frozen is None:
            self._found = self._earlier()
        if self._found is None and self._frozen is None:
            self._frozen = self._freeze(view)
        return self._frozen is not None

    def write(self) -> Taken:
        """Keep it, unless another took its key meanwhile. Raises Refusal, AppError."""
        frozen = self._frozen
        if frozen is None:
            assert self._found is not None
            return self._found
        act, slot = self._act, self._act.slot
        answer = self._answer_to(frozen)
        if slot is not None:
            other = self._use(slot, answer)
            if other is not None:
                return other
            frozen = _claimed(frozen, self._claim)
        self._gate.take_send(act.caller.key.uid)
        self._kept = record = self._services.submitter.keep(frozen).record
        if answer is None and not _is_waited_for(act, record):
            answer = finish(act, record, self._claim, self._services)
        return Taken(answer=answer, record=record, claim=self._claim)

    def announce(self) -> None:
        """Tell of the record."""
        if self._kept is not None:
            self._services.submitter.announce(self._kept)

    def _earlier(self) -> Taken | None:
        """Give what came of an earlier use of the key. Raises Refusal: it was for something else."""
        slot, services = self._act.slot, self._services
        if slot is None:
            return None
        run = services.gateway.answers.find(slot.scope, slot.key, services.clock.now())
        if run is None:
            self._claim = f"{slot.key}#{services.ids.new_token()}"
            return None
        self._claim = run.claim
        return self._of_run(slot, run)

    def _of_run(self, slot: Slot, run: Run) -> Taken | None:
        if run.fingerprint != slot.fingerprint:
            raise conflict(slot.key)
        if run.answer is not None:
            return Taken(answer=run.answer, is_replay=True)
        services = self._services
        uid = services.gateway.answers.find_claimed(slot.scope, run.claim)
        record = services.records.find(uid) if uid else None
        if record is None:
            return None
        return Taken(record=record, claim=run.claim, is_replay=True)

    def _answer_to(self, frozen: Frozen) -> StoredAnswer | None:
        """Give the answer if it is certain before anything is written.

        A kept draft may turn out to be sent already; what is waited for has no answer yet.
        """
        act, record = self._act, frozen.record
        if act.asked.order is None or _is_waited_for(act, record):
            return None
        return _answer(act, record)

    def _use(self, slot: Slot, answer: StoredAnswer | None) -> Taken | None:
        """Write down that the key is used, or give what came of its use before."""
        services = self._services
        now = services.clock.now()
        wanted = Run(claim=self._claim, fingerprint=slot.fingerprint, answer=answer)
        run = services.gateway.answers.begin(
            slot.scope, slot.key, wanted, now=now, until=now + KEY_LIFE
        )
        self._claim = run.claim
        return None if run is wanted else self._of_run(slot, run)

    def _freeze(self, roster: Roster) -> Frozen | None:
        submission = self._submission(roster)
        if submission is None:
            return None
        draft = submission.draft
        mailbox = roster.find(draft.mailbox_uid)
        if mailbox is not None:
            self._gate.check_mailbox(roster.usage(mailbox), len(draft.recipients.everybody))
        return self._services.submitter.freeze(submission, mailbox)

    def _submission(self, roster: Roster) -> Submission | None:
        """Give what is to be sent; None if it was sent before."""
        act, services = self._act, self._services
        if act.asked.order is None:
            return self._kept_draft(act.asked.draft_uid)
        drafting = Drafting(services, act.caller.key.uid, roster)
        return Submission(
            draft=drafting.draft(act.asked.order),
            source="gateway",
            idempotency_key=self._claim,
            key_scope=act.slot.scope if act.slot else "",
        )

    def _kept_draft(self, draft_uid: str) -> Submission | None:
        """Give a kept draft; one that was sent already is not sent again. Raises NotFound."""
        services = self._services
        draft = services.drafts.load(draft_uid)
        if draft is not None:
            return draft_submission(draft)
        uid = services.gateway.threads.record_of_draft(draft_uid)
        record = services.records.find(uid) if uid else None
        if record is None:
            raise NotFound(kind="draft", uid=draft_uid)
        if record.state is OutboundState.SCHEDULED:
            # To send a planned draft is to send it now; one that is on its way stays as it is.
            with suppress(TooLate):
                record = services.outbox.retry(record.uid)
        self._found = Taken(record=record, claim=self._claim)
        return None


class Finishing:
    """Keeps the answer a request came to after waiting."""

    def __init__(self, act: Act, record: OutboundEmail, claim: str, services: Services) -> None:
        self._act = act
        self._record = record
        self._claim = claim
        self._services = services

    def prepare(self, view: Roster) -> bool:
        """There is nothing to make ready."""
        return view is not None

    def write(self) -> StoredAnswer:
        """Keep it. Raises StoreError."""
        return finish(self._act, self._record, self._claim, self._services)

    def announce(self) -> None:
        """Nobody is to be told."""


def finish(act: Act, record: OutboundEmail, claim: str, services: Services) -> StoredAnswer:
    """Give the answer for where a record stands; with a key, keep it first."""
    answer = _answer(act, record)
    if act.slot is not None:
        services.gateway.answers.finish(act.slot.scope, act.slot.key, claim, answer)
    return answer


def _answer(act: Act, record: OutboundEmail) -> StoredAnswer:
    return answer_of(record, act.caller.request_id, lambda: act.dialect.write(record, act.asked))


def _is_waited_for(act: Act, record: OutboundEmail) -> bool:
    return act.caller.wait_s > 0 and is_moving(record)


def answer_of(
    record: OutboundEmail, request_id: str, write: Callable[[], dict[str, Any]]
) -> StoredAnswer:
    """Give the answer for where a record stands; what is not certain yet is queued, never an error."""
    location = OUTBOUND_PATH + record.uid
    match record.state:
        case OutboundState.SENT:
            return StoredAnswer(status=200, body=json_bytes(write()), location=location)
        case OutboundState.FAILED:
            error = Rejected(provider=record.provider.value, detail=record.detail)
            refusal = refusal_of(error)
        case OutboundState.CANCELLED:
            message = "The message was cancelled before it was sent."
            refusal = Refusal(409, message, code="too_late")
        case _:
            return StoredAnswer(status=202, body=json_bytes(write()), location=location)
    return StoredAnswer(status=refusal.status, body=refusal.body(request_id), location=location)


def draft_submission(draft: Draft, **more: Any) -> Submission:
    """Submit a kept draft under its own revision as key: two callers at once make one record."""
    return Submission(
        draft=draft,
        source="gateway",
        idempotency_key=f"{draft.uid}#{draft.revision}",
        key_scope="api:draft",
        **more,
    )


def conflict(key: str) -> Refusal:
    """Refuse a key that was used for something else."""
    return refusal_of(IdempotencyConflict(key=key))


def _claimed(frozen: Frozen, claim: str) -> Frozen:
    """Put a message under the claim in force, which is an earlier one's if that made no record."""
    if frozen.record.idempotency_key == claim or frozen.submission.key_scope == "api:draft":
        return frozen
    return replace(
        frozen,
        submission=replace(frozen.submission, idempotency_key=claim),
        record=replace(frozen.record, idempotency_key=claim),
    )
