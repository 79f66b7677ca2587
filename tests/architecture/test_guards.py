"""The guards every test stands under do stop what they are there to stop."""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from pathlib import Path

import pytest

from tests.support.logs import LogGuard
from tests.support.waiting import wait_until


def _record(level, text):
    return logging.LogRecord("outbox", level, __file__, 1, text, None, None)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_off_loopback_is_refused(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe, pytest.raises(RuntimeError, match="off loopback"):
        probe.connect((host, 80))


def test_a_name_is_not_looked_up():
    with pytest.raises(RuntimeError, match=r"looks up a name: mail\.example"):
        socket.getaddrinfo("mail.example", 443)


def test_loopback_is_open():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_the_profile_and_the_keyring_of_the_person_are_out_of_reach():
    import keyring

    assert type(keyring.get_keyring()).__module__ == "keyring.backends.fail"
    assert list(Path.home().iterdir()) == []
    assert [name for name in os.environ if name.startswith("POSTRIDER_")] == []


def test_an_unexpected_warning_is_reported_and_an_expected_one_is_not():
    guard = LogGuard()
    guard.allow(r"^outbox: gave up")

    guard.handle(_record(logging.WARNING, "gave up after 5 attempts"))
    guard.handle(_record(logging.ERROR, "something else"))

    assert guard.unexpected() == ["ERROR outbox: something else"]


def test_the_guard_hears_loggers_of_any_thread(log_guard):
    log_guard.allow("^outbox: from a thread$")
    thread = threading.Thread(target=logging.getLogger("outbox").warning, args=("from a thread",))
    thread.start()
    thread.join()

    assert log_guard.unexpected() == []
    assert log_guard.seen() == ["WARNING outbox: from a thread"]


def test_waiting_in_vain_fails_and_says_for_what():
    with pytest.raises(AssertionError, match=r"waited 0\.05 s in vain for the mail"):
        wait_until(lambda: False, timeout_s=0.05, what="the mail")


def test_waiting_returns_what_came():
    answers = iter([None, None, "mail"])

    assert wait_until(lambda: next(answers)) == "mail"


def test_cycles_are_collected_in_this_thread_only():
    assert not gc.isenabled()
