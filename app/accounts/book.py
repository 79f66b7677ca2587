"""Adds, renews and removes accounts. Runs on a worker: it waits for people and networks."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.account import Account, AccountState, Capability, Mailbox
from app.domain.errors import AppError, NotFound, SignInFailed
from app.domain.events import AccountsChanged
from app.ports import MailboxInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from app.domain.account import ProviderKind
    from app.ports import (
        AccountStore,
        Clock,
        ConversationStore,
        Ids,
        ProviderFactory,
        SignedIn,
        SignIn,
        SignInFlow,
        SignInPrompt,
    )
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

log = logging.getLogger("auth")


class AccountBook:
    """The accounts of a profile and everything that must change together when one does."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        accounts: AccountStore,
        conversations: ConversationStore,
        sign_in: SignIn,
        providers: ProviderFactory,
        resume: Callable[[str], int],
        clock: Clock,
        ids: Ids,
        bus: Bus,
    ) -> None:
        self._accounts = accounts
        self._conversations = conversations
        self._sign_in = sign_in
        self._providers = providers
        self._resume = resume
        self._clock = clock
        self._ids = ids
        self._bus = bus

    def list_accounts(self) -> list[Account]:
        """Give the accounts in the order they were added."""
        return self._accounts.list_accounts()

    def list_mailboxes(self) -> list[Mailbox]:
        """Give every mailbox, the default one first."""
        return self._accounts.list_mailboxes()

    def get(self, account_uid: str) -> Account:
        """Give one account.

        Raises:
            NotFound: there is none with that uid.
        """
        for account in self._accounts.list_accounts():
            if account.uid == account_uid:
                return account
        raise NotFound(kind="account", uid=account_uid)

    def add(
        self,
        *,
        provider: ProviderKind,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
        login_hint: str = "",
        ask_redirect: Callable[[], str] | None = None,
    ) -> Account:
        """Sign in and keep the account; one that is connected already is renewed.

        Raises:
            SignInError, Unavailable, VaultUnavailable, Cancelled: nothing was kept.
        """
        uid = self._ids.new_uid()
        signed_in = self._sign_in.sign_in(
            provider=provider,
            flow=flow,
            account_uid=uid,
            show=show,
            cancel=cancel,
            login_hint=login_hint,
            ask_redirect=ask_redirect,
        )
        account = self._fresh(uid, signed_in)
        earlier = self._same_account(account)
        if earlier is not None:
            self._sign_in.move_tokens(provider, uid, earlier.uid)
            account = replace(account, uid=earlier.uid, added_at=earlier.added_at)
        self._keep(account)
        if earlier is not None:
            self._resume(earlier.uid)
        return account

    def reconnect(
        self,
        account_uid: str,
        *,
        flow: SignInFlow,
        show: Callable[[SignInPrompt], None],
        cancel: CancelToken,
        ask_redirect: Callable[[], str] | None = None,
    ) -> Account:
        """Sign in again; mail that waited for it goes on by itself.

        Raises:
            NotFound: there is no such account.
            SignInFailed: the person signed in as somebody else (`detail` is other_account).
            SignInError, Unavailable, VaultUnavailable, Cancelled: nothing was changed.
        """
        account = self.get(account_uid)
        # Under a uid of its own until it is known who it is: somebody else's tokens must never
        # carry this account's mail.
        trial_uid = self._ids.new_uid()
        signed_in = self._sign_in.sign_in(
            provider=account.provider,
            flow=flow,
            account_uid=trial_uid,
            show=show,
            cancel=cancel,
            login_hint=account.address,
            ask_redirect=ask_redirect,
        )
        renewed = replace(self._fresh(account_uid, signed_in), added_at=account.added_at)
        if renewed.address.casefold() != account.address.casefold():
            self._sign_in.drop_tokens(account.provider, trial_uid)
            raise SignInFailed(provider=account.provider.value, detail="other_account")
        self._sign_in.move_tokens(account.provider, trial_uid, account_uid)
        self._keep(renewed)
        self._resume(account_uid)
        return renewed

    def remove(self, account_uid: str) -> None:
        """Revoke, forget the tokens and what was read from the account; records stay."""
        account = self.get(account_uid)
        try:
            self._sign_in.sign_out(account)
        except AppError as error:
            # Offline or already revoked: the tokens are forgotten here in any case.
            log.info("revoking %s: %s", account_uid, error.code)
        self._providers.forget(account_uid)
        self._accounts.remove(account_uid)
        self._conversations.forget_account(account_uid)
        self._bus.publish(AccountsChanged(account_uid))

    def make_default(self, mailbox_uid: str) -> None:
        """Send new messages from this mailbox unless told otherwise."""
        self._accounts.set_default(mailbox_uid)
        self._bus.publish(AccountsChanged(""))

    def refresh_mailboxes(self, account_uid: str) -> None:
        """Read aliases, names and signatures again.

        Raises:
            ProviderError, SignInRequired: they could not be read.
        """
        self._keep(self.get(account_uid))

    def _fresh(self, uid: str, signed_in: SignedIn) -> Account:
        now = self._clock.now()
        return Account(
            uid=uid,
            provider=signed_in.provider,
            address=signed_in.address,
            display_name=signed_in.display_name,
            state=AccountState.CONNECTED,
            state_since=now,
            capabilities=signed_in.capabilities,
            scopes=signed_in.scopes,
            ends_at=signed_in.ends_at,
            added_at=now,
        )

    def _same_account(self, account: Account) -> Account | None:
        for known in self._accounts.list_accounts():
            same = known.address.casefold() == account.address.casefold()
            if same and known.provider is account.provider and known.uid != account.uid:
                return known
        return None

    def _keep(self, account: Account) -> None:
        """Write the account with its mailboxes; those known keep their uid and default mark."""
        self._providers.forget(account.uid)
        every = self._accounts.list_mailboxes()
        known = {box.address.casefold(): box for box in every if box.account_uid == account.uid}
        mailboxes = [
            self._mailbox(account, info, known.get(info.address.casefold()))
            for info in self._fetch_mailboxes(account, known.values())
        ]
        if not any(box.is_default for box in every if box.account_uid != account.uid):
            chosen = next((box for box in mailboxes if box.is_default), mailboxes[0])
            mailboxes = [replace(box, is_default=box is chosen) for box in mailboxes]
        self._accounts.save(account, mailboxes)
        self._bus.publish(AccountsChanged(account.uid))

    def _mailbox(self, account: Account, info: MailboxInfo, known: Mailbox | None) -> Mailbox:
        return Mailbox(
            uid=known.uid if known else self._ids.new_uid(),
            account_uid=account.uid,
            provider=account.provider,
            address=info.address,
            display_name=info.display_name or account.display_name,
            is_default=known.is_default if known else False,
            reply_to=info.reply_to,
            signature_html=info.signature_html,
        )

    def _fetch_mailboxes(self, account: Account, known: Collection[Mailbox]) -> list[MailboxInfo]:
        """Ask for the aliases; without the right or the network there are those known before.

        Drafts and scheduled mail name them: what cannot be read now is not gone.
        """
        own = MailboxInfo(
            address=account.address, display_name=account.display_name, is_default=True
        )
        before = [_as_told(box) for box in known] or [own]
        if Capability.READ not in account.capabilities:
            return before
        try:
            found = self._providers.provider(account).fetch_mailboxes()
        except AppError as error:
            log.warning("the mailboxes of %s could not be read: %s", account.uid, error.code)
            return before
        return sorted(found, key=lambda info: not info.is_default) or [own]


def _as_told(box: Mailbox) -> MailboxInfo:
    return MailboxInfo(
        address=box.address,
        display_name=box.display_name,
        is_default=box.is_default,
        reply_to=box.reply_to,
        signature_html=box.signature_html,
    )
