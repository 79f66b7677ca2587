"""The conversations of an account: local index first, the provider for the rest. Never on the GUI thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.domain.account import Capability
from app.domain.errors import NotConnected, NotFound, Throttled, Unavailable
from app.domain.events import ConversationsChanged, OutboundRested

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.conversations.background import BackgroundSync
    from app.conversations.sent import SentNotes
    from app.conversations.sync import Synchronizer
    from app.domain.account import Account
    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.ports import AccountStore, ConversationStore, ProviderFactory, SyncStore
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

log = logging.getLogger("provider")
PAGE_SIZE = 50


class Conversations:
    """Lists, searches and opens the conversations one may reply into, and keeps them up to date."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        store: ConversationStore,
        headers: SyncStore,
        accounts: AccountStore,
        providers: ProviderFactory,
        synchronizer: Synchronizer,
        background: BackgroundSync,
        notes: SentNotes,
        run_store: Callable[[Callable[[str], None], str], object],
        bus: Bus,
    ) -> None:
        self._store = store
        self._headers = headers
        self._accounts = accounts
        self._providers = providers
        self._synchronizer = synchronizer
        self._background = background
        self._bus = bus
        # What was sent stands in the index at once, whether or not anything is synchronised here.
        self._notes, self._run_store = notes, run_store
        bus.subscribe(OutboundRested, self._on_outbound)

    def _on_outbound(self, event: OutboundRested) -> None:
        try:
            self._run_store(self._notes.note, event.uid)
        except RuntimeError:
            # The executor is closing: the next sync brings what was sent.
            log.debug("%s is not noted: the program ends", event.uid)

    def start_sync(self) -> None:
        """Keep every connected account's index up to date in the background, until stopped."""
        self._background.start()

    def stop_sync(self) -> None:
        """End that; what was read is kept, and the next start goes on there."""
        self._background.stop()

    def recent(self, account_uid: str, text: str = "", limit: int = 100) -> list[Conversation]:
        """Give what the local index holds, newest first, with words that begin as those of `text`."""
        return self._store.search(account_uid, text, limit)

    def refresh(self, account_uid: str, cancel: CancelToken) -> int:
        """Read what is new; of an account that was never read, its newest conversations. Give how many.

        Raises:
            ProviderError, SignInRequired, NotConnected: they could not be read.
            Cancelled: `cancel` was asked to stop.
        """
        account = self._reading_account(account_uid)
        if self._synchronizer.is_synced(account_uid):
            self._synchronizer.run(account, cancel)
            return 0
        page = self._providers.provider(account).list_conversations(limit=PAGE_SIZE)
        cancel.check()
        self._store.save_conversations(page.conversations)
        self._bus.publish(ConversationsChanged(account_uid))
        return len(page.conversations)

    def sync(self, account_uid: str, cancel: CancelToken) -> None:
        """Bring one account's index up to date, however long it takes.

        Raises:
            ProviderError, SignInRequired, NotConnected, Cancelled: what was read before is kept.
        """
        account = self._reading_account(account_uid)
        while not self._synchronizer.run(account, cancel):
            cancel.check()

    def search(self, account_uid: str, text: str, cancel: CancelToken) -> list[Conversation]:
        """Search at the provider too and give everything found, newest first.

        Raises:
            ProviderError, SignInRequired, NotConnected, Cancelled: as `refresh`.
        """
        account = self._reading_account(account_uid)
        page = self._providers.provider(account).search_conversations(text, limit=PAGE_SIZE)
        cancel.check()
        self._store.save_conversations(page.conversations)
        found = {one.ref: one for one in page.conversations}
        # What the provider finds in full texts need not hold the words in what is kept here; what
        # is kept here may know more messages of it.
        found.update({one.ref: one for one in self._store.search(account_uid, text)})
        return sorted(found.values(), key=lambda one: one.last_at, reverse=True)

    def latest(self, ref: ThreadRef) -> OriginalMessage:
        """Give the newest message of a conversation, as the provider says if it answers.

        A message that is kept here is not fetched once more.

        Raises:
            NotFound: the conversation is no more.
            ProviderError, SignInRequired, NotConnected: it was never read and cannot be now.
        """
        account = self._reading_account(ref.account_uid)
        known = self._store.find_latest(ref)
        try:
            original = self._providers.provider(account).fetch_latest(ref, known)
        except NotFound:
            self._headers.drop_thread(ref)
            self._bus.publish(ConversationsChanged(ref.account_uid))
            raise
        except (Unavailable, Throttled):
            kept = self._kept_newest(ref)
            if kept is None:
                raise
            return kept
        if original is not known:
            self._store.save_original(original)
        return original

    def kept(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the newest message as it was last read, without asking the provider."""
        return self._store.find_latest(ref)

    def _kept_newest(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the kept message unless the index knows of a newer one: that would be answered wrongly."""
        kept = self._store.find_latest(ref)
        newest = self._store.newest_message_id(ref)
        return kept if kept and newest in {"", kept.provider_message_id} else None

    def _reading_account(self, account_uid: str) -> Account:
        for account in self._accounts.list_accounts():
            if account.uid == account_uid:
                if Capability.READ not in account.capabilities:
                    raise NotConnected(address=account.address, detail="read")
                return account
        raise NotFound(kind="account", uid=account_uid)
