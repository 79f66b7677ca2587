"""Signing in, out and in again, and the tokens of each account. Blocking: never on the GUI thread.

Implements `ports.SignIn`. What is sealed in the vault is the truth: another process may have
refreshed or removed it meanwhile.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.auth.google import BrowserSignIn, GoogleSignIn
from app.auth.microsoft import MicrosoftSignIn
from app.auth.records import GoogleTokens
from app.auth.sealer import HandleSealer
from app.auth.tokens import GoogleSource, MicrosoftSource, vault_name
from app.auth.vault import is_hopeless
from app.domain.account import ProviderKind
from app.domain.errors import SignInFailed, Unavailable, VaultUnavailable
from app.ports import SignedIn, SignInFlow
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.records import MicrosoftTokens
    from app.domain.account import Account
    from app.ports import Clock, Sealer, SignInPrompt, TokenSource, Vault
    from app.runtime.cancel import CancelToken
    from app.settings import Endpoints

log = logging.getLogger("auth")


class SignInService:
    """Both providers' sign-ins over one vault."""

    def __init__(
        self, *, endpoints: Endpoints, vault: Vault, clock: Clock, page_timeout_s: float = 900.0
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._page_timeout_s = page_timeout_s
        self._google = GoogleSignIn(endpoints=endpoints, clock=clock)
        self._microsoft = MicrosoftSignIn(endpoints=endpoints, clock=clock)
        self._sealer = HandleSealer(vault)
        self._lock = threading.Lock()
        self._sources: dict[str, GoogleSource | MicrosoftSource] = {}

    def sign_in(  # noqa: PLR0913  one sign-in in one call, as the port says
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

        Raises:
            SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable,
            VaultUnavailable, Cancelled.
        """
        forbid_gui_thread()
        cancel.check()
        self._check_vault(vault_name(provider, account_uid))
        attempt = BrowserSignIn(
            show=show,
            cancel=cancel,
            login_hint=login_hint,
            ask_redirect=ask_redirect if flow is SignInFlow.PASTE else None,
            timeout_s=self._page_timeout_s,
        )
        signed_in, tokens = self._run(provider, flow, attempt)
        self._vault.save(vault_name(provider, account_uid), tokens.to_bytes())
        log.info("signed in at %s, account %s", provider.value, account_uid)
        return signed_in

    def move_tokens(self, provider: ProviderKind, from_uid: str, to_uid: str) -> None:
        """Keep the tokens sealed under `from_uid` under `to_uid` instead (the account was known).

        Raises:
            VaultUnavailable: they could not be read or sealed.
        """
        forbid_gui_thread()
        tokens = self._vault.load(vault_name(provider, from_uid))
        if tokens is not None:
            self._vault.save(vault_name(provider, to_uid), tokens)
            self._vault.forget(vault_name(provider, from_uid))
        with self._lock:
            self._sources.pop(to_uid, None)

    def drop_tokens(self, provider: ProviderKind, account_uid: str) -> None:
        """Forget tokens without revoking: at Google that would end the person's other grants too.

        Raises:
            VaultUnavailable: they could not be removed.
        """
        forbid_gui_thread()
        self._vault.forget(vault_name(provider, account_uid))

    def tokens(self, account: Account) -> TokenSource:
        """Give the account's token source; always the same one, so that refreshes are shared."""
        with self._lock:
            source = self._sources.get(account.uid)
            if source is None:
                source = self._make_source(account)
                self._sources[account.uid] = source
            return source

    def sealer(self) -> Sealer:
        """Give what seals handles under a key of this vault."""
        return self._sealer

    def sign_out(self, account: Account) -> None:
        """Revoke where the provider can, and forget the tokens in any case.

        Raises:
            VaultUnavailable: the tokens could not be removed.
        """
        forbid_gui_thread()
        name = vault_name(account.provider, account.uid)
        try:
            if account.provider is ProviderKind.GMAIL:
                self._revoke(name)
            # Microsoft has no endpoint that revokes one program's grant (docs: revoke-access).
            self._vault.forget(name)
        except VaultUnavailable as error:
            if not is_hopeless(error):
                raise
            log.info("the vault cannot be opened, so there is nothing to forget in it")
        with self._lock:
            self._sources.pop(account.uid, None)

    def _check_vault(self, name: str) -> None:
        """Refuse before the person types a password if the tokens could not be kept."""
        try:
            self._vault.load(name)
        except VaultUnavailable as error:
            # Signing in is the way out of these: the vault is begun anew, the old file kept.
            if not is_hopeless(error):
                raise

    def _run(
        self, provider: ProviderKind, flow: SignInFlow, attempt: BrowserSignIn
    ) -> tuple[SignedIn, GoogleTokens | MicrosoftTokens]:
        match (provider, flow):
            case (ProviderKind.GMAIL, SignInFlow.LOOPBACK):
                return self._google.sign_in(attempt)
            case (ProviderKind.GMAIL, SignInFlow.PASTE) if attempt.ask_redirect:
                return self._google.sign_in(attempt)
            case (ProviderKind.MICROSOFT, SignInFlow.LOOPBACK):
                self._microsoft.try_again()
                return self._microsoft.sign_in(attempt)
            case (ProviderKind.MICROSOFT, SignInFlow.DEVICE):
                self._microsoft.try_again()
                return self._microsoft.sign_in_by_code(attempt)
        raise SignInFailed(
            provider=provider.value, detail=f"{provider.company} has no sign-in by {flow.value}"
        )

    def _make_source(self, account: Account) -> GoogleSource | MicrosoftSource:
        if account.provider is ProviderKind.GMAIL:
            return GoogleSource(
                account=account, vault=self._vault, clock=self._clock, google=self._google
            )
        return MicrosoftSource(
            account=account, vault=self._vault, clock=self._clock, microsoft=self._microsoft
        )

    def _revoke(self, name: str) -> None:
        raw = self._vault.load(name)
        tokens = GoogleTokens.from_bytes(raw) if raw else None
        if tokens is None:
            return
        try:
            self._google.revoke(tokens)
        except Unavailable:
            log.info("the grant could not be revoked at Google; its tokens are forgotten here")
