"""Plans who is delivered when: one courier thread an account, at most four at a time.

Runs on a thread of its own. Only the process that holds the profile's lease delivers; the others
watch for changes and tell their bus. An account that is slow delays no other.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError
from app.domain.events import StoreChanged
from app.domain.outbound import OutboundState, Reason
from app.outbox.verdicts import after_crash
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from app.outbox.courier import Courier
    from app.outbox.ledger import Ledger
    from app.outbox.verdicts import Timing
    from app.ports import Clock, Lease, OutboxStore, Waiting
    from app.runtime.bus import Bus

log = logging.getLogger("outbox")
MAX_COURIERS = 4
# How long the store is not looked at when nothing is due; other processes' writes are seen by then.
LOOK_S = 1.0
DELIVERABLE = frozenset({OutboundState.QUEUED, OutboundState.SCHEDULED, OutboundState.UNCERTAIN})


class Dispatcher:
    """Hands due records to couriers until stopped."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        records: OutboxStore,
        ledger: Ledger,
        courier: Courier,
        lease: Lease,
        clock: Clock,
        bus: Bus,
        timing: Timing,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._courier = courier
        self._lease = lease
        self._clock = clock
        self._bus = bus
        self._timing = timing
        self._cancel = CancelToken()
        self._wake = threading.Event()
        self._busy: dict[str, str] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._couriers: ThreadPoolExecutor | None = None
        self._holds_lease = False

    @property
    def delivers(self) -> bool:
        """Say whether this process holds the lease."""
        return self._holds_lease

    def works_on(self, uid: str) -> bool:
        """Say whether a courier of this process is at this record (reading back included)."""
        with self._lock:
            return uid in self._busy.values()

    def start(self) -> None:
        """Begin to deliver, or to watch, on a thread of its own."""
        if self._thread is None:
            self._couriers = ThreadPoolExecutor(MAX_COURIERS, thread_name_prefix="courier")
            self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the store at once; callable from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End: couriers stop at their next safe point, final requests run to their answer."""
        self._cancel.cancel()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._couriers is not None:
            self._couriers.shutdown(wait=True)
            self._couriers = None
        self._lease.release()
        self._holds_lease = False

    def _run(self) -> None:
        while not self._cancel.is_cancelled:
            try:
                wait_s = self._round()
            except AppError as error:
                log.warning("the store cannot be read: %s", error.code)
                wait_s = LOOK_S
            self._wake.wait(wait_s)
            self._wake.clear()

    def _round(self) -> float:
        """Take the lease if it is free, hand out what is due; give the seconds to wait."""
        if not self._holds_lease and self._lease.acquire():
            self._holds_lease = True
            self._recover()
        if self._lease.changed_elsewhere():
            self._bus.publish(StoreChanged())
        if not self._holds_lease:
            return LOOK_S
        return self._hand_out()

    def _recover(self) -> None:
        """Take up what a process left in the middle of sending."""
        for waiting in self._records.list_waiting():
            if waiting.state is not OutboundState.SENDING:
                continue
            record = self._ledger.get(waiting.uid)
            following = after_crash(record, self._clock.now(), self._timing)
            fields: dict[str, Any] = {}
            if following.state is OutboundState.UNCERTAIN:
                fields = {"uncertain_at": record.updated_at, "asks": 0}
            self._ledger.change(
                record,
                following.event,
                state=following.state,
                reason=following.reason,
                due_at=following.due_at,
                step=following.step,
                **fields,
            )

    def _hand_out(self) -> float:
        now = self._clock.now()
        soonest_s = LOOK_S
        for waiting in self._records.list_waiting():
            if waiting.state not in DELIVERABLE:
                continue
            due_in_s = (waiting.due_at - now).total_seconds()
            if due_in_s > 0:
                soonest_s = min(soonest_s, due_in_s)
            else:
                self._start_courier(waiting)
        return soonest_s

    def _start_courier(self, waiting: Waiting) -> None:
        with self._lock:
            is_free = waiting.account_uid not in self._busy and len(self._busy) < MAX_COURIERS
            if not is_free or self._couriers is None or self._cancel.is_cancelled:
                return
            self._busy[waiting.account_uid] = waiting.uid
        self._couriers.submit(self._work, waiting)

    def _work(self, waiting: Waiting) -> None:
        try:
            self._courier.run(waiting.uid, self._cancel)
        except Exception:
            # A bug in one delivery must not end the delivering of all others; the record keeps
            # its last written step, and the next start settles it.
            log.exception("delivering %s met a bug", waiting.uid)
            self._park(waiting.uid)
        finally:
            with self._lock:
                self._busy.pop(waiting.account_uid, None)
            self._wake.set()

    def _park(self, uid: str) -> None:
        """Keep a record that met a bug from being tried again at once."""
        try:
            record = self._ledger.get(uid)
            if record.state is OutboundState.SENDING:
                following = after_crash(record, self._clock.now(), self._timing)
                state = following.state
                if state is OutboundState.QUEUED:
                    state = OutboundState.HELD
                self._ledger.change(
                    record, "bug", state=state, reason=Reason.BUG, due_at=following.due_at
                )
        except AppError as error:
            log.warning("%s could not be parked: %s", uid, error.code)
