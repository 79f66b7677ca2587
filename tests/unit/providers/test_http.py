"""The HTTP adapter against a server that misbehaves to order: certain, uncertain, cancelled, quiet."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading

import pytest

from app.domain.account import ProviderKind
from app.domain.errors import Cancelled, DeliveryUncertain, Unavailable
from app.providers.body import Upload, base64_body, file_body, json_body, related_body
from app.providers.gmail_errors import judge_gmail
from app.providers.http import Call, Http, HttpLimits, params
from app.runtime.cancel import CancelToken
from app.runtime.clock import SystemClock

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Tokens:
    """Gives one token for ever."""

    def token(self, cancel=None):
        return "secret-token"

    def refreshed(self, stale, cancel=None):
        return "other-token"


class RawServer:
    """Accepts connections and lets `act(connection)` do what it wants with each."""

    def __init__(self, act):
        self._act = act
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.received = []
        self.done = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/path?upload_id=topsecret"

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, contextlib.suppress(OSError):
                    self._act(self, connection)
                self.done.set()

    def close(self):
        self._socket.close()


@pytest.fixture
def serve():
    servers = []

    def start(act):
        server = RawServer(act)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def http():
    adapter = Http(
        provider=ProviderKind.GMAIL,
        tokens=Tokens(),
        judge=judge_gmail,
        clock=SystemClock(),
        limits=HttpLimits(connect_s=2.0, read_s=1.0, write_s=2.0),
    )
    yield adapter
    adapter.close()


def read_all(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    while sizes and len(body) < sizes[0]:
        body += connection.recv(65536)
    return head, body


def final(url, body=None):
    return Call(method="POST", url=url, body=body, is_final=True)


def reset(connection):
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _zeros():
    return io.BytesIO(bytes(60_000_000))


def close_at_once(server, connection):
    reset(connection)


def close_after_all(server, connection):
    read_all(connection)


def close_inside_head(server, connection):
    read_all(connection)
    connection.sendall(b"HTTP/1.1 200 O")


def close_inside_body(server, connection):
    read_all(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def say_nothing(server, connection):
    read_all(connection)
    threading.Event().wait(3)


def talk_nonsense(server, connection):
    read_all(connection)
    connection.sendall(b"\x00\x01\x02\r\n\r\n")


@pytest.mark.parametrize(
    "act", [close_after_all, close_inside_head, close_inside_body, say_nothing, talk_nonsense]
)
@pytest.mark.parametrize("body", [None, json_body({"id": "d"})])
def test_a_request_that_arrived_whole_is_uncertain(serve, http, act, body):
    with pytest.raises(DeliveryUncertain):
        http.call(final(serve(act).url, body))


@pytest.mark.parametrize("act", [close_after_all, close_inside_body, say_nothing, talk_nonsense])
def test_the_same_is_certain_for_any_other_request(serve, http, act):
    with pytest.raises(Unavailable):
        http.call(Call(method="POST", url=serve(act).url, body=json_body({})))


def test_a_request_that_broke_inside_its_body_is_certain(serve, http):
    upload = Upload(
        open_file=_zeros,
        size_bytes=30_000_000,
        cancel=CancelToken(),
        progress=lambda done, total: None,
    )

    def act(server, connection):
        connection.recv(1000)
        reset(connection)

    with pytest.raises(Unavailable):
        http.call(final(serve(act).url, file_body(upload, "text/plain")))


def test_no_connection_is_certain(http):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        http.call(final(f"http://127.0.0.1:{port}/", json_body({})))
    assert caught.value.params["detail"] == "no connection"


@pytest.mark.parametrize("status", [301, 307])
def test_redirects_are_not_followed(serve, http, status):
    asked = []

    def act(server, connection):
        asked.append(read_all(connection))
        connection.sendall(
            b"HTTP/1.1 %d Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status
        )

    with pytest.raises(Unavailable):
        http.call(final(serve(act).url, json_body({})))
    assert len(asked) == 1


def test_cancel_breaks_an_upload_off(serve, http):
    cancel = CancelToken()

    def progress(done, total):
        if done > 2_000_000:
            cancel.cancel()

    upload = Upload(
        open_file=_zeros,
        size_bytes=60_000_000,
        cancel=cancel,
        progress=progress,
    )
    got = []

    def act(server, connection):
        total = 0
        while piece := connection.recv(1 << 20):
            total += len(piece)
        got.append(total)

    server = serve(act)
    with pytest.raises(Cancelled):
        http.call(Call(method="POST", url=server.url, body=file_body(upload, "x/y"), cancel=cancel))
    assert server.done.wait(10)
    assert got[0] < 60_000_000


def test_cancel_is_not_observed_by_a_final_request(serve, http):
    cancel = CancelToken()
    cancel.cancel()

    def act(server, connection):
        read_all(connection)
        connection.sendall(GOOD)

    call = Call(method="POST", url=serve(act).url, body=json_body({}), is_final=True, cancel=cancel)
    assert http.call(call).status == 200
    with pytest.raises(Cancelled):
        http.call(Call(method="GET", url=serve(act).url, cancel=cancel))


def test_the_token_goes_only_where_it_may(serve, http):
    heads = []

    def act(server, connection):
        heads.append(read_all(connection)[0])
        connection.sendall(GOOD)

    url = serve(act).url
    http.call(Call(method="GET", url=url))
    http.close()
    http.call(Call(method="PUT", url=url, body=json_body({}), is_authorized=False))
    assert b"authorization: bearer secret-token" in heads[0].lower()
    assert b"authorization" not in heads[1].lower()


def test_a_401_is_asked_once_more_with_the_same_body(serve, http):
    seen = []

    def act(server, connection):
        seen.append(read_all(connection))
        if len(seen) == 1:
            # It says that it closes: a send on a connection that is just closing is uncertain.
            connection.sendall(b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.sendall(GOOD)

    http.call(final(serve(act).url, json_body({"id": "d"})))
    assert [body for _, body in seen] == [b'{"id": "d"}'] * 2
    assert b"other-token" in seen[1][0]


def test_no_secret_in_any_log(serve, http, caplog):
    caplog.set_level(logging.DEBUG)

    def act(server, connection):
        read_all(connection)
        connection.sendall(
            b"HTTP/1.1 500 No\r\nLocation: /?upload_id=topsecret\r\nContent-Length: 0\r\n\r\n"
        )

    with pytest.raises(Unavailable) as caught:
        http.call(Call(method="POST", url=serve(act).url, body=json_body({})))
    text = "\n".join(record.getMessage() for record in caplog.records) + str(caught.value)
    assert "answered 500" in text
    assert "topsecret" not in text
    assert "secret-token" not in text


def test_closing_under_a_request_is_no_crash(http):
    http.close()
    http.close()


def _upload(data, seen):
    return Upload(
        open_file=lambda: io.BytesIO(data),
        size_bytes=len(data),
        cancel=CancelToken(),
        progress=lambda done, total: seen.append((done, total)),
    )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 196_607, 196_608, 196_609, 700_001])
def test_bodies_are_as_long_as_they_say(size):
    data = bytes(i % 251 for i in range(size))
    seen = []
    upload = _upload(data, seen)
    for body in (
        file_body(upload, "x/y"),
        file_body(upload, "x/y", size // 3, size - size // 4),
        base64_body(upload, "text/plain"),
        related_body(upload, {"message": {}}, "b"),
    ):
        first, again = b"".join(body.pieces()), b"".join(body.pieces())
        assert len(first) == body.size_bytes
        assert first == again
    if size:
        assert seen[-1][0] == size


def test_base64_is_standard_and_whole():
    import base64

    data = bytes(range(256)) * 3000
    body = base64_body(_upload(data, []), "text/plain")
    assert base64.b64decode(b"".join(body.pieces()), validate=True) == data


def test_query_parameters():
    found = params(_select="a,b", labelIds=["X", "Y"], pageToken="", maxResults=5, none=None)
    assert found == (
        ("$select", "a,b"),
        ("labelIds", "X"),
        ("labelIds", "Y"),
        ("maxResults", "5"),
    )
