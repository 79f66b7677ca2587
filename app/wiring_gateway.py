"""Puts the loopback gateway together over the stores; called by `wiring`. Nothing heavy is imported."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.cli.entrances import RunningGateway
    from app.paths import Paths
    from app.ports import BlobStore
    from app.ports.gateway import Fetched, FileFetcher, GatewayData
    from app.services import Services
    from app.settings import Settings
    from app.store.database import Database


def keep_gateway(database: Database) -> GatewayData:
    """Give what the gateway keeps."""
    from app.ports.gateway import GatewayData
    from app.store.gateway import SqliteAnswers, SqliteUses
    from app.store.gateway_lookup import SqliteFiles, SqliteThreads

    return GatewayData(
        answers=SqliteAnswers(database),
        uses=SqliteUses(database),
        files=SqliteFiles(database),
        threads=SqliteThreads(database),
        together=database.together,
    )


def open_gateway(services: Services, port: int) -> RunningGateway:
    """Start the gateway of a profile. Raises PortUnusable."""
    from app.gateway.server import GatewayServer

    server = GatewayServer(services, port)
    server.start()
    return server


def gateway_command(paths: Paths, settings: Settings, port: int) -> list[str]:
    """Give the command that serves a profile beside its window; the environment says the rest."""
    command = [sys.executable, "-m", "app", "gateway", "--json", "--beside-window"]
    command += ["--port", str(port), "--profile", str(paths.profile)]
    return [*command, "--sandbox", settings.sandbox_url] if settings.sandbox_url else command


class LateFetcher:
    """Implements `ports.gateway.FileFetcher`; the HTTP library is loaded by the first file."""

    def __init__(self, *, blobs: BlobStore, allow_loopback: bool) -> None:
        self._blobs = blobs
        self._allow_loopback = allow_loopback
        self._lock = threading.Lock()
        self._made: FileFetcher | None = None

    def fetch(self, url: str, limit_bytes: int) -> Fetched:
        """Get and keep a file. Raises as the port says."""
        from app.providers.fetch import WebFiles

        with self._lock:
            if self._made is None:
                self._made = WebFiles(blobs=self._blobs, allow_loopback=self._allow_loopback)
        return self._made.fetch(url, limit_bytes)
