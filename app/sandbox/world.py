"""The sandbox itself: one memory, one lock, one clock. Handlers run with the lock held."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.faults import FaultBook
from app.sandbox.records import (
    AccessToken,
    Account,
    GmailBox,
    GmailMessage,
    GraphBox,
    Settings,
    Timer,
    World,
)
from app.sandbox.wire import Request, Route

LOG_LENGTH = 20_000


@dataclass(slots=True, kw_only=True)
class Upload:
    """A resumable upload that is under way; sessions do not survive a restart."""

    id: str
    account: str
    total: int | None
    started_at: float
    target: dict[str, Any]
    data: bytearray = field(default_factory=bytearray)
    finished: Any = None


class Sandbox:
    """State shared by all handlers."""

    def __init__(
        self, *, seed: Callable[[Sandbox], None], now: Callable[[], float] = time.time
    ) -> None:
        self.lock = threading.RLock()
        self._now = now
        self.base_url = ""
        self.faults = FaultBook()
        self.consents: dict[str, list[dict[str, Any]]] = {"gmail": [], "microsoft": []}
        self.uploads: dict[str, Upload] = {}
        self.quota: dict[str, deque[tuple[float, int]]] = {}
        self.requests: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.timer_handlers: dict[str, Callable[[Sandbox, Timer], None]] = {}
        self.changes = 0
        self.judged: dict[str, list[str]] = {}
        self.listings: dict[tuple[str, str], tuple[int, list[GmailMessage]]] = {}
        self.in_flight: dict[tuple[str, str], int] = {}
        self._numbers = itertools.count(1)
        self._seed = seed
        self.world = World()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the settings; the seeded mail is back."""
        settings = self.world.settings
        self.world = World(settings=settings)
        self.uploads.clear()
        self.judged.clear()
        self.listings.clear()
        self.quota.clear()
        self.requests.clear()
        self.faults.clear()
        for queue in self.consents.values():
            queue.clear()
        self._seed(self)
        self.changes += 1

    def now(self) -> float:
        """Return the services' time, which need not be this computer's."""
        return self._now() + self.settings.clock_ahead_s

    @property
    def settings(self) -> Settings:
        return self.world.settings

    def number(self) -> int:
        return next(self._numbers)

    def account(self, provider: str, address: str) -> Account | None:
        wanted = address.casefold()
        for account in self.world.accounts:
            if account.provider == provider and account.address == wanted:
                return account
        return None

    def accounts_of(self, provider: str) -> list[Account]:
        return [account for account in self.world.accounts if account.provider == provider]

    def valid_token(self, provider: str, token: str) -> AccessToken | None:
        access = self.world.tokens.get(token)
        if access is None or access.provider != provider or access.expires_at <= self.now():
            return None
        grant = self.world.grants.get(access.grant_id)
        return None if grant is None or grant.revoked else access

    def later(self, delay_s: float, timer: Timer) -> None:
        timer.due_at = self.now() + delay_s
        self.world.timers.append(timer)

    def settle(self) -> None:
        """Do what has come due. Called before every request, so nothing runs in the background."""
        if not self.world.timers:
            return
        now = self.now()
        due = sorted((t for t in self.world.timers if t.due_at <= now), key=lambda t: t.due_at)
        for timer in due:
            self.world.timers.remove(timer)
            self.timer_handlers[timer.kind](self, timer)
            self.changes += 1


@dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way through a handler."""

    sandbox: Sandbox
    request: Request
    route: Route
    params: dict[str, str]
    names: frozenset[str]
    access: AccessToken | None = None

    @property
    def account(self) -> str:
        return self.access.account if self.access else ""

    @property
    def gmail(self) -> GmailBox:
        return self.sandbox.world.gmail[self.account]

    @property
    def graph(self) -> GraphBox:
        return self.sandbox.world.graph[self.account]

    def behaves(self, kind: str) -> Any:
        """Consume an order to behave differently (`late_sent`, `vanish_draft` …)."""
        who = (self.route.provider, self.account)
        return self.sandbox.faults.take(frozenset({kind}), self.names, who)


def opaque(prefix: str = "", length: int = 24) -> str:
    return prefix + secrets.token_urlsafe(length)
