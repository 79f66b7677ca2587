"""Puts a profile together: the only module that names adapters. Nothing heavy is imported here.

open_services() is what the window, the commands and the gateway start with. What signs in or talks
to providers is made on first use, on the worker that needs it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.accounts.book import AccountBook
from app.accounts.keys import ApiKeys
from app.compose.attach import Attacher
from app.contacts.assembly import assemble as assemble_contacts
from app.contacts.assembly import filler
from app.conversations.assembly import Keeping, assemble
from app.conversations.sync import Pace
from app.domain.account import ProviderKind
from app.domain.events import OutboundChanged
from app.outbox.courier import Courier
from app.outbox.dispatcher import Dispatcher
from app.outbox.housekeeping import Housekeeper
from app.outbox.ledger import Ledger
from app.outbox.limits import Caps, Limits
from app.outbox.outbox import Outbox
from app.outbox.recovery import Recovery
from app.outbox.submitter import Submitter
from app.outbox.verdicts import Timing
from app.runtime.bus import Bus
from app.runtime.clock import RandomIds, SystemClock
from app.runtime.later import Later
from app.runtime.logs import set_up_logs
from app.runtime.threads import Executors
from app.services import Services
from app.settings import Settings
from app.store.accounts import SqliteAccounts
from app.store.blobs import FileBlobs
from app.store.conversations import SqliteConversations
from app.store.database import Database
from app.store.drafts import SqliteDrafts
from app.store.gateway import SqliteKeys
from app.store.lease import FileLease
from app.store.migrate import migrate
from app.store.people import SqlitePeople
from app.store.plans import SqlitePlans
from app.store.records import SqliteRecords
from app.store.sync import SqliteSync
from app.wiring_contacts import keep_contacts
from app.wiring_gateway import LateFetcher, keep_gateway

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from app.auth.vault_open import ChosenVault
    from app.paths import Paths
    from app.ports import Clock, Ids, ProviderFactory, Repaired, SignIn

SANDBOX_VAULT = "file-key"
GRACE_OVER_TIMEOUT = 1.1


def open_services(
    paths: Paths,
    flags: Mapping[str, object] | None = None,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Services:
    """Open a profile. Call it on a worker or before the GUI thread is marked.

    Raises:
        SettingError: settings.toml cannot be read.
        SchemaTooNew, StoreDamaged, StoreBusy, StoreFull, StoreError: the store cannot be used.
    """
    paths.ensure()
    settings = Settings.load(paths.settings, flags)
    base = _Base(clock or SystemClock(), ids or RandomIds(), Bus(), Executors())
    stores = _open_stores(paths)
    sign_in: Any = Later(lambda: _sign_in(paths, settings, base.clock))
    providers: Any = Later(lambda: _providers(settings, sign_in, base.clock))
    sending = _sending(paths, settings, base, stores, providers)
    base.bus.subscribe(OutboundChanged, lambda change: sending.dispatcher.notice(change.uid))
    book = assemble_contacts(
        keep_contacts(stores.database, stores.records),
        clock=base.clock,
        ids=base.ids,
        bus=base.bus,
    )
    conversations, people = assemble(
        _keeping(stores),
        providers=providers,
        executors=base.executors,
        clock=base.clock,
        bus=base.bus,
        pace=_pace(settings),
    )

    def close() -> None:
        conversations.stop_sync()
        sending.dispatcher.stop()
        book.feed.close()
        base.executors.close()
        providers.close_if_made()
        stores.database.close()

    return Services(
        settings=settings,
        paths=paths,
        clock=base.clock,
        ids=base.ids,
        bus=base.bus,
        executors=base.executors,
        blobs=stores.blobs,
        drafts=stores.drafts,
        accounts=stores.accounts,
        records=stores.records,
        book=AccountBook(
            accounts=stores.accounts,
            conversations=stores.index,
            sign_in=sign_in,
            providers=providers,
            resume=sending.outbox.resume_account,
            clock=base.clock,
            ids=base.ids,
            bus=base.bus,
        ),
        keys=ApiKeys(store=SqliteKeys(stores.database), clock=base.clock, ids=base.ids),
        gateway=keep_gateway(stores.database),
        fetcher=LateFetcher(blobs=stores.blobs, allow_loopback=settings.gateway_loopback_files),
        attacher=Attacher(blobs=stores.blobs, ids=base.ids),
        conversations=conversations,
        people=people,
        contacts=book.contacts,
        timelines=book.timelines,
        submitter=sending.submitter,
        limits=sending.limits,
        outbox=sending.outbox,
        dispatcher=sending.dispatcher,
        close=close,
    )


@dataclass(frozen=True, slots=True)
class _Base:
    clock: Clock
    ids: Ids
    bus: Bus
    executors: Executors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stores:
    database: Database
    accounts: SqliteAccounts
    drafts: SqliteDrafts
    records: SqliteRecords
    plans: SqlitePlans
    index: SqliteConversations
    blobs: FileBlobs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    submitter: Submitter
    outbox: Outbox
    limits: Limits
    dispatcher: Dispatcher


def _open_stores(paths: Paths) -> _Stores:
    database = Database(paths.database)
    migrate(database)
    return _Stores(
        database=database,
        accounts=SqliteAccounts(database),
        drafts=SqliteDrafts(database),
        records=SqliteRecords(database),
        plans=SqlitePlans(database),
        index=SqliteConversations(database),
        blobs=FileBlobs(paths.blobs),
    )


def _keeping(stores: _Stores) -> Keeping:
    return Keeping(
        index=stores.index,
        headers=SqliteSync(stores.database),
        people=SqlitePeople(stores.database),
        accounts=stores.accounts,
        records=stores.records,
        plans=stores.plans,
    )


def _pace(settings: Settings) -> Pace:
    return Pace(
        days=settings.sync_days, pause_s=settings.sync_pause_s, every_s=settings.sync_every_s
    )


def _sending(
    paths: Paths, settings: Settings, base: _Base, stores: _Stores, providers: ProviderFactory
) -> _Sending:
    """Put the outbox together: the door, the person's hands, the couriers and their dispatcher."""
    timing, plans, clock = _timing(settings), stores.plans, base.clock
    ledger = Ledger(records=stores.records, clock=clock, bus=base.bus)
    limits = Limits(plans=plans, clock=clock, caps=_caps(settings))
    return _Sending(
        submitter=Submitter(
            accounts=stores.accounts,
            records=stores.records,
            plans=plans,
            blobs=stores.blobs,
            clock=clock,
            ids=base.ids,
            bus=base.bus,
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
                accounts=stores.accounts,
                providers=providers,
                blobs=stores.blobs,
                clock=clock,
                bus=base.bus,
                timing=timing,
                limits=limits,
            ),
            recovery=Recovery(plans=plans, ledger=ledger, clock=clock, timing=timing),
            lease=FileLease(paths.lease, stores.database),
            clock=clock,
            bus=base.bus,
            housekeeper=Housekeeper(plans=plans, blobs=stores.blobs, clock=clock),
        ),
    )


def open_logged(paths: Paths, flags: Mapping[str, object]) -> Services:
    """Open a profile as a program does: with its log. Raises as `open_services`."""
    paths.ensure()
    set_up_logs(paths.log_dir)
    return open_services(paths, flags)


def _sign_in(paths: Paths, settings: Settings, clock: Clock) -> object:
    from app.auth.service import SignInService

    vault = _vault(paths, settings)
    return SignInService(endpoints=settings.endpoints, vault=vault, clock=clock)


def _vault(paths: Paths, settings: Settings) -> ChosenVault:
    from app.auth.vault_open import ChosenVault, VaultMode

    mode = settings.vault_mode
    if mode == VaultMode.AUTO and settings.sandbox_url:
        # A sandbox's tokens open nothing; the person's keyring is not asked to hold them.
        mode = SANDBOX_VAULT
    return ChosenVault(
        directory=paths.profile,
        profile_id=hashlib.sha256(str(paths.profile).encode()).hexdigest()[:12],
        mode=VaultMode(mode),
        endpoints=settings.endpoints,
    )


def _providers(settings: Settings, sign_in: SignIn, clock: Clock) -> object:
    from app.providers.factory import Providers
    from app.providers.http import HttpLimits

    return Providers(
        endpoints=settings.endpoints,
        sign_in=sign_in,
        clock=clock,
        limits=HttpLimits(read_s=settings.timeout_s, write_s=settings.timeout_s),
    )


def _timing(settings: Settings) -> Timing:
    return Timing(
        backoff_s=settings.backoff_s,
        # A request that is still under way must not be asked about: the answer would be "not sent".
        grace_s=max(settings.grace_s, settings.timeout_s * GRACE_OVER_TIMEOUT),
        settle_s=settings.settle_s,
        late_s=settings.late_s,
    )


def _caps(settings: Settings) -> dict[ProviderKind, Caps]:
    return {
        ProviderKind.GMAIL: Caps(settings.gmail_per_day, settings.gmail_per_minute),
        ProviderKind.MICROSOFT: Caps(settings.outlook_per_day, settings.outlook_per_minute),
    }


def check_vault(services: Services) -> str:
    """Read the vault once; say where its key is. Raises VaultUnavailable."""
    vault = _vault(services.paths, services.settings)
    vault.load("doctor")
    return f"tokens are sealed with a key from: {vault.describe()}"


def repair(paths: Paths) -> Repaired:
    """Repair a profile that is not open. Raises StoreError, ProfileInUse."""
    from app.store.repair import repair_profile

    paths.ensure()
    return repair_profile(paths.database, paths.lease, FileBlobs(paths.blobs))


def run_sandbox_command(arguments: argparse.Namespace) -> int:
    """Run the sandbox until it is told to stop; give the exit code."""
    from app.sandbox.server import run_sandbox

    def announce(value: dict[str, Any]) -> None:
        as_json = getattr(arguments, "json", False)
        line = json.dumps(value) if as_json else f"The sandbox answers at {value['url']}"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return run_sandbox(
        port=arguments.port,
        auto_consent=arguments.auto_consent,
        state_path=Path(arguments.state) if arguments.state else None,
        exit_with_stdin=arguments.exit_with_stdin,
        announce=announce,
    )
