"""One sandbox for the module, a signed-in account of each provider for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.domain.account import Account, ProviderKind
from app.ports import Provider
from app.providers.factory import Providers
from app.providers.http import HttpLimits
from app.runtime.clock import SystemClock
from app.sandbox.server import SandboxServer
from tests.support.sandbox import QUICK, sandbox
from tests.support.signed_in import Desk

ADDRESSES = {
    ProviderKind.GMAIL: "ada@acme.example",
    ProviderKind.MICROSOFT: "nina@fabrikam.example",
}
LIMITS = HttpLimits(connect_s=5.0, read_s=5.0, write_s=5.0)


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> Iterator[SandboxServer]:
    running.control.reset()
    running.control.settings(**QUICK, auto_consent=True, quota_units_per_min=None)
    yield running
    running.control.clear_faults()


@pytest.fixture
def desk(server: SandboxServer) -> Desk:
    return Desk.at(server)


@pytest.fixture
def providers(desk: Desk) -> Iterator[Providers]:
    factory = Providers(
        endpoints=desk.endpoints, sign_in=desk.sign_in, clock=SystemClock(), limits=LIMITS
    )
    yield factory
    factory.close()


@pytest.fixture
def connect(desk: Desk, providers: Providers) -> Callable[..., tuple[Account, Provider]]:
    def connect(kind: ProviderKind, **consent: object) -> tuple[Account, Provider]:
        account = desk.connect(kind, ADDRESSES[kind], uid=f"uid-{kind.value}", **consent)
        return account, providers.provider(account)

    return connect


@pytest.fixture
def gmail(connect: Callable[..., tuple[Account, Provider]]) -> Provider:
    return connect(ProviderKind.GMAIL)[1]


@pytest.fixture
def graph(connect: Callable[..., tuple[Account, Provider]]) -> Provider:
    return connect(ProviderKind.MICROSOFT)[1]


@pytest.fixture
def either(kind: ProviderKind, connect: Callable[..., tuple[Account, Provider]]) -> Provider:
    return connect(kind)[1]
