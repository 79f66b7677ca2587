"""Puts the outbox together: the door, the person's hands, the couriers and their dispatcher.

Called by `wiring` when the first of them is needed: no window waits for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.contacts.assembly import filler
from app.domain.account import ProviderKind
from app.domain.events import StoreChanged, SyncProgressed
from app.outbox.courier import Courier
from app.outbox.dispatcher import Dispatcher
from app.outbox.housekeeping import Housekeeper
from app.outbox.kept import Keeping
from app.outbox.ledger import Ledger
from app.outbox.limits import Caps, Limits
from app.outbox.outbox import Outbox
from app.outbox.recovery import Recovery
from app.outbox.submitter import Submitter
from app.outbox.verdicts import Timing
from app.store.lease import FileLease
from app.wiring_contacts import keep_contacts

if TYPE_CHECKING:
    from app.paths import Paths
    from app.ports import ProviderFactory
    from app.settings import Settings
    from app.wiring import Base, Stores

GRACE_OVER_TIMEOUT = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The parts of the outbox; `close` stops the couriers at a safe point."""

    submitter: Submitter
    outbox: Outbox
    limits: Limits
    dispatcher: Dispatcher

    def close(self) -> None:
        """Stop delivering."""
        self.dispatcher.stop()


def put_together(
    paths: Paths, settings: Settings, base: Base, stores: Stores, providers: ProviderFactory
) -> Sending:
    """Put the outbox together: the door, the person's hands, the couriers and their dispatcher."""
    timing, plans, clock = _timing(settings), stores.plans, base.clock
    ledger = Ledger(records=stores.records, clock=clock, bus=base.bus)
    limits = Limits(plans=plans, accounts=stores.accounts, clock=clock, caps=_caps(settings))
    # What a sync brings, and not ConversationsChanged: each mail of ours makes one.
    base.bus.subscribe(
        SyncProgressed, lambda event: limits.read_again(event.account_uid) if event.done else None
    )
    base.bus.subscribe(StoreChanged, lambda _: limits.read_again())
    return Sending(
        submitter=Submitter(
            accounts=stores.accounts,
            records=stores.records,
            plans=plans,
            blobs=stores.blobs,
            clock=clock,
            ids=base.ids,
            bus=base.bus,
            keeping=Keeping.of(settings.later_by, settings.lead_s),
            fields=filler(keep_contacts(stores.database, stores.records)),
        ),
        outbox=Outbox(
            ledger=ledger,
            records=stores.records,
            plans=plans,
            drafts=stores.drafts,
            clock=clock,
            ids=base.ids,
        ),
        limits=limits,
        dispatcher=Dispatcher(
            plans=plans,
            courier=Courier(
                ledger=ledger,
                records=stores.records,
                accounts=stores.accounts,
                providers=providers,
                blobs=stores.blobs,
                clock=clock,
                bus=base.bus,
                timing=timing,
                limits=limits,
            ),
            recovery=Recovery(plans=plans, copies=plans, ledger=ledger, clock=clock, timing=timing),
            lease=FileLease(paths.lease, stores.database),
            clock=clock,
            bus=base.bus,
            housekeeper=Housekeeper(plans=plans, blobs=stores.blobs, clock=clock),
        ),
    )


def _timing(settings: Settings) -> Timing:
    return Timing(
        backoff_s=settings.backoff_s,
        # A request that is still under way must not be asked about: the answer would be "not sent".
        grace_s=max(settings.grace_s, settings.timeout_s * GRACE_OVER_TIMEOUT),
        settle_s=settings.settle_s,
        late_s=settings.late_s,
        lead_s=settings.lead_s,
    )


def _caps(settings: Settings) -> dict[ProviderKind, Caps]:
    return {
        ProviderKind.GMAIL: Caps(
            settings.gmail_per_day, settings.gmail_per_minute, settings.gmail_per_second
        ),
        ProviderKind.MICROSOFT: Caps(
            settings.outlook_per_day, settings.outlook_per_minute, settings.outlook_per_second
        ),
    }
