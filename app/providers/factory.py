"""Makes the provider of an account, and keeps it: its connections and its token source are worth keeping."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.account import Account, ProviderKind
from app.providers.gmail import GmailProvider
from app.providers.gmail_errors import judge_gmail
from app.providers.graph import GraphProvider
from app.providers.graph_errors import judge_graph
from app.providers.http import Http, HttpLimits

if TYPE_CHECKING:
    from app.ports import Clock, Provider, SignIn
    from app.settings import Endpoints

# Exchange allows four requests at a time per mailbox, Gmail about ten per person.
_GRAPH_CONNECTIONS = 4
_GMAIL_CONNECTIONS = 8


class Providers:
    """The providers in use, by account. Safe from any thread."""

    def __init__(
        self,
        *,
        endpoints: Endpoints,
        sign_in: SignIn,
        clock: Clock,
        limits: HttpLimits | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._sign_in = sign_in
        self._clock = clock
        self._limits = limits or HttpLimits()
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Account, Provider]] = {}

    def provider(self, account: Account) -> Provider:
        """Give the account's provider; a new one when its rights or address have changed."""
        with self._lock:
            known = self._kept.get(account.uid)
            if known is not None and _is_same(known[0], account):
                return known[1]
            made = self._make(account)
            self._kept[account.uid] = (account, made)
        if known is not None:
            known[1].close()
        return made

    def forget(self, account_uid: str) -> None:
        """Close the account's connections; whatever runs on them ends with Unavailable."""
        with self._lock:
            known = self._kept.pop(account_uid, None)
        if known is not None:
            known[1].close()

    def close(self) -> None:
        """Close all connections."""
        for uid in list(self._kept):
            self.forget(uid)

    def _make(self, account: Account) -> Provider:
        tokens, sealer = self._sign_in.tokens(account), self._sign_in.sealer()
        is_gmail = account.provider is ProviderKind.GMAIL
        http = Http(
            provider=account.provider,
            tokens=tokens,
            judge=judge_gmail if is_gmail else judge_graph,
            clock=self._clock,
            limits=replace(
                self._limits,
                connections=_GMAIL_CONNECTIONS if is_gmail else _GRAPH_CONNECTIONS,
            ),
        )
        if is_gmail:
            return GmailProvider(
                account=account, http=http, api_url=self._endpoints.google_api_url, sealer=sealer
            )
        return GraphProvider(
            account=account, http=http, graph_url=self._endpoints.graph_url, sealer=sealer
        )


def _is_same(old: Account, new: Account) -> bool:
    """State and names come and go; what a provider is made of does not."""
    return (old.provider, old.address, old.capabilities) == (
        new.provider,
        new.address,
        new.capabilities,
    )
