"""An Accounts host whose sign-ins are scripted and run on a worker thread, as the real ones do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from app.domain.account import Account, AccountState, Mailbox, ProviderKind
from app.domain.errors import AppError, Cancelled
from app.domain.events import AccountsChanged
from app.outbox.limits import DayUsage
from app.ports import SignInFlow, SignInPrompt
from app.runtime.bus import Bus
from app.runtime.cancel import CancelToken
from app.ui.accounts.host import Overview
from app.ui.bridge import Bridge
from tests.support.mailroom_host import FixedClock
from tests.support.mailroom_values import make_account, make_mailbox, minutes


class ScriptedAccountsHost:
    """Implements `AccountsHost`. A sign-in shows its prompt, then waits for `finish` or the cancel.

    `finish(None)` lets it succeed, `finish(error)` fail.
    """

    def __init__(
        self,
        accounts: list[Account] | None = None,
        *,
        has_browser: bool = True,
        only_sends: frozenset[ProviderKind] = frozenset(),
    ) -> None:
        self._only_sends = only_sends
        self.clock = FixedClock()
        self.bus = Bus()
        self.bridge = Bridge(self.bus)
        self.accounts = list(accounts or [])
        self.mailboxes: list[Mailbox] = [
            make_mailbox(uid=f"box-{one.uid}", account_uid=one.uid, address=one.address,
                         provider=one.provider, is_default=number == 0)
            for number, one in enumerate(self.accounts)
        ]  # fmt: skip
        self.waiting: dict[str, int] = {}
        self.today: dict[str, DayUsage] = {}
        self.opened: list[str] = []
        self.started: list[tuple[str, SignInFlow]] = []
        self.cancelled = 0
        self._has_browser = has_browser
        self._net = ThreadPoolExecutor(4)
        self._finished = threading.Condition()
        self._outcome: list[AppError | None] = []

    def close(self) -> None:
        self.bridge.close()
        self.finish(Cancelled())
        self._net.shutdown()

    def finish(self, outcome: AppError | Cancelled | None) -> None:
        """End the sign-in that waits."""
        with self._finished:
            self._outcome.append(outcome)
            self._finished.notify_all()

    # --- AccountsHost ---

    def open_url(self, url: str) -> bool:
        self.opened.append(url)
        return self._has_browser

    def add(
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]:
        self.started.append((provider.value, flow))
        account = make_account(
            uid=f"new-{provider.value}", provider=provider, address=f"new@{provider.value}.example"
        )
        return self._net.submit(self._sign_in, account, flow, show, cancel)

    def reconnect(
        self,
        account_uid: str,
        *,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Future[Account]:
        self.started.append((account_uid, flow))
        known = next(one for one in self.accounts if one.uid == account_uid)
        account = replace(known, state=AccountState.CONNECTED)
        return self._net.submit(self._sign_in, account, flow, show, cancel)

    def overview(self) -> Future[Overview]:
        return self._net.submit(
            lambda: Overview(
                accounts=tuple(self.accounts),
                mailboxes=tuple(self.mailboxes),
                waiting=dict(self.waiting),
                today=dict(self.today),
                vault_kind="keyring",
                only_sends=self._only_sends,
            )
        )

    def remove(self, account_uid: str) -> Future[None]:
        def remove() -> None:
            self.accounts = [one for one in self.accounts if one.uid != account_uid]
            self.bus.publish(AccountsChanged(account_uid))

        return self._net.submit(remove)

    def make_default(self, mailbox_uid: str) -> Future[None]:
        def choose() -> None:
            self.mailboxes = [
                replace(one, is_default=one.uid == mailbox_uid) for one in self.mailboxes
            ]
            self.bus.publish(AccountsChanged(""))

        return self._net.submit(choose)

    def _sign_in(
        self,
        account: Account,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
    ) -> Account:
        show(make_prompt(account.provider, flow))
        cancel.on_cancel(self._wake)
        with self._finished:
            self._finished.wait_for(lambda: self._outcome or cancel.is_cancelled)
            if cancel.is_cancelled:
                self.cancelled += 1
                raise Cancelled
            outcome = self._outcome.pop(0)
        if outcome is not None:
            raise outcome
        self.accounts = [one for one in self.accounts if one.uid != account.uid] + [account]
        self.bus.publish(AccountsChanged(account.uid))
        return account

    def _wake(self) -> None:
        with self._finished:
            self._finished.notify_all()


def make_prompt(provider: ProviderKind, flow: SignInFlow) -> SignInPrompt:
    if flow is SignInFlow.DEVICE:
        return SignInPrompt(
            provider=provider, flow=flow, url="https://microsoft.com/devicelogin",
            user_code="F7QX-K2MD", expires_at=minutes(14),
        )  # fmt: skip
    return SignInPrompt(
        provider=provider, flow=flow, url=f"https://sign-in.{provider.value}.example/authorize?a=1"
    )
