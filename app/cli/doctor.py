"""`postrider doctor`: what this computer, this profile and its settings are like."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from app.cli.exits import DONE, UNAVAILABLE
from app.domain.errors import AppError
from app.domain.texts import error_sentence
from app.ports import OutboxView

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.services import Services

LOW_DISK_BYTES = 200_000_000
LIBRARIES = ("PySide6-Essentials", "httpx", "keyring", "msal", "google-auth-oauthlib")


def run(_: argparse.Namespace, services: Services, output: Output, entrances: Entrances) -> int:
    """Run every check; 0 if all are well."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("system", _system),
        ("profile", lambda: str(services.paths.profile)),
        ("disk", lambda: _disk(services)),
        ("database", lambda: _database(services)),
        ("vault", lambda: entrances.check_vault(services)),
        ("accounts", lambda: _accounts(services)),
    ]
    is_well = True
    for name, check in checks:
        try:
            finding, ok = check(), True
        except AppError as error:
            finding, ok, is_well = error_sentence(error), False, False
        output.row(
            {"check": name, "ok": ok, "finding": finding},
            f"{'ok' if ok else 'NO':3} {name:10} {finding}",
        )
    for one in services.settings.origins():
        output.row(
            {"setting": one.name, "value": one.value, "origin": one.origin},
            f"    {one.name:26} {one.value!s:40} {one.origin}",
        )
    return DONE if is_well else UNAVAILABLE


def _system() -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    return f"{platform.platform()}, Python {sys.version.split()[0]}, {versions}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _disk(services: Services) -> str:
    from app.domain.errors import StoreFull

    free = shutil.disk_usage(services.paths.profile).free
    if free < LOW_DISK_BYTES:
        raise StoreFull(path=str(services.paths.profile), detail=f"{free} bytes free")
    return f"{free / 1e9:.1f} GB free"


def _database(services: Services) -> str:
    waiting = services.records.list_records(OutboxView.OUTBOX)
    return f"readable, {len(waiting)} in the outbox"


def _accounts(services: Services) -> str:
    accounts = services.book.list_accounts()
    listed = ", ".join(f"{one.address} ({one.provider.label}, {one.state})" for one in accounts)
    return listed or "none yet; `postrider accounts add --provider gmail` connects one"
