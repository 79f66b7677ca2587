"""Answers handed over piece by piece: whole, unpacked, never in memory, and broken ones told."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.providers.http import HttpLimits
from app.providers.wire import Wire, WireBrokenError

PIECE, PIECES = b"\x00\x7f\xff\x80" * 16_384, 400


class Far(BaseHTTPRequestHandler):
    """Answers by the path; never holds an answer whole."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        match self.path:
            case "/large":
                self.head(len(PIECE) * PIECES)
                for _ in range(PIECES):
                    self.wfile.write(PIECE)
            case "/packed":
                self.body(gzip.compress(b"plain" * 9000), packed=True)
            case "/packed-cut":
                self.body(gzip.compress(b"plain" * 9000)[:-9], packed=True)
            case "/packed-odd":
                self.body(b"this is no gzip at all", packed=True)
            case "/refused":
                self.body(b'{"error": 1}', status=403)
            case "/cut":
                self.head(1000)
                self.wfile.write(b"x" * 400)
                self.wfile.flush()
                self.close_connection = True

    def head(self, length, *, status=200, packed=False):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()

    def body(self, data, *, status=200, packed=False):
        self.head(len(data), status=status, packed=packed)
        self.wfile.write(data)

    def log_message(self, *_):
        """Say nothing on the screen."""


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(url):
    wire = Wire(HttpLimits(read_s=5.0))

    def ask(path, take):
        return wire.exchange("GET", url + path, [], None, lambda *_: None, take)

    yield ask
    wire.close()


def test_a_large_answer_never_stands_in_memory(ask):
    count = [0]

    def take(piece):
        count[0] += len(piece)

    ask("/packed", lambda _: None)
    tracemalloc.start()
    status, _, content = ask("/large", take)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (status, content) == (200, b"")
    assert count[0] == len(PIECE) * PIECES
    assert peak < 2_000_000


def test_packed_answers_are_unpacked(ask):
    pieces = []
    ask("/packed", pieces.append)
    assert b"".join(pieces) == b"plain" * 9000


@pytest.mark.parametrize("path", ["/cut", "/packed-cut", "/packed-odd"])
def test_what_is_not_whole_is_told(ask, path):
    with pytest.raises(WireBrokenError):
        ask(path, lambda _: None)


def test_refusals_are_read_and_not_handed_over(ask):
    pieces = []
    status, _, content = ask("/refused", pieces.append)
    assert (status, content, pieces) == (403, b'{"error": 1}', [])


def test_what_the_taker_raises_comes_through_and_the_line_is_free_again(ask):
    class Enough(Exception):
        pass

    def take(_):
        raise Enough

    for _ in range(12):
        with pytest.raises(Enough):
            ask("/large", take)
    assert ask("/packed", lambda _: None)[0] == 200
