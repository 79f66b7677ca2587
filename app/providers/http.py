"""The one way out: requests of one account, with its token, over httpx. Retries nothing by itself.

Tells "certainly not accepted" from "may have been accepted" for the final request of a send: httpx
raises the same error for a server that died inside the body and one that died after it, so what was
handed over is counted (PROVIDERS, the once-only rules). Logs no URL: upload URLs hold tokens.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.errors import AppError, DeliveryUncertain, ProviderError, Unavailable
from app.providers.body import Body, Flight
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from app.domain.account import ProviderKind
    from app.ports import Clock, TokenSource
    from app.providers.values import Json
    from app.runtime.cancel import CancelToken

log = logging.getLogger("provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Time limits in seconds and the number of connections of one account."""

    connect_s: float = 10.0
    read_s: float = 60.0
    write_s: float = 60.0
    pool_s: float = 30.0
    connections: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `fine` are statuses besides 2xx that the caller understands himself.

    `take` gets the body of a 2xx answer piece by piece; the answer itself has none then.
    """

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    fine: frozenset[int] = frozenset()
    is_final: bool = False
    is_authorized: bool = True
    cancel: CancelToken | None = None
    take: Callable[[bytes], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response, read to its end (or as far as it came)."""

    status: int
    headers: dict[str, str]
    content: bytes = field(repr=False)

    @property
    def is_ok(self) -> bool:
        """Say whether the request was accepted."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str:
        """Give the provider's own id of the request, for its support."""
        return self.headers.get("request-id", "")

    def json(self) -> Json:
        """Give the JSON object; an empty one if it is none."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Judge(Protocol):
    """Turns a refusal into one of our errors; one per provider."""

    def __call__(self, call: Call, answer: Answer, now: datetime) -> AppError: ...


class Http:
    """Requests of one account. Safe from any thread."""

    def __init__(
        self,
        *,
        provider: ProviderKind,
        tokens: TokenSource,
        judge: Judge,
        clock: Clock,
        limits: HttpLimits,
    ) -> None:
        self._provider = provider
        self._tokens = tokens
        self._judge = judge
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def call(self, call: Call) -> Answer:
        """Send one request; with a refused token once more with a new one.

        Raises:
            Unavailable, Throttled, Rejected, NeedsPerson, DraftGone, SignInRequired,
            VaultUnavailable, Cancelled; DeliveryUncertain only for a final call.
        """
        forbid_gui_thread()
        if call.cancel and not call.is_final:
            call.cancel.check()
        token = self._tokens.token(call.cancel) if call.is_authorized else ""
        answer = self._send(call, token)
        if answer.status == 401 and call.is_authorized:
            # A 401 means that nothing was done, so asking again is safe for a final call too.
            answer = self._send(call, self._tokens.refreshed(token, call.cancel))
        if answer.is_ok or answer.status in call.fine:
            return answer
        error = self._judge(call, answer, self._clock.now())
        log.info("%s answered %d: %s", self._provider.value, answer.status, error.code)
        raise error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _send(self, call: Call, token: str) -> Answer:
        import httpx

        flight = Flight(call.body)
        client = self._open()
        try:
            response = client.send(_request(client, call, flight, token), stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as error:
            # RuntimeError: the client was closed under a request (shutdown).
            raise self._broken(call, flight, error) from None
        try:
            content = _read(call, response)
        except httpx.HTTPError as error:
            raise self._broken(call, flight, error) from None
        finally:
            response.close()
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=content,
        )

    def _broken(self, call: Call, flight: Flight, error: Exception) -> ProviderError:
        """Judge a request that got no answer. The library's text is left out: it may hold a URL."""
        detail = _describe(error)
        log.info("%s gave no answer: %s", self._provider.value, type(error).__name__)
        if call.is_final and flight.may_have_arrived:
            return DeliveryUncertain(provider=self._provider.value, detail=detail)
        return Unavailable(provider=self._provider.value, detail=detail)

    def _open(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                _quiet()
                limits = self._limits
                self._client = httpx.Client(
                    http2=False,
                    follow_redirects=False,
                    timeout=httpx.Timeout(
                        connect=limits.connect_s,
                        read=limits.read_s,
                        write=limits.write_s,
                        pool=limits.pool_s,
                    ),
                    limits=httpx.Limits(
                        max_connections=limits.connections,
                        max_keepalive_connections=limits.connections,
                        # Shorter than servers keep theirs: a send on a connection that just
                        # closed would be uncertain for nothing.
                        keepalive_expiry=20.0,
                    ),
                )
            return self._client


def _read(call: Call, response: httpx.Response) -> bytes:
    if call.take is None or not response.is_success:
        return response.read()
    for piece in response.iter_bytes():
        if call.cancel is not None:
            call.cancel.check()
        call.take(piece)
    return b""


def _request(client: httpx.Client, call: Call, flight: Flight, token: str) -> httpx.Request:
    headers: dict[str, str] = dict(call.headers)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if call.body is not None:
        headers.setdefault("Content-Type", call.body.content_type)
        headers["Content-Length"] = str(call.body.size_bytes)
    elif call.method in {"POST", "PUT", "PATCH"}:
        headers["Content-Length"] = "0"
    return client.build_request(
        call.method,
        call.url,
        params=list(call.params) or None,
        headers=headers,
        content=flight if call.body is not None else None,
        extensions={"trace": flight.trace},
    )


def _describe(error: Exception) -> str:
    import httpx

    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return "no connection in time"
        case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
            return "the server's certificate was not accepted"
        case httpx.ProxyError():
            return "the proxy refused"
        case httpx.ConnectError():
            return "no connection"
        case httpx.TimeoutException():
            return "no answer in time"
        case _:
            return "the connection broke"


def _quiet() -> None:
    """Keep URLs and headers out of the log: httpx writes URLs at INFO, httpcore headers at DEBUG."""
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)


def unreadable(provider: ProviderKind, answer: Answer) -> Unavailable:
    """Make the error for an answer without what it must hold; what it made is found by its marker."""
    return Unavailable(
        provider=provider.value,
        status=answer.status,
        detail="the answer could not be read",
        request_id=answer.request_id,
    )


def params(**named: Any) -> tuple[tuple[str, str], ...]:
    """Make query parameters; lists repeat, empty values are left out, `_` becomes `$`."""
    found: list[tuple[str, str]] = []
    for name, value in named.items():
        key = "$" + name[1:] if name.startswith("_") else name
        many = value if isinstance(value, (list, tuple)) else [value]
        found.extend((key, str(one)) for one in many if one not in {"", None})
    return tuple(found)
