"""A loopback proxy that writes down every request and answer between the program and a sandbox.

It also does as a web proxy (absolute addresses in the request line) and, with a context, as a TLS end.
"""

from __future__ import annotations

import json
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

# Enough for every body that is looked into; of the files in an upload only the beginning is kept.
KEPT_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 16
_SECRET_NAMES = frozenset(
    {
        "code",
        "code_verifier",
        "refresh_token",
        "access_token",
        "id_token",
        "device_code",
        "token",
        "authtoken",
        "upload_id",
    }
)


@dataclass(slots=True)
class Head:
    """A first line, the headers by lower-case name and the beginning of the body."""

    line: str
    headers: dict[str, str]
    raw: bytes = field(repr=False)
    body: bytes = b""


@dataclass(slots=True)
class Exchange:
    """One request and, unless the connection broke, its answer."""

    request: Head
    answer: Head | None = None

    @property
    def method(self) -> str:
        return self.request.line.split()[0]

    @property
    def target(self) -> str:
        return self.request.line.split()[1]

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def bearer(self) -> str:
        return self.request.headers.get("authorization", "").removeprefix("Bearer ")

    def json(self) -> Any:
        """Give the request's JSON; of a multipart upload its first part."""
        body = self.request.body
        if self.request.headers.get("content-type", "").startswith("multipart/related"):
            body = body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0]
        return json.loads(body)


class Recorder:
    """Listens while it is entered; `.url` stands in for the sandbox's."""

    def __init__(self, upstream_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._upstream = upstream_url
        self._tls = tls
        self.exchanges: list[Exchange] = []

    def __enter__(self) -> Self:
        recorder, upstream = self, urlsplit(self._upstream)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                address = (str(upstream.hostname), upstream.port or 80)
                with socket.create_connection(address) as far, far.makefile("rb") as answers:
                    try:
                        while recorder.pass_on(self.rfile, self.connection, answers, far):
                            continue
                    except OSError:
                        return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that refuses our certificate is no event for the screen."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pass_on(
        self, near_in: IO[bytes], near: socket.socket, far_in: IO[bytes], far: socket.socket
    ) -> bool:
        """Pass one request and its answer on; False when either side is done."""
        request = _read_head(near_in)
        if request is None:
            return False
        exchange = Exchange(request)
        self.exchanges.append(exchange)
        far.sendall(request.raw)
        _copy_body(request, near_in, far)
        answer = _read_head(far_in)
        if answer is None:
            return False
        exchange.answer = answer
        near.sendall(answer.raw)
        status = int(answer.line.split()[1])
        if exchange.method != "HEAD" and status not in {204, 304}:
            _copy_body(answer, far_in, near)
        return answer.headers.get("connection", "").lower() != "close"

    def secrets(self) -> dict[str, set[str]]:
        """Give every code, verifier, token and upload address that passed, by kind."""
        found: dict[str, set[str]] = {}
        for exchange in list(self.exchanges):
            for name, value in _secrets_of(exchange):
                if len(value) >= 8:
                    found.setdefault(name, set()).add(value)
        return found


def _read_head(stream: IO[bytes]) -> Head | None:
    lines = []
    while (line := stream.readline()) not in {b"\r\n", b""}:
        lines.append(line)
    if not lines:
        return None
    lines[0] = re.sub(rb" https?://[^/ ]+", b" ", lines[0], count=1)
    headers = {}
    for one in lines[1:]:
        name, _, value = one.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return Head(lines[0].decode("latin-1").strip(), headers, b"".join(lines) + b"\r\n")


def _copy_body(head: Head, source: IO[bytes], target: socket.socket) -> None:
    kept = bytearray()
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((line := source.readline()).split(b";")[0], 16):
            data = source.read(size + 2)
            target.sendall(line + data)
            kept += data[:-2]
        target.sendall(line + source.readline())
    left = int(head.headers.get("content-length") or 0)
    while left > 0 and (data := source.read(min(left, _CHUNK_BYTES))):
        target.sendall(data)
        left -= len(data)
        if len(kept) < KEPT_BYTES:
            kept += data
    head.body = bytes(kept)


def _secrets_of(exchange: Exchange) -> Iterator[tuple[str, str]]:
    if exchange.bearer:
        yield "access_token", exchange.bearer
    yield from _named(exchange.query)
    if "urlencoded" in exchange.request.headers.get("content-type", ""):
        yield from _named(parse_qsl(exchange.request.body.decode("latin-1")))
    if exchange.answer is None:
        return
    location = exchange.answer.headers.get("location", "")
    yield from _named(parse_qsl(urlsplit(location).query))
    if "upload" in location:
        yield "upload_url", location
    text = exchange.answer.body[:KEPT_BYTES].decode("latin-1")
    for name, value in re.findall(r'"(\w+)"\s*:\s*"([^"]+)"', text):
        if name == "uploadUrl":
            yield "upload_url", value
        elif name in _SECRET_NAMES:
            yield name, value


def _named(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in pairs if name in _SECRET_NAMES)
