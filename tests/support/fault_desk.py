"""Sends one message through a hurt sandbox and keeps what happened and what was shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.events import OutboundChanged
from app.domain.outbound import OutboundEmail, OutboundState, Reason
from app.domain.submission import Submission
from app.domain.texts import history_line, row_words
from app.paths import Paths
from app.sandbox.server import SandboxServer
from app.services import Services
from app.wiring import open_services
from tests.support.fault_cells import Cell
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, QUICK_TIMES, sign_in
from tests.support.waiting import wait_until

SENDERS = {"gmail": ADA_GMAIL, "microsoft": ADA_OUTLOOK}
# Over the border where each provider wants an upload session, and more than one chunk.
BIG_BYTES = {"gmail": 4_500_000, "microsoft": 4_000_000}
UNHINDERED = {
    "limits.gmail_per_day": 1_000_000,
    "limits.gmail_per_minute": 1_000_000,
    "limits.gmail_per_second": 1_000_000,
    "limits.outlook_per_day": 1_000_000,
    "limits.outlook_per_minute": 1_000_000,
    "limits.outlook_per_second": 1_000_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where a message ended, how often it was delivered, and every word that was shown."""

    uid: str
    state: OutboundState
    reason: Reason
    deliveries: int
    attempts: int
    events: tuple[str, ...]
    shown: tuple[str, ...]
    why: str
    story: tuple[str, ...]
    hits: int

    @property
    def words(self) -> str:
        """Give the states in words, in the order they were shown."""
        return " → ".join(self.shown)


@dataclass
class Desk:
    """A profile with one account of each provider, on a sandbox."""

    server: SandboxServer
    core: Services
    seen: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, server: SandboxServer) -> Desk:
        flags = {**QUICK_TIMES, **UNHINDERED, "sandbox.url": server.url}
        core = open_services(Paths(folder), flags)
        for address in SENDERS.values():
            sign_in(core, address)
        desk = cls(server, core)
        core.bus.subscribe(OutboundChanged, desk._note)
        core.dispatcher.start()
        return desk

    def close(self) -> None:
        self.core.close()

    def _note(self, event: OutboundChanged) -> None:
        record = self.core.records.find(event.uid)
        if record is None:
            return
        shown = self.seen.setdefault(event.uid, [])
        state = row_words(record, self.core.clock.now()).state.partition(" at ")[0]
        if record.state is OutboundState.SENT:
            state = " ".join(state.split()[:3])
        if not shown or shown[-1] != state:
            shown.append(state)

    def run(self, cell: Cell) -> Outcome:
        """Order the faults, send, wait until the record rests."""
        control = self.server.control
        control.clear_faults()
        # A request that was held back goes on now, and must not meet the next orders.
        wait_until(lambda: control.stalled == 0)
        given = [control.fault(**order) for order in cell.orders()]
        is_big = cell.operation == "upload chunk"
        record = self.submit(cell, BIG_BYTES[cell.provider] if is_big else 0)
        wait_until(lambda: self.rests(record.uid), what=lambda: self.story(record.uid))
        return self.outcome(record.uid, min((one.hits for one in given), default=1))

    def sign_in_again(self, uid: str, provider: str) -> Outcome:
        """Do what the row asks for, and wait for what comes of it by itself."""
        self.sign_in(provider)
        wait_until(lambda: self.rests(uid), what=lambda: self.story(uid))
        return self.outcome(uid, 1)

    def sign_in(self, provider: str) -> None:
        """Sign the account in again, unhurt."""
        self.server.control.clear_faults()
        sign_in(self.core, SENDERS[provider])

    def drafts_left(self, cell: Cell) -> list[str]:
        """Give the subjects of drafts of this cell that stay in the mailbox."""
        boxes = self.server.control.mailboxes()
        box = next(one for one in boxes if one["address"] == SENDERS[cell.provider])
        subject = f"{cell.operation}, {cell.fault}"
        return [
            one["subject"]
            for one in box["messages"]
            if one["subject"] == subject and _is_draft(one)
        ]

    def submit(self, cell: Cell, big_bytes: int) -> OutboundEmail:
        core = self.core
        address = SENDERS[cell.provider]
        box = next(one for one in core.book.list_mailboxes() if one.address == address)
        draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
            core.clock.now(),
            subject=f"{cell.operation}, {cell.fault}",
            recipients=Recipients(to=(Address("jane@northwind.example"),)),
            body=Body(BodyMode.PLAIN, "", "Hello"),
            attachments=self._attachments(big_bytes),
        )
        return core.submitter.submit(Submission(draft=draft))

    def _attachments(self, size_bytes: int) -> tuple[Attachment, ...]:
        if not size_bytes:
            return ()
        return (
            self.core.attacher.attach_bytes(
                "deck.pdf", "application/pdf", b"deck" * (size_bytes // 4)
            ),
        )

    def rests(self, uid: str) -> bool:
        """Say whether nothing more happens to the record by itself."""
        record = self.core.records.find(uid)
        assert record is not None
        if self.core.dispatcher.works_on(uid):
            return False
        if record.state is OutboundState.UNCERTAIN:
            return record.reason is Reason.UNSETTLED
        return record.state.is_final or record.state is OutboundState.HELD

    def story(self, uid: str) -> tuple[str, ...]:
        """Give the record's history in words."""
        record, now = self.core.records.find(uid), self.core.clock.now()
        assert record is not None
        lines = [history_line(one, record.provider, now) for one in self.core.records.history(uid)]
        return tuple(f"{one.text} ({one.evidence})" if one.evidence else one.text for one in lines)

    def outcome(self, uid: str, hits: int) -> Outcome:
        record = self.core.records.find(uid)
        assert record is not None
        with self.server.sandbox.lock:
            self.server.sandbox.settle()
            rows = [one for one in self.server.sandbox.world.accepted if not one.cancelled]
        return Outcome(
            uid=uid,
            state=record.state,
            reason=record.reason,
            deliveries=sum(
                (one.subject, one.provider) == (record.subject, record.provider.value)
                for one in rows
            ),
            attempts=record.attempts,
            events=tuple(one.event for one in self.core.records.history(uid)),
            shown=tuple(self.seen.get(uid, ())),
            why=row_words(record, self.core.clock.now()).why,
            story=self.story(uid),
            hits=hits,
        )


def _is_draft(row: dict[str, Any]) -> bool:
    return bool(row.get("is_draft")) or "DRAFT" in row.get("labels", ())
