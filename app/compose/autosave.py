"""Saves the newest draft, one write at a time. Qt-free: the window's timer calls `save`.

Newest wins: while a write runs, only the latest draft handed in is remembered. A failed write is
reported and the draft stays remembered, so the next call tries again: nothing is dropped.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.domain.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from app.domain.draft import Draft
    from app.ports import Clock, DraftStore
    from app.runtime.threads import Executors


class Autosave:
    """Newest-wins writer of one session's draft.

    `saved(revision, at)` and `failed(error)` are called on the store thread.
    """

    def __init__(
        self,
        *,
        drafts: DraftStore,
        executors: Executors,
        clock: Clock,
        saved: Callable[[int, datetime], None],
        failed: Callable[[AppError], None],
    ) -> None:
        self._drafts = drafts
        self._executors = executors
        self._clock = clock
        self._saved = saved
        self._failed = failed
        self._lock = threading.Lock()
        self._waiting: Draft | None = None
        self._closed = False
        self._running: Future[None] | None = None

    def save(self, draft: Draft) -> None:
        """Have this draft written as soon as the writer is free."""
        with self._lock:
            if self._closed:
                return
            self._waiting = draft
            if self._running is None or self._running.done():
                self._running = self._executors.run_store(self._write_waiting)

    def close(self) -> None:
        """Write nothing any more (the draft was submitted or discarded)."""
        with self._lock:
            self._closed = True
            self._waiting = None

    def finish(self) -> Future[None] | None:
        """Give the running write, if any, so that a closing window can wait for it."""
        with self._lock:
            return self._running

    def _write_waiting(self) -> None:
        while True:
            with self._lock:
                draft, self._waiting = self._waiting, None
                if draft is None:
                    self._running = None
                    return
            try:
                self._drafts.save(draft)
            except AppError as error:
                with self._lock:
                    self._keep_waiting(draft)
                    self._running = None
                self._failed(error)
                return
            self._saved(draft.revision, self._clock.now())

    def _keep_waiting(self, draft: Draft) -> None:
        """Remember a draft that could not be written, unless a newer one came meanwhile."""
        if self._waiting is None:
            self._waiting = draft
