"""Secrets, tokens and signing in. Protocols and plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.domain.account import Account, Capability, ProviderKind
    from app.runtime.cancel import CancelToken


class Vault(Protocol):
    """Sealed secrets by name."""

    def load(self, name: str) -> bytes | None: ...
    def save(self, name: str, secret: bytes) -> None: ...
    def forget(self, name: str) -> None: ...


class Sealer(Protocol):
    """Seals what must be kept outside the vault and read by nobody else. Raises VaultUnavailable."""

    def seal(self, text: str) -> str: ...
    def unseal(self, sealed: str) -> str:
        """Give the text back; an empty one if its key is no more."""
        ...


class TokenSource(Protocol):
    """Access tokens of one account."""

    def token(self, cancel: CancelToken | None = None) -> str:
        """Give a token that should work. Raises SignInRequired, Unavailable, VaultUnavailable."""
        ...

    def refreshed(self, stale: str, cancel: CancelToken | None = None) -> str:
        """Give a token other than `stale` after a 401; single flight. Raises as `token`."""
        ...


class SignInFlow(StrEnum):
    """How the person signs in."""

    LOOPBACK = "loopback"
    DEVICE = "device"
    PASTE = "paste"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPrompt:
    """What the person must do now: open `url`; with `user_code` type it there."""

    provider: ProviderKind
    flow: SignInFlow
    url: str
    user_code: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A finished sign-in: who it is, what was granted. Tokens are already in the vault.

    `ends_at`: the provider says that it will end by itself then.
    """

    provider: ProviderKind
    address: str
    display_name: str
    scopes: tuple[str, ...]
    capabilities: frozenset[Capability]
    ends_at: datetime | None = None


class SignIn(Protocol):
    """Signs people in, out and in again. Blocking; runs on a worker."""

    def sign_in(  # noqa: PLR0913  one sign-in in one call
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        account_uid: str,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
        login_hint: str = "",
        ask_redirect: Callable[[], str] | None = None,
    ) -> SignedIn:
        """Run one flow to its end and seal the tokens under `account_uid`.

        `show` is called from the worker thread, once, when the person has something to do;
        `ask_redirect` (paste flow) blocks until the person gives the redirected URL.
        Raises SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable,
        VaultUnavailable, Cancelled.
        """
        ...

    def move_tokens(self, provider: ProviderKind, from_uid: str, to_uid: str) -> None:
        """Keep the tokens sealed under `from_uid` under `to_uid` instead (the account was known)."""
        ...

    def drop_tokens(self, provider: ProviderKind, account_uid: str) -> None:
        """Forget tokens that are not to be used, without revoking what else the person granted."""
        ...

    def tokens(self, account: Account) -> TokenSource: ...
    def sealer(self) -> Sealer: ...
    def sign_out(self, account: Account) -> None:
        """Revoke where the provider can, and forget the tokens in any case."""
        ...
