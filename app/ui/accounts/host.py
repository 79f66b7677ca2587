"""What the Accounts dialog asks of the program around it. Everything slow gives a Future."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from app.domain.account import Account, Mailbox, ProviderKind
    from app.outbox.limits import DayUsage
    from app.ports import Clock, SignInFlow, SignInPrompt
    from app.runtime.cancel import CancelToken
    from app.ui.bridge import Bridge


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the list shows, read in one go.

    By account: `waiting` counts its open records, `kept` those of them that the provider keeps until
    their time and sends by itself, `today` its recipients of the last 24 hours. Of the providers in
    `only_sends` nothing but the permission to send is asked.
    """

    accounts: tuple[Account, ...]
    mailboxes: tuple[Mailbox, ...]
    waiting: dict[str, int]
    today: dict[str, DayUsage]
    vault_kind: str
    kept: dict[str, int] = field(default_factory=dict)
    only_sends: frozenset[ProviderKind] = frozenset()


class SignInHost(Protocol):
    """Signs in. Futures may fail with the SignInError family, Unavailable, VaultUnavailable, Cancelled."""

    def add(
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]:
        """Sign in; `show` is called on a worker when the person has something to do."""
        ...

    def reconnect(
        self,
        account_uid: str,
        *,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]: ...
    def open_url(self, url: str) -> bool:
        """Open a page in the person's browser; False if there is none."""
        ...

    @property
    def clock(self) -> Clock: ...


class AccountsHost(SignInHost, Protocol):
    """Everything the dialog may ask for."""

    @property
    def bridge(self) -> Bridge: ...
    def overview(self) -> Future[Overview]: ...
    def remove(self, account_uid: str) -> Future[None]: ...
    def make_default(self, mailbox_uid: str) -> Future[None]: ...
