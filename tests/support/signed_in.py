"""Accounts signed in at a sandbox over real sockets, for tests of sign-in and providers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from app.auth.service import SignInService
from app.auth.vault import MemoryVault
from app.domain.account import Account, AccountState, ProviderKind
from app.ports import SignInFlow, SignInPrompt
from app.runtime.cancel import CancelToken
from app.runtime.clock import SystemClock
from app.sandbox.server import SandboxServer
from app.settings import Endpoints, sandbox_endpoints

ADA = "ada@acme.example"
_BROWSER_TIMEOUT_S = 20.0


@dataclass
class Browser:
    """Follows the URL it is shown, as a person with a decided mind would, on a thread of its own."""

    prompts: list[SignInPrompt] = field(default_factory=list)
    pages: list[httpx.Response] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def show(self, prompt: SignInPrompt) -> None:
        self.prompts.append(prompt)
        thread = threading.Thread(target=self._open, args=(prompt.url,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(_BROWSER_TIMEOUT_S)

    def _open(self, url: str) -> None:
        answer = httpx.get(url, follow_redirects=True, timeout=_BROWSER_TIMEOUT_S)
        self.pages.append(answer)


@dataclass
class Desk:
    """A sandbox with everything a signed-in program has."""

    server: SandboxServer
    vault: MemoryVault
    endpoints: Endpoints
    sign_in: SignInService

    @classmethod
    def at(cls, server: SandboxServer, **changes: Any) -> Desk:
        endpoints = changes.pop("endpoints", None) or sandbox_endpoints(server.url)
        vault = changes.pop("vault", None) or MemoryVault()
        clock = changes.pop("clock", None) or SystemClock()
        service = SignInService(endpoints=endpoints, vault=vault, clock=clock, **changes)
        return cls(server, vault, endpoints, service)

    def connect(
        self,
        provider: ProviderKind,
        address: str,
        *,
        uid: str = "account-1",
        **consent: Any,
    ) -> Account:
        """Sign in by the browser and give the account."""
        self.server.control.consent(provider.value, account=address, **consent)
        browser = Browser()
        found = self.sign_in.sign_in(
            provider=provider,
            flow=SignInFlow.LOOPBACK,
            account_uid=uid,
            show=browser.show,
            cancel=CancelToken(),
        )
        browser.join()
        return Account(
            uid=uid,
            provider=provider,
            address=found.address,
            display_name=found.display_name,
            state=AccountState.CONNECTED,
            capabilities=found.capabilities,
            added_at=datetime(2026, 1, 1, tzinfo=UTC),
            scopes=found.scopes,
        )
