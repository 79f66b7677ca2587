"""Profiles signed in at a sandbox, and the program as a process on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.account import ProviderKind
from app.domain.outbound import OutboundEmail
from app.paths import Paths
from app.ports import Clock, OutboxView, SignInFlow, SignInPrompt
from app.runtime.cancel import CancelToken
from app.services import Services
from app.wiring import open_services
from tests.support.waiting import wait_until

# The waits of the product, shortened: their ratios stay.
QUICK_TIMES = {
    "send.backoff_s": 0.05,
    "send.grace_s": 0.6,
    "send.settle_s": 3.0,
    "send.timeout_s": 0.5,
}
ADA_GMAIL = "ada@acme.example"
SAM_GMAIL = "sam@gmail-team.example"
ADA_OUTLOOK = "ada@acme.onmicrosoft.example"
NINA_OUTLOOK = "nina@fabrikam.example"
ACCOUNTS = {
    ADA_GMAIL: ProviderKind.GMAIL,
    SAM_GMAIL: ProviderKind.GMAIL,
    ADA_OUTLOOK: ProviderKind.MICROSOFT,
    NINA_OUTLOOK: ProviderKind.MICROSOFT,
}


def visit(prompt: SignInPrompt) -> None:
    """Open the consent page as a browser would; the sandbox grants at once."""
    if prompt.flow is SignInFlow.LOOPBACK:
        threading.Thread(target=_open, args=(prompt.url,), daemon=True).start()


def _open(url: str) -> None:
    with urllib.request.urlopen(url, timeout=20) as page:
        page.read()


@contextmanager
def open_profile(
    folder: Path, url: str, *, clock: Clock | None = None, **flags: object
) -> Iterator[Services]:
    """Open a profile on a sandbox, with quick times; closed at the end."""
    settings = {**QUICK_TIMES, "sandbox.url": url, **flags}
    services = open_services(Paths(folder), settings, clock=clock)
    try:
        yield services
    finally:
        services.close()


def sign_in(services: Services, address: str) -> None:
    """Connect one of the sandbox's accounts by its browser flow."""
    services.book.add(
        provider=ACCOUNTS[address],
        flow=SignInFlow.LOOPBACK,
        show=visit,
        cancel=CancelToken(),
        login_hint=address,
    )


def make_profile(folder: Path, url: str, addresses: Sequence[str] = tuple(ACCOUNTS)) -> None:
    """Make a profile with these accounts connected."""
    with open_profile(folder, url) as services:
        for address in addresses:
            sign_in(services, address)


def environment(folder: Path, url: str, **settings: object) -> dict[str, str]:
    """Give the environment of a program process on the profile."""
    values = {**QUICK_TIMES, "sandbox.url": url, **settings}
    named = {"POSTRIDER_" + key.upper().replace(".", "_"): str(one) for key, one in values.items()}
    return {**os.environ, **named, "POSTRIDER_PROFILE": str(folder)}


def start(arguments: Sequence[str], env: dict[str, str]) -> subprocess.Popen[str]:
    """Start the program as a process of its own, in its own process group."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(arguments: Sequence[str], env: dict[str, str]) -> tuple[int, list[dict[str, Any]], str]:
    """Run the program to its end; give exit code, JSON answers and stderr."""
    done = start(arguments, env)
    out, err = done.communicate(timeout=90)
    return done.returncode, [json.loads(line) for line in out.splitlines()], err


def settle(
    services: Services, is_done: Callable[[list[OutboundEmail]], bool]
) -> list[OutboundEmail]:
    """Deliver until the records are as wanted; give them, oldest first."""
    services.dispatcher.start()

    def rest() -> list[OutboundEmail] | None:
        records = services.records.list_records(OutboxView.ALL)[::-1]
        return records if is_done(records) else None

    return wait_until(rest)
