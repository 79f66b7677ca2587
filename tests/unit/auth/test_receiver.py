"""The loopback receiver under everything a browser and a network may send it."""

from __future__ import annotations

import socket
import struct
import threading

import httpx
import pytest

from app.auth.receiver import Receiver
from app.domain.errors import Cancelled, SignInExpired
from app.runtime.cancel import CancelToken
from tests.support.waiting import DEADLINE_S, wait_until

STATE = "state-of-this-sign-in"


@pytest.fixture
def receiver():
    with Receiver(company="Google") as running:
        running.expect(STATE)
        yield running


def _url(receiver, rest):
    return f"http://127.0.0.1:{receiver.port}{rest}"


def _wait(receiver, cancel=None):
    return receiver.wait(cancel=cancel or CancelToken(), timeout_s=DEADLINE_S)


def test_takes_the_redirect(receiver):
    page = httpx.get(_url(receiver, f"/?state={STATE}&code=abc&scope=a+b"))
    assert page.status_code == 200
    assert "Google has answered" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "code" not in page.text.replace("charset", "")
    assert _wait(receiver) == {"state": STATE, "code": "abc", "scope": "a b"}


def test_takes_a_posted_form(receiver):
    page = httpx.post(_url(receiver, "/"), data={"state": STATE, "code": "abc"})
    assert page.status_code == 200
    assert _wait(receiver)["code"] == "abc"


def test_says_so_when_permission_was_denied(receiver):
    page = httpx.get(_url(receiver, f"/?state={STATE}&error=access_denied"))
    assert "Nothing was connected" in page.text
    assert _wait(receiver)["error"] == "access_denied"


@pytest.mark.parametrize(
    "rest",
    [
        "/favicon.ico",
        "/",
        "/?code=abc",
        "/?state=wrong&code=abc",
        f"/?state={STATE}",
        f"/other?state={STATE}&code=abc",
        "/?state=%00%ff&code=x",
        "/robots.txt",
    ],
)
def test_other_requests_change_nothing(receiver, rest):
    assert httpx.get(_url(receiver, rest)).status_code == 404
    httpx.get(_url(receiver, f"/?state={STATE}&code=right"))
    assert _wait(receiver)["code"] == "right"


def test_another_host_name_is_refused(receiver):
    headers = {"Host": "rebound.example"}
    page = httpx.get(_url(receiver, f"/?state={STATE}&code=abc"), headers=headers)
    assert page.status_code == 404


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"state=" + STATE.encode() + b"&code=x", "text/plain"),
        (b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
def test_odd_posts_are_refused(receiver, content, kind):
    page = httpx.post(_url(receiver, "/"), content=content, headers={"Content-Type": kind})
    assert page.status_code == 404


def test_idle_preconnects_do_not_block(receiver):
    idle = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(6)]
    try:
        page = httpx.get(_url(receiver, f"/?state={STATE}&code=abc"), timeout=5)
        assert page.status_code == 200
        assert _wait(receiver)["code"] == "abc"
    finally:
        for connection in idle:
            connection.close()


def test_bytes_that_are_no_http_do_not_stop_it(receiver):
    with socket.create_connection(("127.0.0.1", receiver.port)) as scan:
        scan.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        scan.recv(1000)
    httpx.get(_url(receiver, f"/?state={STATE}&code=abc"))
    assert _wait(receiver)["code"] == "abc"


def test_a_port_scan_does_not_stop_it(receiver):
    for number in range(60):
        scan = socket.create_connection(("127.0.0.1", receiver.port))
        if number % 2:
            # Reset instead of closing, as scanners do.
            scan.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        scan.close()
    httpx.get(_url(receiver, f"/?state={STATE}&code=abc"))
    assert _wait(receiver)["code"] == "abc"


def test_the_first_answer_counts(receiver):
    httpx.get(_url(receiver, f"/?state={STATE}&code=first"))
    httpx.get(_url(receiver, f"/?state={STATE}&code=second"))
    assert _wait(receiver)["code"] == "first"


def test_nothing_is_accepted_before_a_state_is_known():
    with Receiver(company="Google") as running:
        assert httpx.get(_url(running, "/?state=&code=abc")).status_code == 404


def test_giving_up_ends_the_wait_at_once(receiver):
    cancel = CancelToken()
    caught = []

    def wait():
        try:
            _wait(receiver, cancel)
        except Cancelled as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    cancel.cancel()
    thread.join(DEADLINE_S)
    assert caught


def test_a_page_that_is_never_used_expires(receiver):
    with pytest.raises(SignInExpired):
        receiver.wait(cancel=CancelToken(), timeout_s=0.01)


def test_the_port_is_free_afterwards():
    with Receiver(company="Google") as running:
        port = running.port

    def refused():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return True
        return False

    wait_until(refused, what="the port to be closed")


def test_it_listens_on_loopback_only(receiver):
    assert receiver._server.server_address[0] == "127.0.0.1"
