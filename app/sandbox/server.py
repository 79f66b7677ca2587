"""Serves a sandbox over HTTP on the loopback address: blocking for the command line, in a thread for tests.

The only module that knows uvicorn, and it loads it only when it serves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from app.sandbox import graph_send, snapshot
from app.sandbox.asgi import TRANSPORT, SandboxApp
from app.sandbox.control import Control
from app.sandbox.seeds import plant
from app.sandbox.world import Sandbox

if TYPE_CHECKING:
    import uvicorn

SAVE_EVERY_S = 0.5
START_TIMEOUT_S = 15.0
BACKLOG = 512


def run_sandbox(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    auto_consent: bool = False,
    state_path: Path | None = None,
    exit_with_stdin: bool = False,
    announce: Callable[[dict[str, Any]], None],
) -> int:
    """Serve until SIGINT or SIGTERM, or until stdin ends.

    The port is bound before `announce` is called with the addresses.

    Returns:
        The exit code (sysexits): 0, 65 if the state file cannot be read, 69 if the port is taken.
    """
    try:
        running = SandboxServer(
            host=host, port=port, auto_consent=auto_consent, state_path=state_path
        )
        running.start()
    except snapshot.SnapshotUnreadable:
        return _complain(65, f"{state_path} is no state of a sandbox. Choose another file.")
    except OSError as error:
        return _complain(69, f"The sandbox cannot listen on {host}:{port}: {error.strerror}.")
    stop = threading.Event()
    previous = {sign: signal.signal(sign, lambda *_: stop.set()) for sign in _signals()}
    try:
        if exit_with_stdin:
            threading.Thread(target=_wait_for_stdin, args=(stop,), daemon=True).start()
        announce(running.description())
        while not stop.wait(1.0) and running.alive:
            continue
    finally:
        running.stop()
        for sign, handler in previous.items():
            signal.signal(sign, handler)
    return 0 if stop.is_set() else 1


def _complain(code: int, sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return code


def _signals() -> tuple[signal.Signals, ...]:
    if threading.current_thread() is not threading.main_thread():
        return ()
    return (signal.SIGINT, signal.SIGTERM)


def _wait_for_stdin(stop: threading.Event) -> None:
    """The desktop program holds the other end: its death closes it."""
    if sys.stdin is None:
        return
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            continue
    stop.set()


class SandboxServer:
    """A running sandbox in a thread of this process; use as a context manager."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        auto_consent: bool = False,
        state_path: Path | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._state_path = state_path
        self.sandbox = Sandbox(seed=plant)
        self.sandbox.timer_handlers.update(graph_send.TIMERS)
        if state_path is not None and state_path.exists():
            self.sandbox.world = snapshot.load(state_path)
        self.control = Control(self.sandbox)
        self.control.settings(**{"auto_consent": auto_consent, "down": False, **(settings or {})})
        self.url = ""
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._saver: _Saver | None = None

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

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
        """Bind, then serve in a thread; returns when requests are answered."""
        sock = bind(self._host, self._port)
        self._port = sock.getsockname()[1]
        self.url = self.sandbox.base_url = f"http://{self._host}:{self._port}"
        server = make_server(self.sandbox)
        self._server = server
        run = threading.Thread(
            target=lambda: server.run(sockets=[sock]), name="sandbox", daemon=True
        )
        self._thread = run
        run.start()
        waiting = threading.Event()
        for _ in range(int(START_TIMEOUT_S / 0.005)):
            if server.started or not run.is_alive():
                break
            waiting.wait(0.005)
        if self._state_path is not None:
            self._saver = _Saver(self.sandbox, self._state_path)

    def stop(self) -> None:
        self.control.release()
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(START_TIMEOUT_S)
        if self._saver is not None:
            self._saver.close()

    def description(self) -> dict[str, Any]:
        """Return what a client must know to use it instead of the real services."""
        base = self.url
        return {
            "url": base,
            "pid": os.getpid(),
            "control": f"{base}/control",
            "google": {
                "auth_url": f"{base}/google/o/oauth2/v2/auth",
                "token_url": f"{base}/google/token",
                "revoke_url": f"{base}/google/revoke",
                "userinfo_url": f"{base}/google/userinfo",
                "api_url": base,
            },
            "microsoft": {
                "authority_url": f"{base}/microsoft",
                "device_login_url": f"{base}/microsoft/devicelogin",
                "graph_url": f"{base}/graph/v1.0",
            },
            "accounts": [
                {"provider": account.provider, "address": account.address, "name": account.name}
                for account in self.sandbox.world.accounts
            ],
        }


class _Saver:
    """Writes the snapshot shortly after a change, and at the end."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        self._sandbox, self._path = sandbox, path
        self._saved = sandbox.changes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-saver", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SAVE_EVERY_S):
            self._save()

    def _save(self) -> None:
        with self._sandbox.lock:
            if self._saved == self._sandbox.changes:
                return
            self._saved = self._sandbox.changes
            plain = snapshot.to_plain(self._sandbox.world)
        snapshot.write(plain, self._path)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._saved = -1
        self._save()


def bind(host: str, port: int) -> socket.socket:
    """Bind and listen, so that the address is good before anybody hears of it."""
    # The protocol must be named: asyncio sets TCP_NODELAY only then (delayed ACKs cost 40 ms).
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def make_server(sandbox: Sandbox) -> uvicorn.Server:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        """Hands the transport to the application, which must be able to cut it."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            # Queries carry codes: uvicorn's access log stays off whatever the logging set-up is.
            self.access_log = False
            app = self.app

            async def with_transport(scope: Any, receive: Any, send: Any) -> None:
                scope[TRANSPORT] = transport
                await app(scope, receive, send)

            self.app = with_transport

    config = uvicorn.Config(
        SandboxApp(sandbox),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        backlog=BACKLOG,
    )
    return uvicorn.Server(config)
