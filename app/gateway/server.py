"""Runs the gateway on 127.0.0.1 in a thread of its own; uvicorn is loaded by starting it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from app.domain.errors import AppError, PortUnusable
from app.gateway.pools import Pools

if TYPE_CHECKING:
    from types import TracebackType

    from app.services import Services

log = logging.getLogger("gateway")
HOST = "127.0.0.1"
BACKLOG = 2048
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 20.0
SWEEP_EVERY_S = 3600.0


class GatewayServer:
    """A running gateway of one profile; use as a context manager."""

    def __init__(self, services: Services, port: int = 0) -> None:
        self._services = services
        self._port = port
        self._ready = threading.Event()
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self.url = ""

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        return self._port

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when requests are answered.

        Raises:
            PortUnusable: another program has the port, or it is none for us.
        """
        listening = _listen(self._port)
        self._port = listening.getsockname()[1]
        self.url = f"http://{HOST}:{self._port}"
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="gateway", daemon=True
        )
        self._thread.start()
        self._ready.wait(START_TIMEOUT_S)
        log.info("the gateway answers on port %d", self._port)

    def stop(self) -> None:
        """End: what is being answered is answered first, for a moment."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
            self._thread = None

    def _run(self, listening: socket.socket) -> None:
        asyncio.run(self._serve(listening))

    async def _sweep(self, pools: Pools) -> None:
        """Forget expired answers now and every hour."""
        never = asyncio.Event()
        while True:
            try:
                await pools.core(self._services.gateway.answers.sweep, self._services.clock.now())
            except AppError as error:
                log.info("expired answers were not swept: %s", error.code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), SWEEP_EVERY_S)

    async def _serve(self, listening: socket.socket) -> None:
        import uvicorn

        from app.gateway.application import make_application
        from app.gateway.connections import Connections, bounded

        pools = Pools()
        guard, watch = make_application(self._services, pools, asyncio.get_running_loop())
        server = uvicorn.Server(
            uvicorn.Config(
                guard,
                http=bounded(_protocol(), Connections(), guard.malformed),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=5,
                backlog=BACKLOG,
            )
        )
        # Signals are the program's own matter: this is a thread of it.
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        self._server = server
        self._ready.set()
        sweeping = asyncio.create_task(self._sweep(pools))
        try:
            await server.serve(sockets=[listening])
        finally:
            sweeping.cancel()
            watch.close()
            pools.close()
            listening.close()


def _protocol() -> type[Any]:
    """Give uvicorn's HTTP by the parser that is there: the compiled one takes half the time."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return H11Protocol
    return HttpToolsProtocol


def _no_signals() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def _why(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "wrong"
    return "forbidden" if isinstance(error, PermissionError) else "taken"


def _listen(port: int) -> socket.socket:
    # With the protocol named asyncio switches Nagle's algorithm off for each connection; without,
    # an answer in two writes waits up to 40 ms for the other side's acknowledgement.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        made.close()
        raise PortUnusable(port=port, reason=_why(error)) from error
    return made
