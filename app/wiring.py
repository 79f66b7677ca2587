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
from app.compose.attach import Attacher
from app.compose.original_files import OriginalFiles
from app.compose.tips import RecipientTips
from app.conversations.assembly import Keeping, assemble
from app.conversations.sync import Pace
from app.domain.events import OutboundChanged, OutboundRested, StoreChanged
from app.preferences import Preferences
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
from app.store.migrate import migrate
from app.store.people import SqlitePeople
from app.store.plans import SqlitePlans
from app.store.record_lists import SqliteLists
from app.store.records import SqliteRecords
from app.store.spool import SqliteSpool
from app.store.sync import SqliteSync
from app.wiring_gateway import LateFetcher, keep_gateway

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from app.auth.vault_open import ChosenVault
    from app.conversations.people import People
    from app.conversations.service import Conversations
    from app.paths import Paths
    from app.ports import Clock, Ids, ProviderFactory, Repaired, SignIn

KEPT = ("blobs", "drafts", "accounts", "records")
SENDING = ("submitter", "limits", "outbox", "dispatcher")
SANDBOX_VAULT = "file-key"


def _part(make: Callable[[], object]) -> Any:
    return Later(make)


def _part_of(whole: Any, name: str) -> Any:
    return Later(lambda: getattr(whole, name))


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
    settings = Settings.load(paths.settings, flags)
    base = Base(clock or SystemClock(), ids or RandomIds(), Bus(), Executors())
    stores = _open_stores(paths)
    sign_in: Any = Later(lambda: _sign_in(paths, settings, base.clock))
    providers: Any = Later(lambda: _providers(settings, sign_in, base.clock))
    sending: Any = Later(lambda: _sending(paths, settings, base, stores, providers))
    book: Any = Later(lambda: _contacts(base, stores))
    _connect(base.bus, sending, book)
    conversations, people = _conversations(settings, base, stores, providers)

    local_api: Any = Later(lambda: _local_api(paths, settings, base, sending))

    def close() -> None:
        local_api.close_if_made()
        conversations.stop_sync()
        sending.close_if_made()
        book.close_if_made()
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
        **{name: getattr(stores, name) for name in KEPT},
        lists=SqliteLists(stores.database),
        book=_accounts(base, stores, sign_in, providers, sending),
        keys=_part(lambda: _keys(base, stores)),
        gateway=_part(lambda: keep_gateway(stores.database)),
        fetcher=LateFetcher(blobs=stores.blobs, allow_loopback=settings.gateway_loopback_files),
        attacher=Attacher(blobs=stores.blobs, ids=base.ids),
        original_files=OriginalFiles(
            accounts=stores.accounts, providers=providers, blobs=stores.blobs
        ),
        conversations=conversations,
        people=people,
        tips=RecipientTips(providers=providers, clock=base.clock),
        **{name: _part_of(book, name) for name in ("contacts", "timelines")},
        **{name: _part_of(sending, name) for name in SENDING},
        preferences=Preferences(path=paths.settings, settings=settings, bus=base.bus),
        local_api=local_api,
        close=close,
    )


def _connect(bus: Bus, sending: Any, book: Any) -> None:
    """Have the parts that wait told of what they wait for."""
    bus.subscribe(OutboundChanged, lambda change: sending.dispatcher.notice(change.uid))
    for kind in (OutboundRested, StoreChanged):
        bus.subscribe(kind, lambda _: book.feed.wake())


@dataclass(frozen=True, slots=True)
class Base:
    """What every part is built on."""

    clock: Clock
    ids: Ids
    bus: Bus
    executors: Executors


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What is kept in the profile."""

    database: Database
    accounts: SqliteAccounts
    drafts: SqliteDrafts
    records: SqliteRecords
    plans: SqlitePlans
    index: SqliteConversations
    blobs: FileBlobs


def _open_stores(paths: Paths) -> Stores:
    paths.ensure()
    database = Database(paths.database)
    migrate(database)
    return Stores(
        database=database,
        accounts=SqliteAccounts(database),
        drafts=SqliteDrafts(database),
        records=SqliteRecords(database),
        plans=SqlitePlans(database),
        index=SqliteConversations(database),
        blobs=FileBlobs(paths.blobs, SqliteSpool(database)),
    )


def _accounts(
    base: Base, stores: Stores, sign_in: SignIn, providers: ProviderFactory, sending: Any
) -> AccountBook:
    return AccountBook(
        accounts=stores.accounts,
        conversations=stores.index,
        sign_in=sign_in,
        providers=providers,
        resume=lambda uid: int(sending.outbox.resume_account(uid)),
        clock=base.clock,
        ids=base.ids,
        bus=base.bus,
    )


def _conversations(
    settings: Settings, base: Base, stores: Stores, providers: ProviderFactory
) -> tuple[Conversations, People]:
    keeping = Keeping(
        index=stores.index,
        headers=SqliteSync(stores.database),
        people=SqlitePeople(stores.database),
        accounts=stores.accounts,
        records=stores.records,
        plans=stores.plans,
    )
    return assemble(
        keeping,
        providers=providers,
        executors=base.executors,
        clock=base.clock,
        bus=base.bus,
        pace=Pace(
            days=settings.sync_days, pause_s=settings.sync_pause_s, every_s=settings.sync_every_s
        ),
    )


def _sending(
    paths: Paths, settings: Settings, base: Base, stores: Stores, providers: ProviderFactory
) -> object:
    from app.wiring_outbox import put_together

    return put_together(paths, settings, base, stores, providers)


def _contacts(base: Base, stores: Stores) -> object:
    from app.contacts.assembly import assemble
    from app.wiring_contacts import keep_contacts

    keeping = keep_contacts(stores.database, stores.records)
    return assemble(keeping, clock=base.clock, ids=base.ids)


def _keys(base: Base, stores: Stores) -> object:
    from app.accounts.keys import ApiKeys
    from app.store.gateway import SqliteKeys

    return ApiKeys(store=SqliteKeys(stores.database), clock=base.clock, ids=base.ids)


def _local_api(paths: Paths, settings: Settings, base: Base, sending: Any) -> object:
    from app.accounts.local_api import LocalApi
    from app.wiring_gateway import gateway_command

    return LocalApi(
        command=lambda port: gateway_command(paths, settings, port),
        wanted=lambda: settings.gateway_port if settings.gateway_enabled else None,
        wake=lambda: sending.dispatcher.wake(),
        clock=base.clock,
        bus=base.bus,
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
