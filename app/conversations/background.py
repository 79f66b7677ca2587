"""Synchronises all accounts again and again, one at a time. A thread that plans; a worker that reads."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.domain.account import AccountState, Capability
from app.domain.errors import AppError, Cancelled, Throttled
from app.domain.events import AccountsChanged
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from app.conversations.people import People
    from app.conversations.sync import Pace, Synchronizer
    from app.domain.account import Account
    from app.ports import AccountStore, Clock
    from app.runtime.bus import Bus

log = logging.getLogger("provider")
_LONGEST_S = 1_800.0


class BackgroundSync:
    """Gives each connected account its turn until stopped."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        synchronizer: Synchronizer,
        accounts: AccountStore,
        people: People,
        run: Callable[[Callable[[], None]], Future[None]],
        clock: Clock,
        bus: Bus,
        pace: Pace,
    ) -> None:
        self._synchronizer = synchronizer
        self._accounts = accounts
        self._people = people
        self._run = run
        self._clock = clock
        self._bus = bus
        self._pace = pace
        self._cancel = CancelToken()
        self._wake = threading.Event()
        self._again = threading.Event()
        self._thread: threading.Thread | None = None
        self._due: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin, on a thread of its own; nothing if it runs already."""
        if self._thread is None:
            self._cancel = CancelToken()
            self._unsubscribe = self._bus.subscribe(AccountsChanged, self._on_accounts_changed)
            self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End at the next page; what was read is kept."""
        self._cancel.cancel()
        self._wake.set()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _on_accounts_changed(self, event: AccountsChanged) -> None:
        """Read an account that was added or signed in again at once."""
        self._due.pop(event.uid, None)
        self._failures.pop(event.uid, None)
        self._again.set()
        self._wake.set()

    def _loop(self) -> None:
        while not self._cancel.is_cancelled:
            self._again.clear()
            try:
                turn = self._run(self._round)
            except RuntimeError:
                # The executor is closed: the program ends.
                return
            turn.add_done_callback(lambda _: self._wake.set())
            # Not turn.result(): a request that hangs must not keep stop() waiting.
            while not turn.done() and not self._cancel.is_cancelled:
                self._wake.wait(self._pace.every_s)
                self._wake.clear()
            if not self._again.is_set():
                self._cancel_or_wake()

    def _cancel_or_wake(self) -> None:
        """Wait for the next account that is due; stop() wakes too."""
        if not self._cancel.is_cancelled:
            self._wake.wait(self._wait_s())
            self._wake.clear()

    def _round(self) -> None:
        """Give every account that is due one turn. Runs on a worker."""
        try:
            accounts = self._accounts.list_accounts()
        except AppError as error:
            log.warning("the store cannot be used: %s", error.code)
            return
        readable = [one for one in accounts if _is_readable(one)]
        for uid in set(self._due) - {one.uid for one in readable}:
            self._due.pop(uid, None)
        for account in readable:
            if self._cancel.is_cancelled:
                return
            if self._due.get(account.uid, 0.0) <= self._clock.monotonic():
                self._turn(account)

    def _turn(self, account: Account) -> None:
        try:
            is_done = self._synchronizer.run(account, self._cancel)
            self._people.warm_up(account.uid)
        except Cancelled:
            return
        except AppError as error:
            log.info("the conversations of %s were not read: %s", account.uid, error.code)
            self._put_off(account.uid, self._after_failure_s(account.uid, error))
            return
        self._failures.pop(account.uid, None)
        self._put_off(account.uid, self._pace.every_s if is_done else self._pace.pause_s)

    def _after_failure_s(self, account_uid: str, error: AppError) -> float:
        failures = self._failures[account_uid] = self._failures.get(account_uid, 0) + 1
        wait_s = min(_LONGEST_S, self._pace.every_s * 2 ** min(failures - 1, 10))
        if isinstance(error, Throttled):
            wait_s = max(wait_s, error.retry_after_s or 0.0)
        return float(wait_s)

    def _put_off(self, account_uid: str, wait_s: float) -> None:
        self._due[account_uid] = self._clock.monotonic() + wait_s

    def _wait_s(self) -> float:
        now = self._clock.monotonic()
        soonest = min(self._due.values(), default=now + self._pace.every_s)
        return min(self._pace.every_s, max(0.05, soonest - now))


def _is_readable(account: Account) -> bool:
    is_connected = account.state is AccountState.CONNECTED
    return is_connected and Capability.READ in account.capabilities
