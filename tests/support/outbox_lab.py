"""The real outbox over a real store, with a carrier that does what it is told: for the model's test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.account import ProviderKind
from app.domain.errors import DraftGone
from app.domain.outbound import (
    HistoryEntry,
    Keeper,
    OutboundEmail,
    OutboundState,
    Reason,
    Receipt,
)
from app.mime.render import frozen_hash
from app.outbox.courier import Courier
from app.outbox.ledger import Ledger
from app.outbox.limits import Caps, Limits
from app.outbox.outbox import Outbox
from app.outbox.recovery import Recovery
from app.outbox.verdicts import Timing
from app.ports import Evidence, ProviderDraft, Verdict
from app.runtime.bus import Bus
from app.runtime.cancel import CancelToken
from app.runtime.clock import RandomIds
from app.store.accounts import SqliteAccounts
from app.store.blobs import FileBlobs
from app.store.database import Database
from app.store.drafts import SqliteDrafts
from app.store.migrate import migrate
from app.store.plans import SqlitePlans
from app.store.records import SqliteRecords
from tests.support.mailroom_values import make_account, make_draft, make_mailbox, make_record

BYTES = b"From: ada@acme.example\r\n\r\nHi"
TIMING = Timing(backoff_s=5, grace_s=75, settle_s=600)


class Killed(BaseException):
    """The process was killed at this point; nothing after it runs, nothing handles it."""


class FakeClock:
    """Stands still unless told; wall and elapsed time apart."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 7, 14, 12, tzinfo=UTC)
        self.elapsed_s = 1000.0

    def now(self) -> datetime:
        self.wall += timedelta(microseconds=1)
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed_s

    def run_on(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.elapsed_s += seconds

    def set_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


class ScriptedCarrier:
    """Keeps drafts and accepted messages like a provider, and fails as scripted, once each.

    What is to be sent later is `held` with its moment, by a clock of its own that nobody sets.
    """

    def __init__(self, label: ProviderKind, clock: FakeClock) -> None:
        self.label = label
        self.held: dict[str, datetime] = {}
        self._clock = clock
        self._began = clock.wall - timedelta(seconds=clock.elapsed_s)
        self.drafts: dict[str, str] = {}
        self.accepted: list[str] = []
        self.script: dict[str, Callable[[], None]] = {}
        self._count = 0

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._clock.elapsed_s)

    def settle(self) -> None:
        """Send what has come due."""
        for draft_id in [one for one, moment in self.held.items() if moment <= self.now()]:
            del self.held[draft_id]
            self.accepted.append(self.drafts.pop(draft_id))

    def _meet(self, moment: str) -> None:
        fault = self.script.pop(moment, None)
        if fault is not None:
            fault()

    def create_draft(self, carriage: Any) -> ProviderDraft:
        self._meet("create before")
        self._count += 1
        draft_id = f"draft-{self._count}"
        self.drafts[draft_id] = carriage.uid
        self._meet("create after")
        return ProviderDraft(draft_id=draft_id, message_id=draft_id)

    def find_draft(self, carriage: Any) -> ProviderDraft | None:
        found = [one for one, uid in self.drafts.items() if uid == carriage.uid]
        return ProviderDraft(draft_id=found[0], message_id=found[0]) if found else None

    def send_draft(self, draft: ProviderDraft, carriage: Any) -> Receipt:
        self._meet("send before")
        if draft.draft_id not in self.drafts:
            raise DraftGone(provider=self.label.value, status=404)
        if carriage.send_at is not None and carriage.send_at > self.now():
            self.held[draft.draft_id] = carriage.send_at
            self._meet("send after")
            return Receipt(provider_message_id=draft.draft_id, http_status=202)
        self.accepted.append(self.drafts.pop(draft.draft_id))
        self._meet("send after")
        return Receipt(provider_message_id=f"sent-{len(self.accepted)}", http_status=200)

    def ask_outcome(self, draft: ProviderDraft, carriage: Any, since: datetime) -> Evidence:
        self._meet("ask")
        if carriage.send_at is not None:
            return self._what_is(draft, carriage)
        if draft.draft_id in self.drafts:
            return Evidence(verdict=Verdict.NOT_SENT, found="still a draft")
        if carriage.uid in self.accepted:
            receipt = Receipt(provider_message_id="found")
            return Evidence(verdict=Verdict.SENT, found="among the sent ones", receipt=receipt)
        return Evidence(verdict=Verdict.UNKNOWN, found="gone")

    def _what_is(self, draft: ProviderDraft, carriage: Any) -> Evidence:
        self.settle()
        left_s = (carriage.send_at - self.now()).total_seconds()
        receipt = None
        if draft.draft_id in self.drafts:
            verdict = Verdict.WAITING if left_s > 0 else Verdict.NOT_SENT
        elif carriage.uid in self.accepted:
            verdict, receipt = Verdict.SENT, Receipt(provider_message_id="found")
        else:
            verdict = Verdict.UNKNOWN
        return Evidence(verdict=verdict, found=verdict.value, receipt=receipt, left_s=left_s)

    def withdraw(self, draft: ProviderDraft, carriage: Any) -> Evidence:
        self._meet("withdraw before")
        self.settle()
        self.drafts.pop(draft.draft_id, None)
        self.held.pop(draft.draft_id, None)
        self._meet("withdraw after")
        evidence = self._what_is(draft, carriage)
        is_certain = evidence.verdict is Verdict.UNKNOWN and evidence.left_s > 0
        return replace(evidence, verdict=Verdict.NOT_SENT) if is_certain else evidence

    def read_back(self, receipt: Receipt, carriage: Any) -> Receipt:
        self._meet("read back")
        return Receipt(provider_message_id=receipt.provider_message_id, wire_message_id="<w@x>")

    def discard_draft(self, draft: ProviderDraft) -> None:
        self._meet("discard")
        self.drafts.pop(draft.draft_id, None)
        self.held.pop(draft.draft_id, None)


class OneCarrier:
    """Implements `ports.ProviderFactory` with a single provider."""

    def __init__(self, carrier: ScriptedCarrier) -> None:
        self._carrier = carrier

    def provider(self, account: object) -> Any:
        return self._carrier

    def forget(self, account_uid: str) -> None:
        """Keep nothing."""


class OutboxLab:
    """A profile's outbox; `restart` is what a killed program does when it is opened again."""

    def __init__(
        self,
        folder: Path,
        provider: ProviderKind = ProviderKind.GMAIL,
        *,
        per_second: int = 1_000_000,
    ) -> None:
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.provider = provider
        self.per_second = per_second
        self.clock = FakeClock()
        self.carrier = ScriptedCarrier(provider, self.clock)
        self.blobs = FileBlobs(folder / "blobs")
        self.sha256 = self.blobs.put(BYTES).sha256
        assert self.sha256 == hashlib.sha256(BYTES).hexdigest()
        self.restart()
        self.accounts.save(make_account(provider=provider), [make_mailbox(provider=provider)])

    def restart(self) -> None:
        """Open the profile anew and take up what was left."""
        if hasattr(self, "database"):
            self.database.close()
        self.database = Database(self.folder / "postrider.db")
        migrate(self.database)
        bus = Bus()
        self.accounts = SqliteAccounts(self.database)
        self.records = SqliteRecords(self.database)
        self.plans = SqlitePlans(self.database)
        self.drafts = SqliteDrafts(self.database)
        self.ledger = Ledger(records=self.records, clock=self.clock, bus=bus)
        self.recovery = Recovery(
            plans=self.plans,
            copies=self.plans,
            ledger=self.ledger,
            clock=self.clock,
            timing=TIMING,
        )
        self.outbox = Outbox(
            ledger=self.ledger,
            records=self.records,
            plans=self.plans,
            drafts=self.drafts,
            clock=self.clock,
            ids=RandomIds(),
        )
        caps = dict.fromkeys(ProviderKind, Caps(1_000_000, 1_000_000, self.per_second))
        self.courier = Courier(
            ledger=self.ledger,
            records=self.records,
            accounts=self.accounts,
            providers=OneCarrier(self.carrier),
            blobs=self.blobs,
            clock=self.clock,
            bus=bus,
            timing=TIMING,
            limits=Limits(plans=self.plans, accounts=self.accounts, clock=self.clock, caps=caps),
        )
        self.recovery.take_up()

    def submit(
        self,
        uid: str,
        *,
        due_in_s: float = 0.0,
        reason: Reason = Reason.NONE,
        **fields: object,
    ) -> None:
        """Put a record into the outbox."""
        now = self.clock.now()
        state = OutboundState.SCHEDULED if due_in_s else OutboundState.QUEUED
        record = make_record(
            state,
            reason,
            uid=uid,
            provider=self.provider,
            created_at=now,
            updated_at=now,
            due_at=now + timedelta(seconds=due_in_s),
            **fields,
        )
        record = replace(
            record,
            message=replace(
                record.message,
                sha256=self.sha256,
                size_bytes=len(BYTES),
                frozen_hash=frozen_hash(self.sha256, record.envelope),
            ),
        )
        entry = HistoryEntry(at=now, state=state, event="submitted", detail={})
        self.records.enqueue(record, make_draft(uid=f"draft of {uid}"), entry)

    def submit_for_later(self, uid: str, *, in_s: float) -> None:
        """Put a record into the outbox that the provider is to keep until its moment."""
        now = self.clock.now()
        self.submit(
            uid,
            due_in_s=0.001,
            reason=Reason.HAND_OVER,
            keeper=Keeper.PROVIDER,
            planned_at=now + timedelta(seconds=in_s),
        )

    def work(self, uid: str) -> None:
        """Let a courier do what is due for a record; a kill opens the profile anew."""
        try:
            self.courier.run(uid, CancelToken())
        except Killed:
            self.restart()

    def due(self) -> list[str]:
        """Give what the dispatcher would hand out now."""
        return [one.uid for one in self.plans.list_next(self.clock.now(), set())]

    def get(self, uid: str) -> OutboundEmail:
        return self.ledger.get(uid)

    def close(self) -> None:
        self.database.close()
