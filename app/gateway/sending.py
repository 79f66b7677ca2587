"""Sends one request's message: once for each idempotency key, with the answer kept. On the loop.

The order of writing decides what survives a crash: first the use of the key with its claim, then
the record with the same claim (the Submitter's one transaction), then the answer. Whoever repeats
the request finds the latest of the three.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.errors import AppError, IdempotencyConflict, NotFound, Rejected
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.gateway.drafting import Drafting
from app.gateway.refusals import Refusal, invalid_field, json_bytes, refusal_of
from app.gateway.waiting import is_moving
from app.ports.gateway import Run, StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.gateway.dialects import Asked, Dialect
    from app.gateway.pools import Pools
    from app.gateway.rates import RateGate
    from app.gateway.waiting import Watch
    from app.ports.gateway import ApiKey
    from app.services import Services

T = TypeVar("T")
KEY_LIFE = timedelta(hours=24)
# How much longer than its own wait a request waits for another one with the same key.
PATIENCE_S = 2.0
OUTBOUND_PATH = "/api/email/outbound/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and how long they want to wait for the outcome."""

    key: ApiKey
    request_id: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and whether it was given before."""

    answer: StoredAnswer
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class _Slot:
    """An idempotency key in use: whose and where (`scope`), what for (`fingerprint`)."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Act:
    """One request on its way."""

    dialect: Dialect
    asked: Asked
    caller: Caller
    slot: _Slot | None = None

    @property
    def is_far(self) -> bool:
        """Say whether the network is needed before the message can be enqueued."""
        return self.asked.order is not None and self.asked.order.is_far


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What the beginning of a use found: a kept answer, or a record, or neither."""

    claim: str
    answer: StoredAnswer | None = None
    record: OutboundEmail | None = None


class Sending:
    """Takes requests of all dialects to their answers."""

    def __init__(self, *, services: Services, pools: Pools, watch: Watch, gate: RateGate) -> None:
        self._services = services
        self._pools = pools
        self._watch = watch
        self._gate = gate
        self._running: dict[tuple[str, str], tuple[str, asyncio.Event]] = {}

    async def send(self, dialect: Dialect, value: Any, caller: Caller, key: str) -> Given:
        """Answer a parsed request.

        Raises:
            Refusal: nothing was enqueued.
        """
        asked = await self._pools.light(dialect.read, value)
        if key and asked.key and key != asked.key:
            message = "idempotency_key and the Idempotency-Key header differ."
            raise invalid_field("idempotency_key", message)
        key = key or asked.key
        if not key:
            return await self._once(_Act(dialect, asked, caller))
        slot = _Slot(f"api:{caller.key.uid}:{dialect.name}", key, fingerprint(value))
        place = (slot.scope, slot.key)
        await self._wait_for_twin(place, slot, caller)
        done = asyncio.Event()
        self._running[place] = (slot.fingerprint, done)
        try:
            return await self._once(_Act(dialect, asked, caller, slot))
        finally:
            del self._running[place]
            done.set()

    async def _wait_for_twin(self, place: tuple[str, str], slot: _Slot, caller: Caller) -> None:
        """Let a request with the same key that is under way end first."""
        while place in self._running:
            used_for, done = self._running[place]
            if used_for != slot.fingerprint:
                raise conflict(slot.key)
            try:
                await asyncio.wait_for(done.wait(), caller.wait_s + PATIENCE_S)
            except TimeoutError:
                message = "The first request with this key is still running. Try again shortly."
                raise Refusal(409, message, retry_after_s=1) from None

    async def _once(self, act: _Act) -> Given:
        slot, caller = act.slot, act.caller
        begun = await self._pools.core(self._begin, slot) if slot else _Claimed("")
        if begun.answer is not None:
            return Given(begun.answer, is_replay=True)
        record = begun.record
        if record is None:
            run = self._pools.far if act.is_far else self._pools.core
            record = await run(self._enqueue, act, begun.claim)
        if caller.wait_s > 0 and is_moving(record):
            record = await self._watch.until_at_rest(record, caller.wait_s, self._look)
        answer = await self._pools.core(self._answer, act, record, begun.claim)
        return Given(answer, is_replay=begun.record is not None)

    # --- in the pool ---

    def _begin(self, slot: _Slot) -> _Claimed:
        """Write down that the key is used, or find what came of its use."""
        services = self._services
        now = services.clock.now()
        answers = services.gateway.answers
        wanted = Run(claim=f"{slot.key}#{services.ids.new_token()}", fingerprint=slot.fingerprint)
        run = answers.begin(slot.scope, slot.key, wanted, now=now, until=now + KEY_LIFE)
        if run.fingerprint != slot.fingerprint:
            raise conflict(slot.key)
        if run.answer is not None or run.claim == wanted.claim:
            return _Claimed(run.claim, run.answer)
        uid = answers.find_claimed(slot.scope, run.claim)
        return _Claimed(run.claim, None, services.records.find(uid) if uid else None)

    def _enqueue(self, act: _Act, claim: str) -> OutboundEmail:
        try:
            return self._submit(act, claim)
        except AppError as error:
            self._give_up(act.slot, claim)
            raise refusal_of(error, act.dialect.fields) from error
        except Refusal:
            self._give_up(act.slot, claim)
            raise

    def _give_up(self, slot: _Slot | None, claim: str) -> None:
        """Nothing was enqueued: the key may be used again, for anything."""
        if slot is not None:
            self._services.gateway.answers.give_up(slot.scope, slot.key, claim)

    def _submit(self, act: _Act, claim: str) -> OutboundEmail:
        order, caller = act.asked.order, act.caller
        if order is None:
            return self._submit_draft(act.asked.draft_uid, caller)
        submission = Submission(
            draft=Drafting(self._services, caller.key.uid).draft(order),
            source="gateway",
            idempotency_key=claim,
            key_scope=act.slot.scope if act.slot else "",
        )
        return self.submit(submission, caller)

    def _submit_draft(self, draft_uid: str, caller: Caller) -> OutboundEmail:
        """Send a kept draft; one that was sent already is not sent again."""
        services = self._services
        draft = services.drafts.load(draft_uid)
        if draft is None:
            uid = services.gateway.threads.record_of_draft(draft_uid)
            record = services.records.find(uid) if uid else None
            if record is None:
                raise NotFound(kind="draft", uid=draft_uid)
            return record
        return self.submit(draft_submission(draft), caller)

    def submit(self, submission: Submission, caller: Caller) -> OutboundEmail:
        """Hold a message against the caps and hand it to the one door. Raises AppError, Refusal."""
        self._check_caps(submission.draft)
        self._gate.take_send(caller.key.uid)
        try:
            return self._services.submitter.submit(submission)
        except AppError:
            self._gate.give_back(caller.key.uid)
            raise

    def _check_caps(self, draft: Draft) -> None:
        for mailbox in self._services.book.list_mailboxes():
            if mailbox.uid == draft.mailbox_uid:
                self._gate.check_mailbox(mailbox, len(draft.recipients.everybody))

    async def _look(self, uid: str) -> OutboundEmail:
        return await self._pools.core(self._get, uid)

    def _get(self, uid: str) -> OutboundEmail:
        record = self._services.records.find(uid)
        if record is None:
            raise NotFound(kind="record", uid=uid)
        return record

    def _answer(self, act: _Act, record: OutboundEmail, claim: str) -> StoredAnswer:
        """Give the answer; with a key, keep it first."""
        answer = answer_of(
            record, act.caller.request_id, lambda: act.dialect.write(record, act.asked)
        )
        if act.slot is not None:
            answers = self._services.gateway.answers
            answers.finish(act.slot.scope, act.slot.key, claim, answer)
        return answer


def draft_submission(draft: Draft, **more: Any) -> Submission:
    """Submit a kept draft under its own revision as key: two callers at once make one record."""
    return Submission(
        draft=draft,
        source="gateway",
        idempotency_key=f"{draft.uid}#{draft.revision}",
        key_scope="api:draft",
        **more,
    )


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


def conflict(key: str) -> Refusal:
    """Refuse a key that was used for something else."""
    return refusal_of(IdempotencyConflict(key=key))


def fingerprint(value: Any) -> str:
    """Give the SHA-256 of a payload in canonical form: the order of names is no difference."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
