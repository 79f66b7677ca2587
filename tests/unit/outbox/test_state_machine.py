"""The outbox against a model: any order of acts, answers, kills and clocks keeps the promise.

The seam is the provider protocol; the store is the real one on disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from app.domain.account import ProviderKind
from app.domain.errors import (
    DeliveryUncertain,
    NeedsPerson,
    Rejected,
    SignInRequired,
    StoreError,
    Throttled,
    TooLate,
    Unavailable,
)
from app.domain.history import first_broken_link
from app.domain.outbound import TRANSITIONS, OutboundState, Reason
from tests.support.outbox_lab import Killed, OutboxLab

IS_FULL = os.environ.get("POSTRIDER_FULL", "") not in {"", "0"}
Fault = tuple[str, Callable[[], BaseException]]
REFUSALS: list[Callable[[], BaseException]] = [
    lambda: Unavailable(provider="gmail", status=503),
    lambda: Throttled(provider="gmail", retry_after_s=30.0),
    lambda: Rejected(provider="gmail", status=400, detail="Invalid To header"),
    lambda: NeedsPerson(provider="gmail", reason=Reason.POLICY, detail="not allowed"),
    lambda: SignInRequired(provider="gmail", address="ada@acme.example"),
    lambda: ValueError("a bug"),
    Killed,
]
LOST: list[Callable[[], BaseException]] = [
    lambda: DeliveryUncertain(provider="gmail", detail="no answer in time"),
    lambda: ValueError("a bug"),
    Killed,
]
UNREADABLE: list[Callable[[], BaseException]] = [
    lambda: Unavailable(provider="gmail"),
    lambda: SignInRequired(provider="gmail", address="ada@acme.example"),
    Killed,
]


def at(moments: list[str], errors: list[Callable[[], BaseException]]) -> st.SearchStrategy[Fault]:
    return st.tuples(st.sampled_from(moments), st.sampled_from(errors))


# What the provider, or the machine, does at one moment of a delivery; half of them go well.
FAULTS = st.one_of(
    st.none(),
    at(["send before", "send after"], LOST),
    st.none(),
    at(["create before", "send before"], REFUSALS),
    at(["create after", "read back", "ask", "discard"], UNREADABLE),
    at(["withdraw before", "withdraw after", "ask"], UNREADABLE),
)
PAUSES_S = [20.0, 80.0, 80.0, 700.0]
ENDS = {OutboundState.SENT, OutboundState.FAILED, OutboundState.CANCELLED}
WAITING = {OutboundState.SCHEDULED, OutboundState.QUEUED, OutboundState.HELD}


class OutboxModel(RuleBasedStateMachine):
    """What the model knows: which records there are, and how often the person asked to send again."""

    mails = Bundle("mails")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.uids: list[str] = []
        self.sent_by_person: dict[str, int] = {}
        self.seen: dict[str, OutboundState] = {}

    @initialize(target=mails, provider=st.sampled_from(ProviderKind))
    def open_profile(self, provider: ProviderKind) -> str:
        self.lab = OutboxLab(self.folder, provider)
        return self.submit(0.0)

    def teardown(self) -> None:
        if hasattr(self, "lab"):
            try:
                self.no_draft_stays_behind()
            finally:
                self.lab.close()
        shutil.rmtree(self.folder)

    def no_draft_stays_behind(self) -> None:
        """Let everything come to its end without further trouble, then look into the mailbox."""
        for _ in range(30):
            self.lab.clock.run_on(90_000.0)
            self.lab.outbox.resume_account("gmail-1")
            for uid in self.lab.due():
                self.lab.work(uid)
        carrier = self.lab.carrier
        left = {uid for draft_id, uid in carrier.drafts.items() if draft_id not in carrier.held}
        # What a person found in Sent is not looked after any more.
        ends = {uid: self.lab.get(uid) for uid in left}
        final = {
            uid
            for uid, one in ends.items()
            if one.state in ENDS
            and (one.state, one.reason) != (OutboundState.SENT, Reason.BY_PERSON)
        }
        assert final == set(), [self.lab.records.history(uid) for uid in final]

    # --- what people do ---

    @rule(target=mails, due_in_s=st.sampled_from([0.0, 10.0, 3600.0]))
    def submit(self, due_in_s: float) -> str:
        uid = f"mail-{len(self.uids)}"
        reason = {0.0: Reason.NONE, 10.0: Reason.UNDO_WINDOW}.get(due_in_s, Reason.SCHEDULED)
        self.lab.submit(uid, due_in_s=due_in_s, reason=reason)
        self.uids.append(uid)
        return uid

    @rule(target=mails, in_s=st.sampled_from([400.0, 3600.0, 100_000.0]))
    def submit_for_outlook_to_keep(self, in_s: float) -> str:
        uid = f"mail-{len(self.uids)}"
        self.lab.submit_for_later(uid, in_s=in_s)
        self.uids.append(uid)
        return uid

    @rule(uid=mails)
    def cancel(self, uid: str) -> None:
        was = self.lab.get(uid)
        # Sent again by the person, and the one before is not cleared away yet.
        is_open = was.is_at_provider and was.state is OutboundState.QUEUED
        is_done = self._may(lambda: self.lab.outbox.cancel(uid))
        assert is_done == (was.state in WAITING and not is_open)

    @rule(uid=mails)
    def edit(self, uid: str) -> None:
        self._may(lambda: self.lab.outbox.take_back(uid))

    @rule(uid=mails)
    def retry(self, uid: str) -> None:
        record = self.lab.get(uid)
        allowed = record.state in WAITING | {OutboundState.FAILED}
        is_done = self._may(lambda: self.lab.outbox.retry(uid))
        assert allowed or not is_done
        if record.state is OutboundState.FAILED:
            assert is_done

    @rule(uid=mails)
    def say_it_was_sent(self, uid: str) -> None:
        was = self.lab.get(uid).state
        done = self._may(lambda: self.lab.outbox.resolve_sent(uid))
        assert done == (was is OutboundState.UNCERTAIN)

    @rule(uid=mails)
    def say_send_it_again(self, uid: str) -> None:
        if self._may(lambda: self.lab.outbox.resolve_again(uid)):
            self.sent_by_person[uid] = self.sent_by_person.get(uid, 0) + 1

    @rule()
    def sign_in(self) -> None:
        self.lab.outbox.resume_account("gmail-1")

    # --- what time and machines do ---

    @rule(seconds=st.sampled_from([1.0, 4000.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.lab.clock.run_on(seconds)

    @rule(seconds=st.sampled_from([-86_400.0, -300.0, 300.0, 86_400.0]))
    def clock_is_set(self, seconds: float) -> None:
        self.lab.clock.set_by(seconds)
        self.lab.recovery.clock_was_set(seconds)

    @rule()
    def program_is_killed_while_idle(self) -> None:
        self.lab.restart()

    @rule(pause_s=st.sampled_from(PAUSES_S), fault=FAULTS)
    def deliver(self, pause_s: float, fault: Fault | None) -> None:
        self._work(pause_s, fault)

    @rule(pause_s=st.sampled_from(PAUSES_S), fault=FAULTS)
    def deliver_again(self, pause_s: float, fault: Fault | None) -> None:
        """As `deliver`: most of what happens is this."""
        self._work(pause_s, fault)

    @rule(pause_s=st.sampled_from(PAUSES_S), fault=at(["send before", "send after"], LOST))
    def lose_an_answer(self, pause_s: float, fault: Fault) -> None:
        self._work(pause_s, fault)

    @rule(uid=mails)
    def draft_vanishes_at_the_provider(self, uid: str) -> None:
        drafts = self.lab.carrier.drafts
        for draft_id in [one for one, whose in drafts.items() if whose == uid]:
            del drafts[draft_id]
            self.lab.carrier.held.pop(draft_id, None)

    @rule()
    def store_is_full_after_acceptance(self) -> None:
        """The answer is there, the write fails; then the same process takes the record up."""
        database = self.lab.database

        def fill() -> None:
            with database.write() as connection:
                connection.execute("PRAGMA max_page_count = 1")  # never below what there is

        for uid in self.lab.due():
            self.lab.carrier.script = {"send after": fill}
            try:
                self.lab.work(uid)
            except StoreError:
                pass
            finally:
                with database.write() as connection:
                    connection.execute("PRAGMA max_page_count = 1073741823")
                self.lab.carrier.script = {}
            self.lab.recovery.resume(uid)

    def _work(self, pause_s: float, fault: Fault | None) -> None:
        self.lab.clock.run_on(pause_s)
        for uid in self.lab.due():
            self.lab.carrier.script = {fault[0]: _raiser(fault[1])} if fault else {}
            try:
                self.lab.work(uid)
            except ValueError:
                self.lab.recovery.park(uid)
            finally:
                self.lab.carrier.script = {}

    def _may(self, act: Callable[[], Any]) -> bool:
        try:
            act()
        except TooLate:
            return False
        return True

    # --- what must hold, whatever happened ---

    @invariant()
    def nothing_is_lost(self) -> None:
        self.lab.carrier.settle()
        for uid in self.uids:
            assert self.lab.records.find(uid) is not None

    @invariant()
    def nothing_is_sent_twice_by_itself(self) -> None:
        for uid in self.uids:
            most = 1 + self.sent_by_person.get(uid, 0)
            carrier = self.lab.carrier
            held = sum(carrier.drafts[one] == uid for one in carrier.held)
            assert carrier.accepted.count(uid) + held <= most

    @invariant()
    def what_is_said_is_true(self) -> None:
        for uid in self.uids:
            record = self.lab.get(uid)
            count = self.lab.carrier.accepted.count(uid)
            is_by_person = record.reason is Reason.BY_PERSON
            if record.state is OutboundState.SENT and not is_by_person:
                assert count >= 1
            if record.state in {OutboundState.FAILED, OutboundState.CANCELLED}:
                held = [one for one in self.lab.carrier.held if self.lab.carrier.drafts[one] == uid]
                assert count + len(held) <= self.sent_by_person.get(uid, 0)

    @invariant()
    def what_came_back_is_a_draft_only_once_it_cannot_go(self) -> None:
        for uid in self.uids:
            is_draft = self.lab.drafts.load(f"draft of {uid}") is not None
            assert not is_draft or self.lab.get(uid).state is OutboundState.CANCELLED

    @invariant()
    def nothing_rests_while_being_sent(self) -> None:
        assert all(self.lab.get(uid).state is not OutboundState.SENDING for uid in self.uids)

    @invariant()
    def history_is_a_chain_along_the_table(self) -> None:
        for uid in self.uids:
            history = self.lab.records.history(uid)
            assert first_broken_link(uid, history) is None
            states = [one.state for one in history]
            for old, new in pairwise(states):
                assert old is new or new in TRANSITIONS[old], (old, new)


def _raise(error: BaseException) -> None:
    raise error


def _raiser(make: Callable[[], BaseException]) -> Callable[[], None]:
    return lambda: _raise(make())


OutboxModel.TestCase.settings = settings(
    settings.get_profile("postrider"), max_examples=2000 if IS_FULL else 120, stateful_step_count=25
)
TestOutboxModel = pytest.mark.expects_log("outbox: the clock was set by")(OutboxModel.TestCase)
