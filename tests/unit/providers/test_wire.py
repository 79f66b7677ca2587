"""The connections of an account: what goes out, what comes in, which way; nothing is judged here."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from app.providers.http import HttpLimits
from app.providers.wire import Wire, WireBrokenError, with_params

LIMITS = HttpLimits(connect_s=2.0, read_s=2.0, write_s=2.0)


class Answering:
    """Answers every request on a connection with the same bytes and keeps what was asked."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.heads: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._socket.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                with connection, contextlib.suppress(OSError):
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        waiting = b""
        while data := connection.recv(65536):
            waiting += data
            while b"\r\n\r\n" in waiting:
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                self.heads.append(head)
                connection.sendall(self._answer)


Serve = Callable[[bytes], Answering]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with contextlib.ExitStack() as closing:

        def start(answer: bytes) -> Answering:
            server = Answering(answer)
            closing.callback(server.close)
            return server

        yield start


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(LIMITS)
    yield made
    made.close()


def answer(body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(wire: Wire, url: str) -> tuple[int, dict[str, str], bytes]:
    return wire.exchange("GET", url, (), None, lambda _event, _info: None)


def test_a_connection_is_used_again(wire: Wire, serve: Serve) -> None:
    server = serve(answer())

    for _ in range(3):
        assert get(wire, server.url)[0] == 200

    assert (server.connections, len(server.heads)) == (1, 3)


def test_the_request_names_its_host_and_takes_packed_answers(wire: Wire, serve: Serve) -> None:
    server = serve(answer())

    get(wire, f"{server.url}/a/b?c=d#not-sent")

    lines = server.heads[0].split(b"\r\n")
    assert lines[0] == b"GET /a/b?c=d HTTP/1.1"
    assert b"Host: 127.0.0.1:%d" % server.port in lines
    assert b"Accept-Encoding: gzip" in lines


def test_what_no_url_may_hold_is_encoded_and_what_is_encoded_stays(
    wire: Wire, serve: Serve
) -> None:
    server = serve(answer())

    get(wire, f"{server.url}/a b/ü%2Fc?token=%3D")

    assert server.heads[0].startswith(b"GET /a%20b/%C3%BC%2Fc?token=%3D HTTP/1.1\r\n")


def test_packed_answers_are_unpacked(wire: Wire, serve: Serve) -> None:
    server = serve(answer(gzip.compress(b'{"id": 1}'), b"Content-Encoding: gzip"))

    assert get(wire, server.url)[2] == b'{"id": 1}'


def test_an_answer_that_cannot_be_unpacked_is_none(wire: Wire, serve: Serve) -> None:
    server = serve(answer(b"no gzip", b"Content-Encoding: gzip"))

    with pytest.raises(WireBrokenError) as caught:
        get(wire, server.url)

    assert caught.value.detail == "the answer could not be unpacked"


def test_an_answer_cut_off_within_its_packing_is_none(wire: Wire, serve: Serve) -> None:
    server = serve(answer(gzip.compress(b"0123456789" * 50)[:-9], b"Content-Encoding: gzip"))

    with pytest.raises(WireBrokenError):
        get(wire, server.url)


def test_repeated_headers_are_joined_and_names_are_small(wire: Wire, serve: Serve) -> None:
    server = serve(answer(b"{}", b"X-Limit: one", b"x-limit: two", b"Retry-After: 3"))

    headers = get(wire, server.url)[1]

    assert (headers["x-limit"], headers["retry-after"]) == ("one, two", "3")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/nowhere",
        "http://",
        "http://[::1",
        "http://host:notaport/",
        "http://user:secret@127.0.0.1/",
        "ftp://127.0.0.1/",
    ],
)
def test_an_address_that_is_none_breaks_before_anything_is_sent(wire: Wire, url: str) -> None:
    with pytest.raises(WireBrokenError) as caught:
        get(wire, url)

    assert "secret" not in str(caught.value)


def test_requests_after_closing_get_connections_of_their_own(wire: Wire, serve: Serve) -> None:
    server = serve(answer())
    get(wire, server.url)
    wire.close()

    assert get(wire, server.url)[0] == 200


def test_the_system_s_proxy_is_asked(
    wire: Wire, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer(b"by proxy"))
    monkeypatch.setenv("http_proxy", f"http://ada:p%40ss@127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "")

    content = get(wire, "http://mail.example/path")[2]

    assert content == b"by proxy"
    assert proxy.heads[0].startswith(b"GET http://mail.example/path HTTP/1.1\r\n")
    # "ada:p@ss", as RFC 7617 writes it.
    assert b"Proxy-Authorization: Basic YWRhOnBAc3M=" in proxy.heads[0]


def test_a_proxy_without_a_scheme_is_asked_for_all_addresses(
    wire: Wire, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer(b"by proxy"))
    monkeypatch.setenv("all_proxy", f"127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "")

    assert get(wire, "http://mail.example/")[2] == b"by proxy"


def test_places_that_need_no_proxy_are_asked_directly(
    wire: Wire, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, server = serve(answer(b"by proxy")), serve(answer(b"direct"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert get(wire, server.url)[2] == b"direct"
    assert proxy.heads == []


def test_headers_do_not_get_into_the_log(
    wire: Wire, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(answer())

    wire.exchange(
        "GET", server.url, [("Authorization", "Bearer topsecret")], None, lambda _event, _info: None
    )

    assert "topsecret" not in caplog.text


def test_parameters_are_encoded_once_and_spaces_as_such() -> None:
    url = with_params("https://mail.example/a", [("$filter", "id eq 'a+b'"), ("n", "1")])

    assert url == "https://mail.example/a?%24filter=id%20eq%20%27a%2Bb%27&n=1"
    assert with_params("https://mail.example/a", []) == "https://mail.example/a"
