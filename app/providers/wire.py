"""The connections of one account: one request out, one answer in, over httpcore. Judges nothing.

httpcore is what httpx itself sends with. What httpx lays over it (cookies, redirects, models of
URLs and headers) takes as much time again as the request, and nothing here needs it. Certificates
are httpx's choice; proxies are those of the environment or the system. Logs no URL.
"""

from __future__ import annotations

import logging
import re
import threading
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from urllib.parse import SplitResult

    import httpcore

    from app.providers.http import HttpLimits

Arrived = tuple[int, dict[str, str], bytes]
# Shorter than servers keep theirs: a send on a connection that just closed would be uncertain for
# nothing.
KEEP_ALIVE_S = 20.0
# Google packs answers for agents that say "gzip" twice (developers.google.com, performance tips).
_ALWAYS = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip"),
    (b"User-Agent", b"Postrider (gzip)"),
)
_IS_SENDABLE = re.compile(r"[\x21-\x7e]+").fullmatch
# Everything a URL may hold (RFC 3986 §2), what is encoded already included.
_URL_SIGNS = "!#$%&'()*+,/:;=?@[]~"
_GZIP = 16 + zlib.MAX_WBITS


class WireBrokenError(Exception):
    """No whole answer came; `detail` says in words why, and names no address."""

    def __init__(self, detail: str, kind: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.kind = kind


class Wire:
    """Connections that are kept and used again. Safe from any thread."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._timeouts = {
            "connect": limits.connect_s,
            "read": limits.read_s,
            "write": limits.write_s,
            "pool": limits.pool_s,
        }
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], httpcore.ConnectionPool] = {}
        self._routes: dict[tuple[str, str], httpcore.ConnectionPool] = {}

    def exchange(  # noqa: PLR0917  one request in one call
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: Iterable[bytes] | None,
        trace: Callable[[str, object], None],
        take: Callable[[bytes], object] | None = None,
    ) -> Arrived:
        """Send one request and read its answer to the end, or hand a 2xx answer to `take` in pieces.

        Raises:
            WireBrokenError: there is no whole answer. Whatever `body` or `take` raise comes through.
        """
        import httpcore

        broken = (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.ProxyError,
            httpcore.UnsupportedProtocol,
            # The connections were closed under a request (shutdown).
            RuntimeError,
        )
        place = _place(url)
        request = httpcore.Request(
            method,
            _target(place),
            headers=_encoded(place, headers),
            content=body,
            extensions={"timeout": self._timeouts, "trace": trace},
        )
        try:
            response = self._pool(place).handle_request(request)
            try:
                if take is not None and 200 <= response.status < 300:
                    return response.status, _handed_over(response, take), b""
                content = response.read()
            finally:
                response.close()
        except broken as error:
            # The library's text is left out: it may hold a URL.
            raise WireBrokenError(_describe(error), type(error).__name__) from None
        headers_in = _joined(response.headers)
        return response.status, headers_in, _unpacked(headers_in, content)

    def close(self) -> None:
        """Close all connections; what runs on them breaks."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
            self._routes.clear()
        for pool in pools:
            pool.close()

    def _pool(self, place: SplitResult) -> httpcore.ConnectionPool:
        route = (place.scheme, place.netloc)
        with self._lock:
            known = self._routes.get(route)
            if known is None:
                key = (place.scheme, _proxy_for(place))
                known = self._pools.get(key) or self._make(*key)
                self._routes[route] = self._pools[key] = known
            return known

    def _make(self, scheme: str, proxy: str) -> httpcore.ConnectionPool:
        import httpcore

        _quiet()
        return httpcore.ConnectionPool(
            ssl_context=_tls() if scheme == "https" else None,
            proxy=_proxy(proxy) if proxy else None,
            max_connections=self._limits.connections,
            max_keepalive_connections=self._limits.connections,
            keepalive_expiry=KEEP_ALIVE_S,
            http2=False,
        )


def with_params(url: str, params: Iterable[tuple[str, str]]) -> str:
    """Add query parameters to a URL that has none."""
    query = urlencode(list(params), quote_via=quote)
    return f"{url}?{query}" if query else url


def _place(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        is_usable = bool(place.hostname) and place.netloc.isascii() and "@" not in place.netloc
        if is_usable and place.port != 0:
            return place
    except ValueError:
        pass
    raise WireBrokenError("the server's address is not usable", "InvalidURL")


def _target(place: SplitResult) -> httpcore.URL:
    import httpcore

    target = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
    if not _IS_SENDABLE(target):
        target = quote(target, safe=_URL_SIGNS)
    return httpcore.URL(
        scheme=place.scheme, host=place.hostname or "", port=place.port, target=target
    )


def _encoded(place: SplitResult, headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    named = [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers]
    return [(b"Host", place.netloc.encode("ascii")), *_ALWAYS, *named]


def _joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Read the headers, repeated ones joined (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.lower().decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _is_packed(headers: dict[str, str]) -> bool:
    return headers.get("content-encoding", "").strip().lower() == "gzip"


def _unpacked(headers: dict[str, str], content: bytes) -> bytes:
    """Undo gzip."""
    if not (_is_packed(headers) and content):
        return content
    try:
        return zlib.decompress(content, _GZIP)
    except zlib.error as error:
        raise WireBrokenError("the answer could not be unpacked", "DecodingError") from error


def _handed_over(response: httpcore.Response, take: Callable[[bytes], object]) -> dict[str, str]:
    """Give an answer away piece by piece, unpacked; it is never whole in memory."""
    headers = _joined(response.headers)
    packed = zlib.decompressobj(_GZIP) if _is_packed(headers) else None
    for piece in response.iter_stream():
        if packed is None:
            take(piece)
            continue
        try:
            plain = packed.decompress(piece)
        except zlib.error as error:
            raise WireBrokenError("the answer could not be unpacked", "DecodingError") from error
        if plain:
            take(plain)
    if packed is not None and not packed.eof:
        raise WireBrokenError("the answer could not be unpacked", "DecodingError")
    return headers


def _proxy_for(place: SplitResult) -> str:
    """Give the proxy's address that the environment or the system names for a place, or ""."""
    from urllib.request import getproxies, proxy_bypass

    found = getproxies()
    proxy = found.get(place.scheme) or found.get("all", "")
    if not proxy or proxy_bypass(place.hostname or ""):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _proxy(address: str) -> httpcore.Proxy:
    import httpcore

    scheme, _, rest = address.partition("://")
    place = _place(f"{scheme}://{rest.rpartition('@')[2]}")
    user = urlsplit(address)
    auth = (unquote(user.username), unquote(user.password or "")) if user.username else None
    url = httpcore.URL(scheme=place.scheme, host=place.hostname or "", port=place.port, target="/")
    return httpcore.Proxy(url, auth=auth, ssl_context=_tls() if place.scheme == "https" else None)


def _tls() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


def _quiet() -> None:
    """Keep headers out of the log: httpcore writes them at DEBUG."""
    logger = logging.getLogger("httpcore")
    if logger.level < logging.WARNING:
        logger.setLevel(logging.WARNING)


def _describe(error: Exception) -> str:
    import httpcore

    match error:
        case httpcore.ConnectTimeout() | httpcore.PoolTimeout():
            return "no connection in time"
        case httpcore.ConnectError() if "CERTIFICATE" in str(error).upper():
            return "the server's certificate was not accepted"
        case httpcore.ProxyError():
            return "the proxy refused"
        case httpcore.ConnectError():
            return "no connection"
        case httpcore.TimeoutException():
            return "no answer in time"
        case _:
            return "the connection broke"
