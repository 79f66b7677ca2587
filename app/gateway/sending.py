"""Sends one request's message: once for each idempotency key, with the answer kept. On the loop.

What is written, and in which transaction, is `taking`'s matter; here is what waits for what.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError, NotFound
from app.gateway.act import Act, Slot
from app.gateway.batching import Batches
from app.gateway.refusals import Refusal, invalid_field, refusal_of
from app.gateway.roster import Roster
from app.gateway.taking import Finishing, Taking, answer_of, conflict
from app.gateway.waiting import is_moving

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail
    from app.domain.submission import Submission
    from app.gateway.act import Caller
    from app.gateway.dialects import Dialect
    from app.gateway.pools import Pools
    from app.gateway.rates import RateGate
    from app.gateway.taking import Taken
    from app.gateway.waiting import Watch
    from app.ports.gateway import StoredAnswer
    from app.services import Services

# How much longer than its own wait a request waits for another one with the same key.
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and whether it was given before."""

    answer: StoredAnswer
    is_replay: bool = False


class Sending:
    """Takes requests of all dialects to their answers."""

    def __init__(self, *, services: Services, pools: Pools, watch: Watch, gate: RateGate) -> None:
        self._services = services
        self._pools = pools
        self._watch = watch
        self._gate = gate
        self._batches: Batches[Roster] = Batches(
            thread=pools.writing,
            together=services.gateway.together,
            make_view=lambda: Roster(services),
        )
        self._running: dict[tuple[str, str], tuple[str, asyncio.Event]] = {}

    async def send(self, dialect: Dialect, value: Any, caller: Caller, key: str) -> Given:
        """Answer a parsed request.

        Raises:
            Refusal: nothing was enqueued.
        """
        asked = dialect.read(value)
        if key and asked.key and key != asked.key:
            message = "idempotency_key and the Idempotency-Key header differ."
            raise invalid_field("idempotency_key", message)
        key = key or asked.key
        if not key:
            return await self._once(Act(dialect, asked, caller))
        slot = Slot(f"api:{caller.key.uid}:{dialect.name}", key, fingerprint(value))
        place = (slot.scope, slot.key)
        await self._wait_for_twin(place, slot, caller)
        done = asyncio.Event()
        self._running[place] = (slot.fingerprint, done)
        try:
            return await self._once(Act(dialect, asked, caller, slot))
        finally:
            del self._running[place]
            done.set()

    async def _wait_for_twin(self, place: tuple[str, str], slot: Slot, caller: Caller) -> None:
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

    async def _once(self, act: Act) -> Given:
        try:
            taken = await self._take(act)
        except AppError as error:
            raise refusal_of(error, act.dialect.fields) from error
        if taken.answer is not None:
            return Given(taken.answer, is_replay=taken.is_replay)
        assert taken.record is not None
        answer = await self._answer(act, taken.record, taken.claim)
        return Given(answer, is_replay=taken.is_replay)

    async def _take(self, act: Act) -> Taken:
        taking = Taking(act, services=self._services, gate=self._gate)
        if not act.is_light:
            run = self._pools.far if act.is_far else self._pools.core
            await run(taking.prepare, Roster(self._services))
        return await self._batches.run(taking)

    async def _answer(self, act: Act, record: OutboundEmail, claim: str) -> StoredAnswer:
        """Wait for the outcome as long as the caller wants to."""
        caller = act.caller
        if caller.wait_s > 0 and is_moving(record):
            record = await self._watch.until_at_rest(record, caller.wait_s, self._look)
        if act.slot is not None:
            return await self._batches.run(Finishing(act, record, claim, self._services))
        return answer_of(record, caller.request_id, lambda: act.dialect.write(record, act.asked))

    async def _look(self, uid: str) -> OutboundEmail:
        return await self._pools.core(self._get, uid)

    def _get(self, uid: str) -> OutboundEmail:
        record = self._services.records.find(uid)
        if record is None:
            raise NotFound(kind="record", uid=uid)
        return record

    def submit(self, submission: Submission, caller: Caller) -> OutboundEmail:
        """Hold a message against the caps and hand it to the one door. Blocking, in the pool.

        Raises:
            AppError, Refusal: nothing was enqueued.
        """
        draft = submission.draft
        roster = Roster(self._services)
        mailbox = roster.find(draft.mailbox_uid)
        if mailbox is not None:
            self._gate.check_mailbox(roster.usage(mailbox), len(draft.recipients.everybody))
        self._gate.take_send(caller.key.uid)
        try:
            return self._services.submitter.submit(submission)
        except AppError:
            self._gate.give_back(caller.key.uid)
            raise


def fingerprint(value: Any) -> str:
    """Give the SHA-256 of a payload in canonical form: the order of names is no difference."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
