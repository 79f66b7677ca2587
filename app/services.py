"""The ready-made core: every object a window, a command or the gateway may call. No logic here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.accounts.book import AccountBook
    from app.accounts.keys import ApiKeys
    from app.accounts.local_api import LocalApi
    from app.compose.attach import Attacher
    from app.compose.original_files import OriginalFiles
    from app.compose.tips import RecipientTips
    from app.contacts.directory import Contacts
    from app.contacts.timelines import Timelines
    from app.conversations.people import People
    from app.conversations.service import Conversations
    from app.outbox.dispatcher import Dispatcher
    from app.outbox.limits import Limits
    from app.outbox.outbox import Outbox
    from app.outbox.submitter import Submitter
    from app.paths import Paths
    from app.ports import AccountStore, BlobStore, Clock, DraftStore, Ids, OutboxLists, OutboxStore
    from app.ports.gateway import FileFetcher, GatewayData
    from app.preferences import Preferences
    from app.runtime.bus import Bus
    from app.runtime.threads import Executors
    from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One profile, opened. `close` ends the couriers and the executors and releases the lease."""

    settings: Settings
    paths: Paths
    clock: Clock
    ids: Ids
    bus: Bus
    executors: Executors
    blobs: BlobStore
    drafts: DraftStore
    accounts: AccountStore
    records: OutboxStore
    lists: OutboxLists
    book: AccountBook
    keys: ApiKeys
    gateway: GatewayData
    fetcher: FileFetcher
    attacher: Attacher
    original_files: OriginalFiles
    conversations: Conversations
    contacts: Contacts
    timelines: Timelines
    people: People
    tips: RecipientTips
    submitter: Submitter
    limits: Limits
    outbox: Outbox
    dispatcher: Dispatcher
    preferences: Preferences
    local_api: LocalApi
    close: Callable[[], None]
