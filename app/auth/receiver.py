"""A loopback receiver for the redirect that ends a sign-in in the browser (RFC 8252 §7.3).

Listens on 127.0.0.1 at a free port until one request with the right state arrives on the right
path; anything else (favicons, port scans, idle preconnects, earlier attempts) is answered or timed
out on its own thread and changes nothing. Logs no request: they carry codes.
"""

from __future__ import annotations

import hmac
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from app.auth.pages import denied_page, granted_page, unknown_page
from app.domain.errors import Cancelled, SignInExpired, SignInFailed

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from app.runtime.cancel import CancelToken

_CONNECTION_TIMEOUT_S = 10.0
_MAX_FORM_BYTES = 64 * 1024
_POLL_S = 0.05


class Receiver:
    """Waits for the browser; a context manager that frees its port at the end."""

    def __init__(self, *, company: str, path: str = "/") -> None:
        self._company = company
        self._path = path
        self._state = ""
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._answer: dict[str, str] = {}
        try:
            self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        except OSError as error:
            raise SignInFailed(provider=company, detail="no port on this computer") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _POLL_S},
            name="sign-in receiver",
            daemon=True,
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        return int(self._server.server_address[1])

    def expect(self, state: str) -> None:
        """Accept a redirect with this state from now on."""
        with self._lock:
            self._state = state

    def wait(self, *, cancel: CancelToken, timeout_s: float) -> dict[str, str]:
        """Give the parameters of the redirect.

        Raises:
            Cancelled: the person gave up in Postrider.
            SignInExpired: nothing came within `timeout_s` seconds.
        """
        cancel.on_cancel(self._done.set)
        arrived = self._done.wait(timeout_s)
        with self._lock:
            answer = dict(self._answer)
        if answer:
            return answer
        if cancel.is_cancelled or arrived:
            raise Cancelled
        raise SignInExpired(provider=self._company)

    def close(self) -> None:
        """Free the port; connections still open die with their time limit."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def take(self, target: str, form: dict[str, str]) -> bytes | None:
        """Judge one request; give the page for the right one, None for any other."""
        parts = urlsplit(target)
        values = form or _single(parts.query)
        with self._lock:
            is_ours = (
                parts.path == self._path
                and bool(self._state)
                and hmac.compare_digest(values.get("state", "").encode(), self._state.encode())
                and ("code" in values or "error" in values)
            )
            if not is_ours:
                return None
            # A browser may load the page twice; the first answer counts.
            if not self._answer:
                self._answer = values
            answer = self._answer
        self._done.set()
        return denied_page(self._company) if "error" in answer else granted_page(self._company)

    def is_our_host(self, host: str) -> bool:
        """Refuse names that only resolve to this computer (DNS rebinding)."""
        return host in {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}


class _Server(ThreadingHTTPServer):
    # On Windows the option would let another program listen on the same port.
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is of no interest, and its traceback might hold a code."""


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    timeout = _CONNECTION_TIMEOUT_S
    server_version = "Postrider"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        try:
            size = int(self.headers.get("Content-Length", ""))
        except ValueError:
            size = -1
        if kind != "application/x-www-form-urlencoded" or not 0 < size <= _MAX_FORM_BYTES:
            self._send(404, unknown_page())
            return
        self._answer(_single(self.rfile.read(size).decode("ascii", "replace")))

    def _answer(self, form: dict[str, str]) -> None:
        page = None
        if self.receiver.is_our_host(self.headers.get("Host", "")):
            page = self.receiver.take(self.path, form)
        if page is None:
            self._send(404, unknown_page())
        else:
            self._send(200, page)

    def _send(self, status: int, page: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Log nothing: the request line carries the code."""


def _handler_of(owner: Receiver) -> type[_Handler]:
    """Bind a handler class to its receiver; the standard server makes the instances itself."""
    return type("_BoundHandler", (_Handler,), {"receiver": owner})


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, max_num_fields=50).items()}
