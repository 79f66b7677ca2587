"""Plans who is delivered when: one courier thread an account, at most four at a time.

Runs on a thread of its own. Only the process that holds the profile's lease delivers; the others
watch for changes and tell their bus. An account that is slow delays no other, and one with a long
queue takes no other's turn.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

from app.domain.errors import AppError
from app.domain.events import StoreChanged
from app.outbox.aftercare import Aftercare
from app.outbox.clockwatch import ClockWatch
from app.outbox.courier import Paced
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from app.outbox.courier import Courier
    from app.outbox.housekeeping import Housekeeper
    from app.outbox.recovery import Recovery
    from app.ports import Clock, Lease, OutboxPlans
    from app.runtime.bus import Bus

log = logging.getLogger("outbox")
MAX_COURIERS = 4
# How long the store is not looked at when nothing is due; other processes' writes are seen by then.
LOOK_S = 1.0


class Dispatcher:
    """Hands due records to couriers until stopped."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        plans: OutboxPlans,
        courier: Courier,
        recovery: Recovery,
        lease: Lease,
        clock: Clock,
        bus: Bus,
        housekeeper: Housekeeper | None = None,
    ) -> None:
        self._plans = plans
        self._courier = courier
        self._recovery = recovery
        self._lease = lease
        self._clock = clock
        self._bus = bus
        self._housekeeper = housekeeper
        self._watch = ClockWatch(clock)
        self._aftercare = Aftercare(clock)
        self._cancel = CancelToken()
        self._wake = threading.Event()
        self._busy: dict[str, str] = {}
        self._turns = count(1)
        self._served: dict[str, int] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._couriers: ThreadPoolExecutor | None = None
        self._holds_lease = False
        self._has_news = False
        self._told_s = -LOOK_S

    @property
    def delivers(self) -> bool:
        """Say whether this process holds the lease."""
        return self._holds_lease

    def works_on(self, uid: str) -> bool:
        """Say whether a courier of this process is at this record (reading back included)."""
        with self._lock:
            return uid in self._busy.values() or self._aftercare.will_read_soon(uid)

    def start(self) -> None:
        """Begin to deliver, or to watch, on a thread of its own."""
        if self._thread is None:
            self._couriers = ThreadPoolExecutor(MAX_COURIERS, thread_name_prefix="courier")
            self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the store at once; callable from any thread."""
        self._wake.set()

    def notice(self, uid: str) -> None:
        """Look at the store because a record changed, unless a courier is just writing it."""
        with self._lock:
            is_ours = uid in self._busy.values()
        if not is_ours:
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
                log.warning("the store cannot be used: %s", error.code)
                wait_s = LOOK_S
            self._wake.wait(wait_s)
            self._wake.clear()

    def _round(self) -> float:
        """Take the lease if it is free, hand out what is due; give the seconds to wait."""
        if not self._holds_lease and self._lease.acquire():
            # Before the lease counts as ours: what cannot be taken up now is in the next round.
            self._recovery.take_up()
            for account_uid, uid in self._recovery.unread():
                self._aftercare.is_unread(account_uid, uid)
            self._holds_lease = True
        self._tell_changes()
        if not self._holds_lease:
            return LOOK_S
        jump_s = self._watch.jump_s()
        if jump_s:
            self._recovery.clock_was_set(jump_s)
        for uid in self._aftercare.unrecorded():
            self._recovery.resume(uid)
            self._aftercare.is_recorded(uid)
        return self._hand_out()

    def _tell_changes(self) -> None:
        """Tell of writes by others, once a second: while we deliver, our own look the same."""
        self._has_news = self._lease.changed_elsewhere() or self._has_news
        now_s = self._clock.monotonic()
        if self._has_news and now_s - self._told_s >= LOOK_S:
            self._has_news, self._told_s = False, now_s
            self._bus.publish(StoreChanged())

    def _hand_out(self) -> float:
        now = self._clock.now()
        with self._lock:
            busy = set(self._busy) | self._aftercare.resting()
        due = self._plans.list_next(now, busy)
        for waiting in sorted(due, key=lambda one: self._served.get(one.account_uid, 0)):
            self._start_courier(waiting.account_uid, waiting.uid)
        for account_uid, uid in self._aftercare.to_read():
            self._start_courier(account_uid, uid)
        next_due = self._plans.find_next_due(now)
        wait_s = LOOK_S if next_due is None else (next_due - now).total_seconds()
        if self._housekeeper and not (due or self._busy):
            self._housekeeper.tidy_if_due()
        with self._lock:
            at_work = set(self._busy)
        return min(LOOK_S, self._aftercare.wait_s(at_work), max(0.0, wait_s))

    def _start_courier(self, account_uid: str, uid: str) -> None:
        with self._lock:
            is_free = account_uid not in self._busy and len(self._busy) < MAX_COURIERS
            if not is_free or self._couriers is None or self._cancel.is_cancelled:
                return
            self._busy[account_uid] = uid
            self._served[account_uid] = next(self._turns)
        self._couriers.submit(self._work, account_uid, uid)

    def _work(self, account_uid: str, uid: str) -> None:
        try:
            is_read = self._courier.run(uid, self._cancel)
            self._aftercare.is_done(account_uid, uid, is_read=is_read)
        except Paced as pause:
            self._aftercare.rest(account_uid, pause.wait_s)
        except AppError as error:
            # The store itself failed: the row says where it stood before.
            log.warning("%s could not be worked on: %s", uid, error.code)
            self._aftercare.is_unrecorded(account_uid, uid)
        except Exception:
            # A bug in one delivery must not end the delivering of all others.
            log.exception("delivering %s met a bug", uid)
            self._aftercare.is_done(account_uid, uid, is_read=True)
            self._recovery.park(uid)
        finally:
            with self._lock:
                self._busy.pop(account_uid, None)
            self._wake.set()
