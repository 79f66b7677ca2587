"""The outermost layer: who may come in, what every answer carries, and how errors look. Pure ASGI.

Before anything of a body is read: the Host must be loopback (a page that had its name rebound to
127.0.0.1 sends its own), a browser's Origin must be allowed in the settings, the key must be good,
the call within its rate, the type JSON and the announced size within bounds.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError, KeyInvalid
from app.domain.permission import Permission
from app.gateway.act import Caller
from app.gateway.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from app.accounts.keys import ApiKeys
    from app.gateway.rates import RateGate
    from app.ports import Ids

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("gateway")
CALLER = "postrider.caller"
REQUEST_ID = "postrider.request_id"
# Answers given while the body is still on its way.
CUT = frozenset({408, 413})
MAX_BODY_BYTES = 50_000_000
OPEN_PATHS = frozenset({"/healthz", "/openapi.json"})
UPLOAD_PATH = "/api/files"
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,3}(?:\.\d{1,3})?)\"?(?:$|[,;\s])")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})
# Wrong keys are answered later and later, so that guessing is slow; right ones are not affected.
FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 2.0
FORGIVEN_AFTER_S = 60.0
MAX_DELAYED = 200


@dataclass(slots=True)
class _Answering:
    """What is known of one request while it is answered."""

    request_id: str
    caller: str = ""
    origin: str = ""
    has_begun: bool = False
    is_cut: bool = False


class Guard:
    """Wraps the application."""

    def __init__(
        self,
        app: App,
        *,
        keys: ApiKeys,
        gate: RateGate,
        ids: Ids,
        origins: frozenset[str],
        wait_s: float,
    ) -> None:
        self._app = app
        self._keys = keys
        self._gate = gate
        self._ids = ids
        self._origins = origins
        self._wait_s = wait_s
        self._delays = _Delays()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["method"] == "HEAD":
            # What GET answers; the server leaves the body out, it has its own scope (RFC 9110 §9.3.2).
            scope = {**scope, "method": "GET"}
        state = _Answering("req_" + self._ids.new_token(12))
        stamped = self._stamped(send, receive, state)
        scope[REQUEST_ID] = state.request_id
        try:
            headers = _headers(scope)
            await self._admit(scope, headers, state)
            if scope["method"] == "OPTIONS" and state.origin:
                await _preflight(stamped)
                return
            await self._app(scope, receive, stamped)
        except Refusal as refusal:
            await _refuse(refusal, state, stamped)
        except AppError as error:
            await _refuse(refusal_of(error), state, stamped)
        except Exception:
            # A bug in one answer must not end the server; it is logged and told by its request id.
            log.exception("answering %s met a bug", state.request_id)
            await _refuse(bug(), state, stamped)

    def malformed(self) -> bytes:
        """Give the answer to what is not HTTP, written out: no request of it can be made."""
        state = _Answering("req_" + self._ids.new_token(12))
        body = Refusal(400, "The request is not HTTP/1.1 as it should be.").body(state.request_id)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            *self._stamps(state),
        ]
        lines = b"".join(b"%s: %s\r\n" % one for one in headers)
        return b"HTTP/1.1 400 Bad Request\r\n%s\r\n%s" % (lines, body)

    async def _admit(self, scope: Scope, headers: dict[str, list[str]], state: _Answering) -> None:
        """Refuse who and what may not come in. Raises Refusal."""
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            raise Refusal(403, "This door is open on this computer only: use 127.0.0.1 as Host.")
        for origin in headers.get("origin", []):
            if origin not in self._origins:
                raise Refusal(403, "Pages of this origin may not call. Allow it in the settings.")
            state.origin = origin
        if scope["path"] in OPEN_PATHS or (scope["method"] == "OPTIONS" and state.origin):
            return
        key = await self._recognise(headers)
        state.caller = key.uid
        self._gate.admit(key.uid)
        scope[CALLER] = Caller(
            key=key, request_id=state.request_id, wait_s=_wait(headers, self._wait_s)
        )
        if scope["method"] in {"POST", "PUT", "PATCH"}:
            _check_size(headers)

    async def _recognise(self, headers: dict[str, list[str]]) -> Any:
        given = headers.get("authorization", [])
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        try:
            return self._keys.recognise(token.strip() if scheme.casefold() == "bearer" else "")
        except KeyInvalid as error:
            await self._delays.wait()
            raise refusal_of(error) from error

    def _stamps(self, state: _Answering) -> list[tuple[bytes, bytes]]:
        headers = [
            *self._gate.allowance(state.caller).headers,
            (b"x-request-id", state.request_id.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        return [*headers, *_cors(state.origin)] if state.origin else headers

    def _stamped(self, send: Send, receive: Receive, state: _Answering) -> Send:
        """Give every answer its id, its numbers and what keeps it out of caches."""

        async def stamped(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                state.has_begun = True
                state.is_cut = message["status"] in CUT
                message["headers"] = [*message.get("headers", []), *self._stamps(state)]
            elif state.is_cut and not message.get("more_body"):
                await send({**message, "more_body": True})
                await _linger(receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        return stamped


class _Delays:
    """How long the next wrong key waits."""

    def __init__(self) -> None:
        self._failures = 0
        self._last = 0.0
        self._waiting = 0
        self._never = asyncio.Event()

    async def wait(self) -> None:
        """Wait as long as the failures so far ask for. Raises Refusal if too many wait already."""
        now = asyncio.get_running_loop().time()
        if now - self._last > FORGIVEN_AFTER_S:
            self._failures = 0
        self._last = now
        self._failures += 1
        if self._waiting >= MAX_DELAYED:
            raise Refusal(429, "Too many wrong keys. Wait a minute.", retry_after_s=60)
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(self._failures - 1, 10))
        self._waiting += 1
        try:
            await asyncio.wait_for(self._never.wait(), delay_s)
        except TimeoutError:
            return
        finally:
            self._waiting -= 1


def require(caller: Caller, permission: Permission) -> None:
    """Refuse a key that may not do this. Raises Refusal."""
    if permission not in caller.key.permissions:
        raise Refusal(403, f"The API key may not do that ({permission.value}). Use one that may.")


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _wait(headers: dict[str, list[str]], longest_s: float) -> float:
    """Give how long to wait for the outcome: the caller may ask for less (RFC 7240 §4.3)."""
    text = ", ".join(headers.get("prefer", []))
    if re.search(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", text) and "wait" not in text:
        return 0.0
    match = _WAIT.search(text)
    return min(longest_s, float(match[1])) if match else longest_s


def _check_size(headers: dict[str, list[str]]) -> None:
    length = (headers.get("content-length") or ["0"])[0]
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise too_large()


def check_type(request: Any) -> None:
    """Refuse a body that is not of the endpoint's type. Raises Refusal."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = "multipart/form-data" if request.scope["path"] == UPLOAD_PATH else "application/json"
    if given != wanted:
        raise Refusal(415, f"Send {wanted}.")
    charset = _CHARSET.search(request.headers.get("content-type", ""))
    if charset and charset[1].lower() not in UTF_8:
        raise Refusal(415, "Send the body as UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "Send the body without a content encoding.")


def too_large() -> Refusal:
    """Refuse a body over the bound."""
    return Refusal(413, f"The body may have {MAX_BODY_BYTES // 1_000_000} MB at most.")


# What a page may read of an answer besides its body.
TOLD = (
    *(b"X-Request-ID", b"X-RateLimit-Limit", b"X-RateLimit-Remaining", b"X-RateLimit-Reset"),
    *(b"Idempotent-Replayed", b"Location", b"Retry-After", b"Warning"),
)


def _cors(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b", ".join(TOLD)),
        (b"vary", b"Origin"),
    ]


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE"),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, Prefer"),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def refusal_headers(refusal: Refusal) -> list[tuple[str, str]]:
    """Give the headers of a refusal."""
    headers = [("content-type", "application/json")]
    if refusal.retry_after_s is not None:
        headers.append(("retry-after", str(max(1, ceil(refusal.retry_after_s)))))
    if refusal.status == 401:
        headers.append(("www-authenticate", 'Bearer realm="postrider"'))
    if refusal.allow:
        headers.append(("allow", refusal.allow))
    if refusal.status in CUT:
        headers.append(("connection", "close"))
    return headers


def bug() -> Refusal:
    """Refuse because of a fault of ours; what it was is in the log only."""
    message = "Something went wrong inside Postrider. Its log has more under this request."
    return Refusal(500, message)


async def _refuse(refusal: Refusal, state: _Answering, send: Send) -> None:
    if state.has_begun:
        return
    body = refusal.body(state.request_id)
    headers = [(name.encode(), value.encode()) for name, value in refusal_headers(refusal)]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _linger(receive: Receive) -> None:
    """Take what is on its way for a moment, unread: a reset would cost the other side our answer."""
    try:
        async with asyncio.timeout(2.0):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        return
