"""Brings the index of one account up to date, page by page. Waits on the network: never on the GUI thread.

Every page is written with the cursor after it, so whoever is stopped goes on there. Between pages it
pauses for the provider's quota, and longer while this account has mail on its way out.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.errors import NotFound
from app.domain.events import ConversationsChanged, SyncProgressed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.conversations.people import People
    from app.domain.account import Account
    from app.ports import (
        AccountStore,
        Clock,
        ProviderFactory,
        SyncPage,
        SyncState,
        SyncStore,
    )
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

log = logging.getLogger("provider")
# A day more asked for than before is the calendar's doing, not the person's.
_REACH_SLACK = timedelta(days=2)
# Windows read their lists again at each change they are told of.
_TELL_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How far back the index reaches, and how gently it is filled.

    Gmail counts about 10 units a thread and gives new projects 6,000 a minute: 25 threads every
    4 s are 3,900, which leaves room for some twenty sends.
    """

    days: int = 180
    pause_s: float = 4.0
    every_s: float = 60.0
    pages_a_turn: int = 40
    longest_yield_s: float = 60.0


class Synchronizer:
    """Reads what is new of one account. Two callers never read the same account at once."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        store: SyncStore,
        accounts: AccountStore,
        providers: ProviderFactory,
        people: People,
        is_sending: Callable[[str], bool],
        clock: Clock,
        bus: Bus,
        pace: Pace,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._providers = providers
        self._people = people
        self._is_sending = is_sending
        self._clock = clock
        self._bus = bus
        self._pace = pace
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._told_at: dict[str, float] = {}
        self._untold: set[str] = set()

    def run(self, account: Account, cancel: CancelToken) -> bool:
        """Read up to a turn's pages; True if there is nothing new, False if there is more.

        Raises:
            ProviderError, SignInRequired, StoreError: what was read before is kept.
            Cancelled: `cancel` was asked to stop.
        """
        with self._lock:
            if account.uid in self._busy:
                return True
            self._busy.add(account.uid)
        try:
            return self._run(account, cancel)
        finally:
            with self._lock:
                self._busy.discard(account.uid)

    def is_synced(self, account_uid: str) -> bool:
        """Say whether the account was read to its end once, and is not being read again."""
        state = self._store.load_state(account_uid)
        return state.synced_at is not None and not state.is_full

    def own_addresses(self, account: Account) -> frozenset[str]:
        """Give the addresses of an account's mailboxes."""
        boxes = self._accounts.list_mailboxes()
        aliases = (box.address for box in boxes if box.account_uid == account.uid)
        return frozenset((account.address, *aliases))

    def _run(self, account: Account, cancel: CancelToken) -> bool:
        provider, own = self._providers.provider(account), self.own_addresses(account)
        state, done = self._begin(account), 0
        for number in range(self._pace.pages_a_turn):
            if number:
                self._rest(account.uid, cancel)
            page = provider.fetch_changes(state.cursor, since=self._since(state), cancel=cancel)
            # Before anything is written: the store may be about to close.
            cancel.check()
            self._check_present(account)
            if page.is_expired and not state.cursor:
                # Even a beginning is refused: nothing that asking again at once would change.
                log.warning("the conversations of %s cannot be listed", account.uid)
                return True
            state = self._after(state, page)
            self._people.learn(self._store.apply(account.uid, page, state, own))
            done += len(page.headers)
            if page.headers or page.gone or page.whole_threads:
                self._untold.add(account.uid)
            if not page.has_more and not page.is_expired:
                return self._finish(account.uid, state, own, done)
            self._tell(account.uid, done)
        return False

    def _check_present(self, account: Account) -> None:
        """Write nothing of an account that was removed while the provider answered."""
        if all(one.uid != account.uid for one in self._accounts.list_accounts()):
            raise NotFound(kind="account", uid=account.uid)

    def _begin(self, account: Account) -> SyncState:
        state = self._store.load_state(account.uid)
        wanted = self._clock.now() - timedelta(days=self._pace.days)
        reaches = state.since is not None and state.since <= wanted + _REACH_SLACK
        if state.cursor and reaches:
            return state
        return replace(state, cursor="", round=state.round + 1, is_full=True, since=wanted)

    def _after(self, state: SyncState, page: SyncPage) -> SyncState:
        if page.is_expired:
            log.info("the provider forgot how far the index was: reading everything again")
            wanted = self._clock.now() - timedelta(days=self._pace.days)
            return replace(state, cursor="", round=state.round + 1, is_full=True, since=wanted)
        return replace(state, cursor=page.cursor)

    def _since(self, state: SyncState) -> datetime:
        return state.since or self._clock.now() - timedelta(days=self._pace.days)

    def _finish(self, account_uid: str, state: SyncState, own: frozenset[str], done: int) -> bool:
        now = self._clock.now()
        since = now - timedelta(days=self._pace.days)
        was_full = state.is_full
        self._store.finish(account_uid, replace(state, since=since, synced_at=now), own)
        if was_full or account_uid in self._untold:
            self._tell_changes(account_uid)
        self._bus.publish(SyncProgressed(account_uid, done, is_complete=True))
        return True

    def _tell(self, account_uid: str, done: int) -> None:
        now = self._clock.monotonic()
        is_due = now - self._told_at.get(account_uid, now - _TELL_EVERY_S) >= _TELL_EVERY_S
        if account_uid in self._untold and is_due:
            self._told_at[account_uid] = now
            self._tell_changes(account_uid)
        self._bus.publish(SyncProgressed(account_uid, done, is_complete=False))

    def _tell_changes(self, account_uid: str) -> None:
        self._untold.discard(account_uid)
        self._bus.publish(ConversationsChanged(account_uid))

    def _rest(self, account_uid: str, cancel: CancelToken) -> None:
        """Pause between pages; mail on its way out goes first."""
        cancel.wait(self._pace.pause_s)
        yielded_s, step_s = 0.0, max(0.05, min(1.0, self._pace.pause_s))
        while yielded_s < self._pace.longest_yield_s and self._is_sending(account_uid):
            cancel.check()
            cancel.wait(step_s)
            yielded_s += step_s
        cancel.check()
