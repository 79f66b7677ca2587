"""What is known of recipients before a message is sent, kept for some minutes. Waits for the network.

It only informs: what cannot be asked is not known, and nobody is told that it could not be asked.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.domain.account import AccountState, Capability, ProviderKind
from app.domain.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.account import Account
    from app.domain.mail_tips import MailTip
    from app.ports import Clock, ProviderFactory
    from app.runtime.cancel import CancelToken

log = logging.getLogger("provider")
KEPT_S = 300.0
# After a refusal, or without a connection, an account is left alone for a while.
REST_S = 60.0
MOST_KEPT = 2_000


class RecipientTips:
    """Asks each account's provider once about each recipient. Safe from any worker."""

    def __init__(self, *, providers: ProviderFactory, clock: Clock) -> None:
        self._providers = providers
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[float, MailTip | None]] = {}
        self._rests: dict[str, float] = {}

    def look(
        self, account: Account, addresses: Iterable[str], cancel: CancelToken
    ) -> dict[str, MailTip]:
        """Give what is known of recipients, by address (casefolded), and ask for the rest.

        Raises:
            Cancelled: it is not wanted any more.
        """
        wanted = list(dict.fromkeys(address.casefold() for address in addresses))
        unknown = self._unknown(account.uid, wanted)
        if unknown and self._may_ask(account):
            self._ask(account, unknown, cancel)
        with self._lock:
            rows = ((one, self._known.get((account.uid, one))) for one in wanted)
            return {one: row[1] for one, row in rows if row is not None and row[1] is not None}

    def _unknown(self, account_uid: str, wanted: list[str]) -> list[str]:
        oldest = self._clock.monotonic() - KEPT_S
        with self._lock:
            known = self._known
            return [one for one in wanted if known.get((account_uid, one), (oldest,))[0] <= oldest]

    def _may_ask(self, account: Account) -> bool:
        # Mail.Read is enough to ask Exchange; Gmail's API tells nothing of recipients.
        is_told = account.provider is ProviderKind.MICROSOFT
        if not is_told or Capability.READ not in account.capabilities:
            return False
        if account.state is AccountState.SIGNED_OUT:
            return False
        with self._lock:
            return self._rests.get(account.uid, 0.0) <= self._clock.monotonic()

    def _ask(self, account: Account, unknown: list[str], cancel: CancelToken) -> None:
        now_s = self._clock.monotonic()
        try:
            found = self._providers.provider(account).fetch_tips(unknown, cancel)
        except AppError as error:
            log.info("the recipients' tips were not told: %s", error.code)
            with self._lock:
                self._rests[account.uid] = now_s + (error.retry_after_s or REST_S)
            return
        with self._lock:
            if len(self._known) + len(unknown) > MOST_KEPT:
                self._known.clear()
            for one in unknown:
                self._known[account.uid, one] = (now_s, found.get(one))
