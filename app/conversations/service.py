"""The conversations of an account: local index first, the provider for the rest. Never on the GUI thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.domain.account import Capability
from app.domain.errors import NotConnected, NotFound
from app.domain.events import ConversationsChanged

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.ports import AccountStore, ConversationStore, ProviderFactory
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

log = logging.getLogger("provider")
PAGE_SIZE = 50


class Conversations:
    """Lists, searches and opens the conversations one may reply into."""

    def __init__(
        self,
        *,
        store: ConversationStore,
        accounts: AccountStore,
        providers: ProviderFactory,
        bus: Bus,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._providers = providers
        self._bus = bus

    def recent(self, account_uid: str, text: str = "", limit: int = 100) -> list[Conversation]:
        """Give what the local index holds, newest first, with every word of `text`."""
        return self._store.search(account_uid, text, limit)

    def refresh(self, account_uid: str, cancel: CancelToken) -> int:
        """Read the newest conversations from the provider; give how many.

        Raises:
            ProviderError, SignInRequired, NotConnected: they could not be read.
            Cancelled: `cancel` was asked to stop.
        """
        account = self._reading_account(account_uid)
        page = self._providers.provider(account).list_conversations(limit=PAGE_SIZE)
        cancel.check()
        return self._keep(account_uid, page.conversations)

    def search(self, account_uid: str, text: str, cancel: CancelToken) -> list[Conversation]:
        """Search at the provider too and give everything found, newest first.

        Raises:
            ProviderError, SignInRequired, NotConnected, Cancelled: as `refresh`.
        """
        account = self._reading_account(account_uid)
        page = self._providers.provider(account).search_conversations(text, limit=PAGE_SIZE)
        cancel.check()
        self._store.save_conversations(page.conversations)
        found = {one.ref: one for one in self._store.search(account_uid, text)}
        # What the provider finds in full texts need not hold the words in what is kept here.
        found.update({one.ref: one for one in page.conversations})
        return sorted(found.values(), key=lambda one: one.last_at, reverse=True)

    def latest(self, ref: ThreadRef) -> OriginalMessage:
        """Give the newest message of a conversation, from the provider if it answers.

        Raises:
            ProviderError, SignInRequired, NotConnected: it was never read and cannot be now.
        """
        account = self._reading_account(ref.account_uid)
        original = self._providers.provider(account).fetch_latest(ref)
        self._store.save_original(original)
        return original

    def kept(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the newest message as it was last read, without asking the provider."""
        return self._store.find_latest(ref)

    def _keep(self, account_uid: str, conversations: tuple[Conversation, ...]) -> int:
        self._store.save_conversations(conversations)
        self._bus.publish(ConversationsChanged(account_uid))
        return len(conversations)

    def _reading_account(self, account_uid: str) -> Account:
        for account in self._accounts.list_accounts():
            if account.uid == account_uid:
                if Capability.READ not in account.capabilities:
                    raise NotConnected(address=account.address)
                return account
        raise NotFound(kind="account", uid=account_uid)
