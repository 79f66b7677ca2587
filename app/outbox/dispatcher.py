"""Plans who is delivered when: one courier thread an account, at most four at a time.

Runs on a thread of its own. Only the process that holds the profile's lease delivers; the others
watch for changes and tell their bus. An account that is slow delays no other.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from app.domain.errors import AppError
from app.domain.events import StoreChanged
from app.outbox.clockwatch import ClockWatch
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from app.outbox.courier import Courier
    from app.outbox.recovery import Recovery
    from app.ports import Clock, Lease, OutboxPlans, Waiting
    from app.runtime.bus import Bus

log = logging.getLogger("outbox")
MAX_COURIERS = 4
# How long the store is not looked at when nothing is due; other processes' writes are seen by then.
LOOK_S = 1.0


class Dispatcher:
    """Hands due records to couriers until stopped."""

    def __init__(
        self,
        *,
        plans: OutboxPlans,
        courier: Courier,
        recovery: Recovery,
        lease: Lease,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._plans = plans
        self._courier = courier
        self._recovery = recovery
        self._lease = lease
        self._clock = clock
        self._bus = bus
        self._watch = ClockWatch(clock)
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
            self._recovery.take_up()
        if self._lease.changed_elsewhere():
            self._bus.publish(StoreChanged())
        if not self._holds_lease:
            return LOOK_S
        jump_s = self._watch.jump_s()
        if jump_s:
            self._recovery.clock_was_set(jump_s)
        return self._hand_out()

    def _hand_out(self) -> float:
        now = self._clock.now()
        with self._lock:
            busy = set(self._busy)
        for waiting in self._plans.list_next(now, busy):
            self._start_courier(waiting)
        next_due = self._plans.find_next_due(now)
        if next_due is None:
            return LOOK_S
        return min(LOOK_S, max(0.0, (next_due - now).total_seconds()))

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
            self._recovery.park(waiting.uid)
        finally:
            with self._lock:
                self._busy.pop(waiting.account_uid, None)
            self._wake.set()
