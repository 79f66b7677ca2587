"""The Accounts dialog's host over the services. What asks people, networks or keyrings runs on `net`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.ports import OutboxView
from app.ui.accounts.host import Overview

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from app.domain.account import Account
    from app.outbox.limits import DayUsage
    from app.ports import Clock, SignInFlow, SignInPrompt
    from app.runtime.cancel import CancelToken
    from app.services import Services
    from app.ui.bridge import Bridge


class ServiceAccountsHost:
    """Implements `host.AccountsHost`."""

    def __init__(
        self, *, services: Services, bridge: Bridge, opener: Callable[[str], bool]
    ) -> None:
        self._services = services
        self._bridge = bridge
        self._opener = opener

    @property
    def clock(self) -> Clock:
        """Give the clock of the profile."""
        return self._services.clock

    @property
    def bridge(self) -> Bridge:
        """Give the events."""
        return self._bridge

    def open_url(self, url: str) -> bool:
        """Open a page in the person's browser."""
        return self._opener(url)

    def add(
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]:
        """Sign in and keep the account."""
        return self._services.executors.run_net(
            self._services.book.add, provider=provider, flow=flow, show=show, cancel=cancel
        )

    def reconnect(
        self,
        account_uid: str,
        *,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]:
        """Sign in again."""
        return self._services.executors.run_net(
            self._services.book.reconnect, account_uid, flow=flow, show=show, cancel=cancel
        )

    def remove(self, account_uid: str) -> Future[None]:
        """Revoke and forget."""
        return self._services.executors.run_net(self._services.book.remove, account_uid)

    def make_default(self, mailbox_uid: str) -> Future[None]:
        """Send from this mailbox unless told otherwise."""
        return self._services.executors.run_store(self._services.book.make_default, mailbox_uid)

    def overview(self) -> Future[Overview]:
        """Read what the list shows."""
        return self._services.executors.run_store(self._overview)

    def _overview(self) -> Overview:
        services = self._services
        waiting: dict[str, int] = {}
        kept: dict[str, int] = {}
        for view in (OutboxView.OUTBOX, OutboxView.SCHEDULED):
            for one in services.records.list_records(view):
                if not one.state.is_final:
                    waiting[one.account_uid] = waiting.get(one.account_uid, 0) + 1
                    kept[one.account_uid] = kept.get(one.account_uid, 0) + one.is_at_provider
        mailboxes = tuple(services.book.list_mailboxes())
        return Overview(
            accounts=tuple(services.book.list_accounts()),
            mailboxes=mailboxes,
            waiting=waiting,
            kept=kept,
            today=self._today(),
            vault_kind=_vault_kind(services),
            only_sends=_only_sends(services),
        )

    def _today(self) -> dict[str, DayUsage]:
        limits, accounts = self._services.limits, self._services.book.list_accounts()
        return {one.uid: limits.today(one.uid, one.provider) for one in accounts}


def _only_sends(services: Services) -> frozenset[ProviderKind]:
    is_narrow = services.settings.google_access == "send"
    return frozenset({ProviderKind.GMAIL}) if is_narrow else frozenset()


def _vault_kind(services: Services) -> str:
    """Name the way tokens are kept, as far as settings say it; `auto` goes to the keyring."""
    settings = services.settings
    mode = str(settings.vault_mode)
    if mode != "auto":
        return mode
    if settings.sandbox_url:
        return "file-key"
    return "passphrase" if settings.environment.get("POSTRIDER_VAULT_PASSPHRASE") else "keyring"
