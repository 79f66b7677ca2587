from __future__ import annotations

import threading
from datetime import datetime

from app.compose.autosave import Autosave
from app.domain.draft import Draft
from app.domain.errors import AppError, StoreFull
from app.runtime.clock import SystemClock
from app.runtime.threads import Executors
from tests.support.mailroom_values import NOW, make_draft
from tests.support.waiting import wait_until


class SlowDrafts:
    """A store whose writes wait for the test, and may fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.saved: list[int] = []
        self.error: AppError | None = None

    def save(self, draft: Draft) -> None:
        self.gate.wait(10)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.saved.append(draft.revision)


class Desk:
    """An Autosave with what it told."""

    def __init__(self) -> None:
        self.drafts = SlowDrafts()
        self.executors = Executors()
        self.told: list[int] = []
        self.failures: list[AppError] = []
        self.autosave = Autosave(
            drafts=self.drafts,  # type: ignore[arg-type]
            executors=self.executors,
            clock=SystemClock(),
            saved=self._saved,
            failed=self.failures.append,
        )

    def _saved(self, revision: int, _: datetime) -> None:
        self.told.append(revision)


def test_newest_wins_while_a_write_runs() -> None:
    desk = Desk()
    draft = make_draft(revision=1)
    for _ in range(5):
        desk.autosave.save(draft)
        draft = draft.edited(NOW, subject=str(draft.revision))
    desk.drafts.gate.set()
    wait_until(lambda: desk.told and desk.told[-1] == 5)
    # One may have been at the gate already; of all that came meanwhile the newest alone is written.
    assert desk.drafts.saved[-1] == 5
    assert len(desk.drafts.saved) <= 2
    desk.executors.close()


def test_failed_write_is_told_and_the_draft_is_written_next_time() -> None:
    desk = Desk()
    desk.drafts.gate.set()
    desk.drafts.error = StoreFull(path="p", detail="full")
    draft = make_draft(revision=1)
    desk.autosave.save(draft)
    wait_until(lambda: desk.failures)
    desk.autosave.save(draft.edited(NOW, subject="next"))
    wait_until(lambda: desk.told == [2])
    desk.executors.close()


def test_closed_autosave_writes_nothing_more() -> None:
    desk = Desk()
    desk.autosave.close()
    desk.drafts.gate.set()
    desk.autosave.save(make_draft())
    desk.executors.close()
    assert desk.drafts.saved == []
