"""Who may send, as of one moment, asked for once however many messages need it. Blocking."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from app.domain.account import AccountState

if TYPE_CHECKING:
    from app.domain.account import Mailbox
    from app.outbox.limits import DayUsage
    from app.services import Services


class Roster:
    """The mailboxes, which of them are connected, and how much each sent today."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._usage: dict[str, DayUsage] = {}

    @cached_property
    def mailboxes(self) -> list[Mailbox]:
        """Every mailbox, the default one first."""
        return self._services.book.list_mailboxes()

    @cached_property
    def _connected(self) -> frozenset[str]:
        accounts = self._services.book.list_accounts()
        return frozenset(one.uid for one in accounts if one.state is AccountState.CONNECTED)

    def is_connected(self, mailbox: Mailbox) -> bool:
        """Say whether a mailbox's account is signed in."""
        return mailbox.account_uid in self._connected

    def find(self, uid: str | None) -> Mailbox | None:
        """Give a mailbox by its uid."""
        return next((one for one in self.mailboxes if one.uid == uid), None)

    def usage(self, mailbox: Mailbox) -> DayUsage:
        """Give what a mailbox's account sent in the last 24 hours."""
        found = self._usage.get(mailbox.account_uid)
        if found is None:
            found = self._services.limits.today(mailbox.account_uid, mailbox.provider)
            self._usage[mailbox.account_uid] = found
        return found
