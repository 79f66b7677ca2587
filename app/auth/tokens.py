"""Access tokens of one account: single flight, sealed at once, one forced refresh after a 401.

Threads of this process share one refresh; another process's refresh is found in the vault.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

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
R = TypeVar("R")
# Renew a little early, so that a token does not end on its way.
_MARGIN = timedelta(minutes=2)


def vault_name(provider: ProviderKind, account_uid: str) -> str:
    """Name an account's secret in the vault."""
    return f"{provider.value}/{account_uid}"


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """What the vault held, as bytes and as a value."""

    raw: bytes
    tokens: T

    def __repr__(self) -> str:
        return "_Kept(…)"


class _Shelf(Generic[T]):
    """One account's place in the vault. Other threads and processes write there too."""

    def __init__(self, vault: Vault, account: Account, read: Callable[[bytes], T | None]) -> None:
        self._vault = vault
        self._account = account
        self._read = read
        self._name = vault_name(account.provider, account.uid)
        self._last: _Kept[T] | None = None

    def load(self) -> _Kept[T]:
        """Give what is kept. Raises SignInRequired, VaultUnavailable."""
        raw, last = self._vault.load(self._name), self._last
        if last is not None and last.raw == raw:
            return last
        tokens = self._read(raw) if raw is not None else None
        if raw is None or tokens is None:
            raise self.signed_out()
        self._last = _Kept(raw, tokens)
        return self._last

    def replace(self, old: _Kept[T], raw: bytes) -> None:
        """Seal new tokens, unless somebody signed in or out or refreshed since `old` was read."""
        if self._vault.load(self._name) == old.raw:
            self._vault.save(self._name, raw)

    def use(self, ask: Callable[[_Kept[T]], R]) -> R:
        """Ask with what is kept; refused tokens that were replaced meanwhile are no refusal.

        Raises:
            SignInRequired: also the present tokens are refused; names the account.
        """
        kept = self.load()
        try:
            return ask(kept)
        except SignInRequired:
            now = self.load()
            if now.raw == kept.raw:
                raise self.signed_out() from None
        try:
            return ask(now)
        except SignInRequired:
            raise self.signed_out() from None

    def signed_out(self) -> SignInRequired:
        """Make the error that names the account; the sign-ins themselves know no address."""
        return SignInRequired(provider=self._account.provider.value, address=self._account.address)


class GoogleSource:
    """Tokens of a Gmail account."""

    def __init__(
        self, *, account: Account, vault: Vault, clock: Clock, google: GoogleSignIn
    ) -> None:
        self._shelf = _Shelf(vault, account, GoogleTokens.from_bytes)
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
            return self._shelf.use(lambda kept: self._take(kept, stale))

    def _take(self, kept: _Kept[GoogleTokens], stale: str) -> str:
        tokens = kept.tokens
        fresh = tokens.expires_at - _MARGIN > self._clock.now()
        if tokens.access_token and fresh and tokens.access_token != stale:
            return tokens.access_token
        renewed = self._google.refresh(tokens)
        self._shelf.replace(kept, renewed.to_bytes())
        return renewed.access_token


class MicrosoftSource:
    """Tokens of an Outlook account."""

    def __init__(
        self, *, account: Account, vault: Vault, clock: Clock, microsoft: MicrosoftSignIn
    ) -> None:
        self._shelf = _Shelf(vault, account, MicrosoftTokens.from_bytes)
        self._clock = clock
        self._microsoft = microsoft
        self._lock = threading.Lock()
        # Building MSAL's application costs tens of milliseconds, so its answer is kept.
        self._last: FreshToken | None = None

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
            return self._shelf.use(lambda kept: self._take(kept, stale))

    def _take(self, kept: _Kept[MicrosoftTokens], stale: str) -> str:
        last = self._last
        if last and last.tokens == kept.tokens and self._is_good(last, stale):
            return last.access_token
        fresh = self._microsoft.access_token(kept.tokens, force=False)
        if not self._is_good(fresh, stale):
            # MSAL still gives out what the provider refused, so its cache is passed by.
            fresh = self._microsoft.access_token(fresh.tokens, force=True)
        if fresh.tokens != kept.tokens:
            self._shelf.replace(kept, fresh.tokens.to_bytes())
        self._last = fresh
        return fresh.access_token

    def _is_good(self, fresh: FreshToken, stale: str) -> bool:
        return fresh.access_token != stale and fresh.expires_at - _MARGIN > self._clock.now()
