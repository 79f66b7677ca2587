"""A Mailroom host that keeps everything in memory and answers from a worker, as the real one does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.domain.account import Mailbox
from app.domain.draft import Draft
from app.domain.errors import NotFound, TooLate
from app.domain.events import DraftsChanged, OutboundChanged
from app.domain.outbound import HistoryEntry, OutboundEmail, OutboundState, Reason
from app.ports import OutboxView, RecordPage, Standing
from app.runtime.bus import Bus
from app.ui.bridge import Bridge
from app.ui.mailroom.rows import RowPage, Word, belongs, is_listed
from tests.support.mailroom_values import NOW, make_draft, make_mailbox


class FixedClock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


class MemoryMailroomHost:
    """Implements `MailroomHost`; `opened` and `exported` remember what was asked for."""

    def __init__(
        self,
        records: list[OutboundEmail] | None = None,
        drafts: list[Draft] | None = None,
        history: list[HistoryEntry] | None = None,
        mailboxes: list[Mailbox] | None = None,
    ) -> None:
        self.clock = FixedClock()
        self.bus = Bus()
        self.bridge = Bridge(self.bus)
        self.records = {one.uid: one for one in records or []}
        self.drafts = {one.uid: one for one in drafts or []}
        self.steps = history or []
        self.boxes = mailboxes or [make_mailbox()]
        self.opened: list[object] = []
        self.exported: list[tuple[str, Path]] = []
        self.acts: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        self.reads = 0
        self._worker = ThreadPoolExecutor(1)

    def close(self) -> None:
        self.bridge.close()
        self._worker.shutdown()

    def change(self, record: OutboundEmail) -> None:
        """Store a record and tell, as the ledger does, from a worker."""
        self.records[record.uid] = record
        self._worker.submit(self.bus.publish, OutboundChanged(record.uid)).result()

    # --- ReadHost ---

    def page(
        self, view: OutboxView, text: str, before: int | None, limit: int, word: Word
    ) -> Future[RowPage]:
        def read() -> RowPage:
            self.reads += 1
            found = self._listed(view, text)
            start = before or 0
            shown = tuple(found[start : start + limit])
            more = start + limit if len(found) > start + limit else None
            return word(RecordPage(records=shown, before=more))

        return self._worker.submit(read)

    def count(self, view: OutboxView) -> Future[int]:
        return self._worker.submit(
            lambda: sum(belongs(one, view) for one in list(self.records.values()))
        )

    def tally(self, view: OutboxView, text: str) -> Future[dict[Standing, int]]:
        return self._worker.submit(
            lambda: dict(Counter((one.state, one.reason) for one in self._listed(view, text)))
        )

    def uids(
        self, view: OutboxView, text: str, standing: Collection[Standing]
    ) -> Future[list[str]]:
        return self._worker.submit(
            lambda: [
                one.uid for one in self._listed(view, text) if (one.state, one.reason) in standing
            ]
        )

    def _listed(self, view: OutboxView, text: str) -> list[OutboundEmail]:
        words = text.casefold().split()
        return [
            one
            for one in self.records.values()
            if belongs(one, view)
            and all(word in f"{one.subject} {one.envelope}".casefold() for word in words)
        ]

    def find_record(self, uid: str) -> Future[OutboundEmail | None]:
        return self._worker.submit(self.records.get, uid)

    def find_records(self, uids: Sequence[str]) -> Future[list[OutboundEmail]]:
        return self._worker.submit(
            lambda: [self.records[uid] for uid in uids if uid in self.records]
        )

    def history(self, uid: str) -> Future[list[HistoryEntry]]:
        return self._worker.submit(lambda: list(self.steps))

    def list_drafts(self, limit: int) -> Future[list[Draft]]:
        return self._worker.submit(lambda: list(self.drafts.values())[:limit])

    def draft_uids(self, text: str) -> Future[list[str]]:
        return self._worker.submit(
            lambda: [one.uid for one in self.drafts.values() if is_listed(one, text)]
        )

    def mailboxes(self) -> Future[list[Mailbox]]:
        return self._worker.submit(lambda: self.boxes)

    def readable(self, html: str) -> Future[str]:
        return self._worker.submit(lambda: html)

    # --- ActHost ---

    def take_back(self, uid: str) -> Future[Draft | None]:
        def take() -> Draft | None:
            if not self.records[uid].is_at_provider:
                return self._stop(uid)
            self._move(uid, OutboundState.SCHEDULED, Reason.TAKING_BACK)
            return None

        return self._act("take_back", uid, take)

    def edit_copy(self, uid: str) -> Future[Draft]:
        return self._act("edit_copy", uid, lambda: make_draft(f"copy-of-{uid}"))

    def retry(self, uid: str) -> Future[object]:
        return self._act("retry", uid, lambda: self._move(uid, OutboundState.QUEUED, Reason.NONE))

    def dismiss(self, uid: str) -> Future[object]:
        return self._act(
            "dismiss", uid, lambda: self._move(uid, OutboundState.CANCELLED, Reason.BY_PERSON)
        )

    def resolve(self, uid: str, *, was_sent: bool) -> Future[object]:
        state = OutboundState.SENT if was_sent else OutboundState.QUEUED
        name = "resolve_sent" if was_sent else "resolve_again"
        return self._act(name, uid, lambda: self._move(uid, state, Reason.BY_PERSON))

    def discard_draft(self, uid: str) -> Future[None]:
        def discard() -> None:
            if self.drafts.pop(uid, None) is None:
                raise NotFound(kind="draft", uid=uid)
            self.bus.publish(DraftsChanged(uid))

        return self._act("discard", uid, discard)

    def export(self, uid: str, target: Path) -> Future[Path]:
        self.exported.append((uid, target))
        return self._worker.submit(lambda: target.with_suffix(".json"))

    # --- OpenHost ---

    def open_new(self) -> None:
        self.opened.append("new")

    def open_draft(self, draft: Draft) -> None:
        self.opened.append(draft.uid)

    def open_settings(self) -> None:
        self.opened.append("settings")

    def open_accounts(self, account_uid: str = "") -> None:
        self.opened.append(("accounts", account_uid))

    def _act(self, name: str, uid: str, work: Callable[[], object]) -> Future:
        self.acts.append((name, uid))
        return self._worker.submit(work)

    def _stop(self, uid: str) -> Draft:
        record = self.records[uid]
        if record.state is OutboundState.SENDING or uid in self.refused:
            raise TooLate(state=record.state.value)
        self._move(uid, OutboundState.CANCELLED, Reason.BY_PERSON)
        draft = make_draft(f"draft-of-{uid}")
        self.drafts[draft.uid] = draft
        self.bus.publish(DraftsChanged(draft.uid))
        return draft

    def _move(self, uid: str, state: OutboundState, reason: Reason) -> None:
        self.records[uid] = replace(self.records[uid], state=state, reason=reason)
        self.bus.publish(OutboundChanged(uid))
