"""Access tokens of one account: single flight, sealed at once, one forced refresh after a 401.

Threads of this process share one refresh; another process's refresh is found in the vault.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from app.auth.records import GoogleTokens, MicrosoftTokens
from app.domain.account import ProviderKind
from app.domain.errors import SignInRequired
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.google import GoogleSignIn
    from app.auth.microsoft import FreshToken, MicrosoftSignIn
    from app.domain.account import Account
    from app.ports import Clock, Vault
    from app.runtime.cancel import CancelToken

T = TypeVar("T")
# Renew a little early, so that a token does not end on its way.
_MARGIN = timedelta(minutes=2)


def vault_name(provider: ProviderKind, account_uid: str) -> str:
    """Name an account's secret in the vault."""
    return f"{provider.value}/{account_uid}"


def _load(vault: Vault, account: Account, read: Callable[[bytes], T | None]) -> T:
    raw = vault.load(vault_name(account.provider, account.uid))
    found = read(raw) if raw is not None else None
    if found is None:
        raise SignInRequired(provider=account.provider.value, address=account.address)
    return found


class GoogleSource:
    """Tokens of a Gmail account."""

    def __init__(
        self, *, account: Account, vault: Vault, clock: Clock, google: GoogleSignIn
    ) -> None:
        self._account = account
        self._vault = vault
        self._clock = clock
        self._google = google
        self._lock = threading.Lock()

    def token(self, cancel: CancelToken | None = None) -> str:
        """Give a token that should work. Raises SignInRequired, Unavailable, VaultUnavailable."""
        return self._get("", cancel)

    def refreshed(self, stale: str, cancel: CancelToken | None = None) -> str:
        """Give a token other than `stale`. Raises as `token`."""
        return self._get(stale, cancel)

    def _get(self, stale: str, cancel: CancelToken | None) -> str:
        forbid_gui_thread()
        with self._lock:
            if cancel:
                cancel.check()
            tokens = _load(self._vault, self._account, GoogleTokens.from_bytes)
            fresh = tokens.expires_at - _MARGIN > self._clock.now()
            if tokens.access_token and fresh and tokens.access_token != stale:
                return tokens.access_token
            renewed = _with_address(lambda: self._google.refresh(tokens), self._account)
            _seal(self._vault, self._account, renewed.to_bytes())
            return renewed.access_token


class MicrosoftSource:
    """Tokens of an Outlook account."""

    def __init__(
        self, *, account: Account, vault: Vault, clock: Clock, microsoft: MicrosoftSignIn
    ) -> None:
        self._account = account
        self._vault = vault
        self._clock = clock
        # Building MSAL's application costs tens of milliseconds, so its answer is kept.
        self._kept: FreshToken | None = None
        self._microsoft = microsoft
        self._lock = threading.Lock()

    def token(self, cancel: CancelToken | None = None) -> str:
        """Give a token that should work. Raises SignInRequired, Unavailable, VaultUnavailable."""
        return self._get("", cancel)

    def refreshed(self, stale: str, cancel: CancelToken | None = None) -> str:
        """Give a token other than `stale`. Raises as `token`."""
        return self._get(stale, cancel)

    def _get(self, stale: str, cancel: CancelToken | None) -> str:
        forbid_gui_thread()
        with self._lock:
            if cancel:
                cancel.check()
            tokens = _load(self._vault, self._account, MicrosoftTokens.from_bytes)
            kept = self._kept
            if kept and kept.tokens == tokens and self._is_good(kept, stale):
                return kept.access_token
            fresh = self._ask(tokens, force=False)
            if not self._is_good(fresh, stale):
                # MSAL still gives out what the provider refused, so its cache is passed by.
                fresh = self._ask(fresh.tokens, force=True)
            if fresh.tokens != tokens:
                _seal(self._vault, self._account, fresh.tokens.to_bytes())
            self._kept = fresh
            return fresh.access_token

    def _is_good(self, fresh: FreshToken, stale: str) -> bool:
        return fresh.access_token != stale and fresh.expires_at - _MARGIN > self._clock.now()

    def _ask(self, tokens: MicrosoftTokens, *, force: bool) -> FreshToken:
        return _with_address(
            lambda: self._microsoft.access_token(tokens, force=force), self._account
        )


def _with_address(ask: Callable[[], T], account: Account) -> T:
    """Name the account in a refusal: the sign-in itself knows no address."""
    try:
        return ask()
    except SignInRequired as error:
        raise SignInRequired(provider=account.provider.value, address=account.address) from error


def _seal(vault: Vault, account: Account, secret: bytes) -> None:
    """Seal new tokens, unless the account was signed out meanwhile."""
    name = vault_name(account.provider, account.uid)
    if vault.load(name) is None:
        raise SignInRequired(provider=account.provider.value, address=account.address)
    vault.save(name, secret)
