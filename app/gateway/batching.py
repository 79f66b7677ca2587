"""Writes what many requests ask for in one transaction: one commit, one wait for the disk.

Requests that come while a batch is written form the next one. Each is answered after the commit,
and each fails alone: what it wrote is a part of the transaction that is undone by itself.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

log = logging.getLogger("gateway")
# So many hold the database's one place for writing for some 10 ms; couriers wait that long.
MAX_BATCH = 64

View = TypeVar("View")
View_contra = TypeVar("View_contra", contravariant=True)
T = TypeVar("T")
Done_co = TypeVar("Done_co", covariant=True)


class Job(Protocol[View_contra, Done_co]):
    """What one request wants written. Called on the writing thread, in this order."""

    def prepare(self, view: View_contra) -> bool:
        """Do what needs no transaction; say whether anything is left to write."""
        ...

    def write(self) -> Done_co:
        """Write. Without a need to write: only give what was found."""
        ...

    def announce(self) -> None:
        """Tell others; what was written is committed."""
        ...


class Batches(Generic[View]):
    """Takes jobs on the loop and works them off on one thread."""

    def __init__(
        self,
        *,
        thread: Executor,
        together: Callable[[], AbstractContextManager[object]],
        make_view: Callable[[], View],
    ) -> None:
        self._thread = thread
        self._together = together
        self._make_view = make_view
        self._waiting: list[_Ticket[View]] = []
        self._is_busy = False

    async def run(self, job: Job[View, T]) -> T:
        """Give what the job's `write` gave, once it is durable; raises what its steps raise."""
        loop = asyncio.get_running_loop()
        ticket: _Ticket[View] = _Ticket(job, loop.create_future())
        self._waiting.append(ticket)
        if not self._is_busy:
            self._is_busy = True
            # Not at once: requests that came at the same moment are at this point in this turn.
            loop.call_soon(self._start, loop)
        value: T = await ticket.outcome
        return value

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]

        def deliver(done: asyncio.Future[None]) -> None:
            if self._waiting:
                self._start(loop)
            else:
                self._is_busy = False
            lost = asyncio.CancelledError() if done.cancelled() else done.exception()
            for ticket in batch:
                ticket.deliver(lost)

        loop.run_in_executor(self._thread, self._work, batch).add_done_callback(deliver)

    def _work(self, batch: Sequence[_Ticket[View]]) -> None:
        view = self._make_view()
        # The transaction is open for the writing alone.
        for ticket in batch:
            ticket.take(partial(ticket.job.prepare, view))
        wanting = [ticket for ticket in batch if ticket.error is None and ticket.value]
        if wanting:
            self._write(wanting)
        for ticket in batch:
            if ticket in wanting:
                ticket.announce()
            elif ticket.error is None:
                ticket.take(ticket.job.write)

    def _write(self, wanting: Sequence[_Ticket[View]]) -> None:
        try:
            with self._together():
                for ticket in wanting:
                    ticket.take(partial(self._part, ticket.job))
        except Exception as error:  # noqa: BLE001  it belongs to each of those who wait
            # Nothing of it was committed.
            for ticket in wanting:
                ticket.error = ticket.error or error

    def _part(self, job: Job[View, object]) -> object:
        with self._together():
            return job.write()


@dataclass(slots=True, eq=False)
class _Ticket(Generic[View]):
    """A job, who waits for it, and what it came to."""

    job: Job[View, Any]
    outcome: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None

    def take(self, step: Callable[[], object]) -> None:
        """Take a step; its error is kept for whoever waits and ends nothing else."""
        try:
            self.value = step()
        except Exception as error:  # noqa: BLE001  it belongs to whoever waits
            self.error = error

    def announce(self) -> None:
        """Tell others of what is committed; that they fail changes nothing about it."""
        if self.error is None:
            try:
                self.job.announce()
            except Exception:
                log.exception("telling of a message met a bug")

    def deliver(self, lost: BaseException | None) -> None:
        """Tell whoever still waits; `lost` if the batch did not run to its end."""
        if self.outcome.done():
            return
        error = self.error or lost
        if error is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self.value)
