"""Puts the conversations together from what the caller keeps them in. Names no adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.conversations.background import BackgroundSync
from app.conversations.people import People
from app.conversations.sent import SentNotes
from app.conversations.service import Conversations
from app.conversations.sync import Pace, Synchronizer
from app.domain.events import AccountsChanged
from app.domain.outbound import OutboundState

if TYPE_CHECKING:
    from app.ports import (
        AccountStore,
        Clock,
        ConversationStore,
        OutboxPlans,
        OutboxStore,
        PeopleStore,
        ProviderFactory,
        SyncStore,
    )
    from app.runtime.bus import Bus
    from app.runtime.threads import Executors


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The stores the conversations are kept in, and those they look into."""

    index: ConversationStore
    headers: SyncStore
    people: PeopleStore
    accounts: AccountStore
    records: OutboxStore
    plans: OutboxPlans


def assemble(
    keeping: Keeping,
    *,
    providers: ProviderFactory,
    executors: Executors,
    clock: Clock,
    bus: Bus,
    pace: Pace,
) -> tuple[Conversations, People]:
    """Give the conversations and the people learnt from them; nothing runs yet."""
    people = People(store=keeping.people, accounts=keeping.accounts, clock=clock)
    bus.subscribe(AccountsChanged, lambda event: people.forget_account(event.uid))

    def is_sending(account_uid: str) -> bool:
        now = clock.now()
        return any(
            one.state is OutboundState.SENDING
            or (one.state is OutboundState.QUEUED and one.due_at <= now)
            for one in keeping.plans.list_open()
            if one.account_uid == account_uid
        )

    synchronizer = Synchronizer(
        store=keeping.headers,
        accounts=keeping.accounts,
        providers=providers,
        people=people,
        is_sending=is_sending,
        clock=clock,
        bus=bus,
        pace=pace,
    )
    conversations = Conversations(
        store=keeping.index,
        headers=keeping.headers,
        accounts=keeping.accounts,
        providers=providers,
        synchronizer=synchronizer,
        background=BackgroundSync(
            synchronizer=synchronizer,
            accounts=keeping.accounts,
            people=people,
            run=executors.run_net,
            clock=clock,
            bus=bus,
            pace=pace,
        ),
        notes=SentNotes(
            records=keeping.records,
            accounts=keeping.accounts,
            store=keeping.headers,
            synchronizer=synchronizer,
            people=people,
            bus=bus,
        ),
        run_store=executors.run_store,
        bus=bus,
    )
    return conversations, people
