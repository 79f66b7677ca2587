"""Gets attachments from web addresses that somebody else wrote down, without being used by them.

https only. Each name is resolved once, every address it has is judged, and the connection goes to
the very address that was judged, on the first request and on each redirect: a name that changes
between the look and the call (DNS rebinding, CWE-918) changes nothing. Runs on a worker.
"""

from __future__ import annotations

import ipaddress
import logging
import mimetypes
import re
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from app.domain.errors import AttachmentBlocked, AttachmentMissing, AttachmentTooLarge
from app.ports.gateway import Fetched
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from urllib.parse import SplitResult

    import httpx

    from app.ports import Blob, BlobStore

    Resolve = Callable[[str, int], list[str]]

log = logging.getLogger("provider")
MAX_REDIRECTS = 3
CONNECT_S = 5.0
READ_S = 10.0
TOTAL_S = 60.0
CHUNK_BYTES = 1 << 16
SNIFF_BYTES = 512
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Other spellings of an IPv4 address (2130706433, 0x7f.1) that some resolvers understand
# (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
_NAME = re.compile(r"filename\*?=(?:UTF-8'[^']*')?\"?([^\";]+)\"?", re.IGNORECASE)
# First bytes and the type they mean; what a server says is not believed against them.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
# Containers whose first bytes do not tell one format from another: the server's word stands.
_CONTAINERS = frozenset({"application/zip", "application/gzip", "application/x-ole-storage"})


@dataclass(frozen=True, slots=True)
class _Place:
    """One address to ask: the URL as it was written and the number its name was judged by."""

    parts: SplitResult
    number: str

    @property
    def url(self) -> str:
        """Give the URL with the number in place of the name."""
        host = f"[{self.number}]" if ":" in self.number else self.number
        port = f":{self.parts.port}" if self.parts.port else ""
        return self.parts._replace(netloc=host + port, fragment="").geturl()

    @property
    def host(self) -> str:
        """Give the Host header."""
        name = self.parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        return f"{name}:{self.parts.port}" if self.parts.port else name


class WebFiles:
    """Implements `ports.gateway.FileFetcher`."""

    def __init__(
        self, *, blobs: BlobStore, allow_loopback: bool = False, resolve: Resolve | None = None
    ) -> None:
        self._blobs = blobs
        self._allow_loopback = allow_loopback
        self._resolve = resolve or _resolve

    def fetch(self, url: str, limit_bytes: int) -> Fetched:
        """Get and keep a file. Raises AttachmentBlocked, AttachmentMissing, AttachmentTooLarge."""
        forbid_gui_thread()
        end = time.monotonic() + TOTAL_S
        for _ in range(MAX_REDIRECTS + 1):
            place = self._judge(url)
            with self._asked(place) as response:
                if response.status_code not in _REDIRECTS:
                    return self._keep(response, place, limit_bytes, end)
                url = urljoin(url, response.headers.get("location", ""))
        raise AttachmentBlocked(filename=_shown(url), detail="it redirects too often")

    def _judge(self, url: str) -> _Place:
        """Refuse an address that is not on the open web."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AttachmentBlocked(filename="The address", detail="it is no web address") from None
        name = parts.hostname or ""
        if parts.username is not None or not name:
            raise AttachmentBlocked(filename=_shown(url), detail="it is no plain web address")
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allow_loopback):
            raise AttachmentBlocked(filename=_shown(url), detail="only https is fetched")
        if _ENDS_IN_NUMBER.search(name) and not _is_number(name):
            raise AttachmentBlocked(filename=_shown(url), detail="its host is an odd number")
        numbers = (
            [name]
            if _is_number(name)
            else self._resolve(name, port or (443 if parts.scheme == "https" else 80))
        )
        if not numbers:
            raise AttachmentMissing(filename=_shown(url), detail="its name is not known")
        for number in numbers:
            if not self._is_open(number, parts.scheme):
                raise AttachmentBlocked(filename=_shown(url), detail="it is inside a network")
        return _Place(parts, numbers[0])

    def _is_open(self, number: str, scheme: str) -> bool:
        try:
            address = ipaddress.ip_address(number.partition("%")[0])
        except ValueError:
            return False
        if self._allow_loopback and address.is_loopback:
            return True
        return scheme == "https" and is_public(address)

    @contextmanager
    def _asked(self, place: _Place) -> Iterator[httpx.Response]:
        import httpx

        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        try:
            with (
                # Proxies of the environment would resolve the name again, for themselves.
                httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
                client.stream(
                    "GET",
                    place.url,
                    headers={"Host": place.host, "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": place.parts.hostname or ""},
                ) as response,
            ):
                yield response
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            log.info("a file could not be fetched: %s", type(error).__name__)
            raise AttachmentMissing(
                filename=_shown(place.parts.geturl()), detail="unreadable"
            ) from None

    def _keep(
        self, response: httpx.Response, place: _Place, limit_bytes: int, end: float
    ) -> Fetched:
        shown = _shown(place.parts.geturl())
        if response.status_code != 200:
            raise AttachmentMissing(filename=shown, detail="missing")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise AttachmentBlocked(filename=shown, detail="it came encoded")
        blob, head = self._write(response, limit_bytes, end, shown)
        filename = _filename(response, place)
        said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(blob=blob, filename=filename, media_type=sniffed(head, said, filename))

    def _write(
        self, response: httpx.Response, limit_bytes: int, end: float, shown: str
    ) -> tuple[Blob, bytes]:
        size, head = 0, b""
        with self._blobs.writer() as out:
            for chunk in response.iter_raw(CHUNK_BYTES):
                size += len(chunk)
                if size > limit_bytes:
                    raise AttachmentTooLarge(
                        filename=shown, size_bytes=size, limit_bytes=limit_bytes
                    )
                if time.monotonic() > end:
                    raise AttachmentMissing(filename=shown, detail="unreadable")
                head = (head + chunk)[:SNIFF_BYTES] if len(head) < SNIFF_BYTES else head
                out.write(chunk)
            if size == 0:
                raise AttachmentMissing(filename=shown, detail="empty")
            return out.commit(), head


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is on the open internet, also inside its IPv6 disguises."""
    inner: Any = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if address.teredo is not None:
            inner = address.teredo[1]
    if inner is not None and not is_public(inner):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def sniffed(head: bytes, said: str, filename: str) -> str:
    """Give a file's type by its first bytes, else what the server said, else by its name."""
    found = next((kind for start, kind in SIGNATURES if head.startswith(start)), "")
    if found and found not in _CONTAINERS:
        return found
    if re.fullmatch(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", said):
        return said
    return found or mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _filename(response: httpx.Response, place: _Place) -> str:
    match = _NAME.search(response.headers.get("content-disposition", ""))
    name = match[1] if match else place.parts.path.rpartition("/")[2]
    return unquote(name).strip()


def _shown(url: str) -> str:
    """Name an address without its query, which may be a secret."""
    parts = urlsplit(url)
    return (parts.path.rpartition("/")[2] or parts.hostname or "The address")[:100]


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _resolve(name: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
