"""The one way out: requests of one account, with its token, over httpcore. Retries nothing by itself.

Tells "certainly not accepted" from "may have been accepted" for the final request of a send: httpcore
raises the same error for a server that died inside the body and one that died after it, so what was
handed over is counted (PROVIDERS, the once-only rules). Logs no URL: upload URLs hold tokens.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.errors import AppError, DeliveryUncertain, ProviderError, Unavailable
from app.providers.body import Body, Flight
from app.providers.wire import Wire, WireBrokenError, with_params
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

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
        self._wire = Wire(limits)

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
        self._wire.close()

    def _send(self, call: Call, token: str) -> Answer:
        flight = Flight(call.body)
        try:
            status, headers, content = self._wire.exchange(
                call.method,
                with_params(call.url, call.params) if call.params else call.url,
                _headers(call, token),
                flight if call.body is not None else None,
                flight.trace,
                _taker(call),
            )
        except WireBrokenError as error:
            raise self._broken(call, flight, error) from None
        return Answer(status=status, headers=headers, content=content)

    def _broken(self, call: Call, flight: Flight, error: WireBrokenError) -> ProviderError:
        """Judge a request that got no answer."""
        log.info("%s gave no answer: %s", self._provider.value, error.kind)
        if call.is_final and flight.may_have_arrived:
            return DeliveryUncertain(provider=self._provider.value, detail=error.detail)
        return Unavailable(provider=self._provider.value, detail=error.detail)


def _taker(call: Call) -> Callable[[bytes], object] | None:
    """Give who takes the answer, stopped between two pieces when that is asked for."""
    take, cancel = call.take, call.cancel
    if take is None or cancel is None:
        return take

    def checked(piece: bytes) -> None:
        cancel.check()
        take(piece)

    return checked


def _headers(call: Call, token: str) -> list[tuple[str, str]]:
    headers = list(call.headers)
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    if call.body is not None:
        if not any(name == "Content-Type" for name, _ in headers):
            headers.append(("Content-Type", call.body.content_type))
        headers.append(("Content-Length", str(call.body.size_bytes)))
    elif call.method in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", "0"))
    return headers


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
