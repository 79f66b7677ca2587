"""The local API by each of the two HTTP parsers it may run on: the same answers."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.gateway import server as gateway_server
from app.sandbox.server import SandboxServer
from tests.support.gateway import WORKSPACE, Desk, desk
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import sandbox

MESSAGE = {"to": "jane@example.com", "subject": "Parsed", "body_text": "Hello"}
COMPILED = "uvicorn.protocols.http.httptools_impl"
TIMEOUT_S = 30.0

pytestmark = pytest.mark.expects_log("uvicorn.error: Invalid HTTP request")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture(params=["httptools", "h11"])
def at(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    server: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    if request.param == "h11":
        monkeypatch.setitem(sys.modules, COMPILED, None)
    assert request.param in gateway_server._protocol().__module__
    make_profile(tmp_path, server.url, [ADA_GMAIL])
    with desk(tmp_path, server) as made:
        yield made


def exchange(at: Desk, data: bytes) -> bytes:
    """Send bytes as they are and give all that comes back until the other side closes."""
    address = urlsplit(at.url)
    with socket.create_connection((address.hostname, address.port), TIMEOUT_S) as wire:
        wire.sendall(data)
        return b"".join(iter(lambda: wire.recv(65_536), b""))


def head_of(at: Desk, *more: str) -> bytes:
    lines = [f"POST {WORKSPACE} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"Authorization: Bearer {at.caller.token}", "Content-Type: application/json", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_one_connection_takes_request_after_request(at: Desk) -> None:
    headers = {"Authorization": f"Bearer {at.caller.token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(urlsplit(at.url).netloc, timeout=TIMEOUT_S)
    answers = []
    for _ in range(3):
        connection.request("POST", WORKSPACE, json.dumps(MESSAGE), headers)
        answer = connection.getresponse()
        answers.append((answer.status, json.loads(answer.read())["data"]["status"]))
    connection.close()

    assert answers == [(200, "sent")] * 3


def test_a_body_in_chunks_is_read_whole(at: Desk) -> None:
    body = json.dumps(MESSAGE).encode()
    pieces = [body[:10], body[10:]]
    data = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"

    assert status(exchange(at, head_of(at, "Transfer-Encoding: chunked") + data)) == 200


def test_requests_that_follow_without_waiting_are_answered_in_order(at: Desk) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    answer = exchange(at, health + health + last)

    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"401 ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
    ],
    ids=["tls", "length"],
)
def test_what_is_not_http_is_a_validation_error(at: Desk, data: bytes) -> None:
    answer = exchange(at, data)

    assert status(answer) == 400
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "validation_error"
    assert b"x-request-id: req_" in answer


def test_two_lengths_are_no_way_to_smuggle_a_request(at: Desk) -> None:
    inner = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = head_of(at, f"Content-Length: {len(inner)}", "Transfer-Encoding: chunked")

    answer = exchange(at, head + b"0\r\n\r\n" + inner)

    assert status(answer) == 400
    assert b'{"status":"ok"}' not in answer


def test_an_oversize_announcement_is_refused_unread(at: Desk) -> None:
    assert status(exchange(at, head_of(at, "Content-Length: 50000001"))) == 413


def test_head_is_answered_without_a_body(at: Desk) -> None:
    answer = exchange(at, b"HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")

    assert status(answer) == 200
    assert answer.endswith(b"\r\n\r\n")
