from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from app.sandbox.server import SandboxServer
from tests.support.sandbox import sandbox


@pytest.fixture(scope="session")
def shared_server() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture
def server(shared_server: SandboxServer) -> SandboxServer:
    """One process-wide server, its memory fresh for every test."""
    shared_server.control.reset()
    shared_server.control.settings(
        auto_consent=True,
        index_lag_s=0.0,
        sent_move_delay_s=0.0,
        x_header_drop_s=0.0,
        latency_ms=0.0,
        token_lifetime_s=3599.0,
        refresh_lifetime_s=None,
        strict_rotation=False,
        quota_units_per_min=None,
        device_interval_s=0.05,
        device_lifetime_s=900.0,
        down=False,
        refuse_second_send=False,
        gmail_concurrency=None,
        graph_concurrency=None,
        mailbox_limit_bytes=36_700_160,
    )
    return shared_server


Connect = Callable[..., httpx.Client]


@pytest.fixture
def connect(server: SandboxServer) -> Iterator[Connect]:
    """Make a client that is signed in: connect("gmail", "ada@acme.example", scopes=[…])."""
    clients = []

    def make(provider: str, address: str, scopes: list[str] | None = None) -> httpx.Client:
        token = server.control.token(provider, address, scopes)["access_token"]
        client = httpx.Client(
            base_url=server.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def ada(connect: Connect) -> httpx.Client:
    return connect("gmail", "ada@acme.example")


@pytest.fixture
def outlook(connect: Connect) -> httpx.Client:
    client = connect("microsoft", "ada@acme.onmicrosoft.example")
    client.headers["Prefer"] = 'IdType="ImmutableId"'
    return client


@pytest.fixture
def browser(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client
