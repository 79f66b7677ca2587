"""What holds for every test: no display, no network but loopback, no real profile or keyring.

An unexpected WARNING in the log fails the test. Allow one by the marker
`@pytest.mark.expects_log("logger: part of the message")` or by `log_guard.allow(...)`.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.logs import LogGuard

# Before anything imports Qt.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
# The person's own keyring is not for tests; those that need one inject it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

settings.register_profile(
    "postrider",
    deadline=None,  # two busy cores are no reason to fail
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("postrider")

_PROFILE_VARIABLES = (
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
)


def _is_loopback(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: a connection or a name look-up off loopback is an error in any test."""
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise RuntimeError(f"a test connects off loopback: {address[0]}")
    elif event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host is not None and not _is_loopback(str(host)):
            raise RuntimeError(f"a test looks up a name: {host}")


sys.addaudithook(_refuse_the_network)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "expects_log(*patterns): records of WARNING and above that this test allows"
    )


@pytest.fixture(scope="session", autouse=True)
def _collector_off() -> Iterator[None]:
    """Collect cycles in this thread only, as the program does: workers must not destroy QObjects."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _collect_everything() -> Iterator[None]:
    """Collect fully once a file, and keep what survives out of the next collections: they stay fast."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _collect_cycles() -> Iterator[None]:
    """Collect what one test left; windows of tests are short-lived, so the young generations do."""
    yield
    gc.collect(1)


@pytest.fixture(autouse=True)
def _no_real_profile(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Point every home directory at an empty one and drop POSTRIDER_ variables."""
    home: Path = tmp_path_factory.mktemp("home")
    for name in _PROFILE_VARIABLES:
        monkeypatch.setenv(name, str(home))
    for name in list(os.environ):
        if name.startswith("POSTRIDER_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def log_guard(request: pytest.FixtureRequest) -> Iterator[LogGuard]:
    """Fail the test at its end if something logged a WARNING that was not expected."""
    guard = LogGuard()
    for marker in request.node.iter_markers("expects_log"):
        guard.allow(*marker.args)
    root = logging.getLogger()
    root.addHandler(guard)
    yield guard
    root.removeHandler(guard)
    unexpected = guard.unexpected()
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)
