"""How fast mail leaves: against the bound set by latency, without latency, and beside a client that retries.

Ratios and bounds are of the same run; the table is printed (`make bench`).
"""

from __future__ import annotations

import base64
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.domain.outbound import OutboundState
from app.paths import Paths
from app.ports import OutboxView
from app.services import Services
from app.wiring import open_services
from tests.support.fault_desk import UNHINDERED
from tests.support.profile import ACCOUNTS, ADA_GMAIL, make_profile
from tests.support.sandbox import ControlClient, sandbox_process
from tests.support.soak_worker import submit
from tests.support.waiting import wait_until

MAILS = 200
LATENCY_S = 0.15
QUICK = {"index_lag_s": 0.0, "sent_move_delay_s": 0.0, "x_header_drop_s": 0.0}


@pytest.fixture
def sandbox_url() -> Iterator[str]:
    with sandbox_process() as announced:
        ControlClient(announced["url"]).settings(**QUICK)
        yield announced["url"]


@contextmanager
def opened(
    folder: Path, url: str, addresses: tuple[str, ...] = tuple(ACCOUNTS)
) -> Iterator[Services]:
    make_profile(folder, url, addresses)
    core = open_services(Paths(folder), {**UNHINDERED, "sandbox.url": url})
    yield core
    core.close()


def deliver(core: Services, mails: int, first: int = 0) -> tuple[float, list[float]]:
    """Submit so many and wait until all are accepted; give the seconds and each submit()'s."""
    each = []
    begin = time.perf_counter()
    for number in range(first, first + mails):
        at = time.perf_counter()
        submit(core, number)
        each.append(time.perf_counter() - at)
    core.dispatcher.start()
    wait_until(lambda: sent(core) >= first + mails, timeout_s=120, what=lambda: sent(core))
    return time.perf_counter() - begin, each


def sent(core: Services) -> int:
    rows = core.records._database.query("SELECT count(*) FROM outbound WHERE state = 'sent'")
    return int(rows[0][0])


def unread(core: Services) -> int:
    """Count the messages whose sent copies were not compared yet."""
    return len(core.dispatcher._recovery.unread())


def show(name: str, **values: object) -> None:
    print(f"\n| {name} | " + " | ".join(f"{key} {value}" for key, value in values.items()) + " |")


def test_with_latency_mail_leaves_near_the_bound(tmp_path: Path, sandbox_url: str) -> None:
    control = ControlClient(sandbox_url)
    with opened(tmp_path, sandbox_url) as core:
        deliver(core, len(ACCOUNTS))
        before = len(control.requests())
        control.settings(latency_ms=LATENCY_S * 1000)
        took_s, _ = deliver(core, MAILS, len(ACCOUNTS))
        # What is asked later, of the sent copies, does not raise the bound.
        calls = len(control.requests()) - before
        control.settings(latency_ms=0)
    bound_s = calls * LATENCY_S / len(ACCOUNTS)
    show(
        "200 mails, 4 accounts, 150 ms",
        took=f"{took_s:.2f} s",
        calls=calls,
        bound=f"{bound_s:.2f} s",
        ratio=f"{took_s / bound_s:.2f} (at most 1.30)",
    )
    assert len(control.deliveries()) == MAILS + len(ACCOUNTS)
    assert took_s <= 1.3 * bound_s


def test_without_latency_mail_leaves_fast_and_durably(tmp_path: Path, sandbox_url: str) -> None:
    with opened(tmp_path, sandbox_url) as core:
        deliver(core, len(ACCOUNTS))
        cpu = time.process_time()
        begin = time.perf_counter()
        took_s, each = deliver(core, MAILS, len(ACCOUNTS))
        cpu_s = time.process_time() - cpu
        wait_until(lambda: unread(core) == 0, timeout_s=120, what=lambda: unread(core))
        all_s = time.perf_counter() - begin
    rate = MAILS / took_s
    show(
        "200 mails, no latency",
        rate=f"{rate:.0f} mails/s (wanted 150)",
        took=f"{took_s:.2f} s",
        own_cpu=f"{cpu_s:.2f} s",
        submit_median=f"{statistics.median(each) * 1000:.1f} ms",
        copies_read_after=f"{all_s:.2f} s",
    )
    assert len(ControlClient(sandbox_url).deliveries()) == MAILS + len(ACCOUNTS)
    # The rate wanted is 150 on two idle cores; what fails the run is a collapse.
    assert rate >= float(os.environ.get("POSTRIDER_BENCH_RATE", "30"))


def test_submit_is_durable_in_milliseconds(tmp_path: Path, sandbox_url: str) -> None:
    with opened(tmp_path, sandbox_url) as core:
        submit(core, 0)
        each = [timed(lambda number=number: submit(core, number)) for number in range(1, 101)]
    median_ms = statistics.median(each) * 1000
    show(
        "submit() to durable",
        median=f"{median_ms:.2f} ms (at most 5)",
        worst=f"{max(each) * 1000:.1f} ms",
    )
    assert median_ms <= 5


def timed(act: Callable[[], object]) -> float:
    at = time.perf_counter()
    act()
    return time.perf_counter() - at


def test_waiting_outbox_uses_no_cpu(tmp_path: Path, sandbox_url: str) -> None:
    with opened(tmp_path, sandbox_url) as core:
        deliver(core, 4)
        wait_until(lambda: not core.dispatcher._busy)
        cpu, begin = time.process_time(), time.perf_counter()
        threading.Event().wait(4.0)
        used = (time.process_time() - cpu) / (time.perf_counter() - begin)
    show("a waiting outbox", cpu=f"{used * 100:.2f} % of one core (at most 1)")
    assert used <= 0.01


@pytest.mark.expects_log("googleapiclient.http: Sleeping")
def test_lost_answers_double_mail_of_a_client_that_retries_and_none_of_ours(
    tmp_path: Path, sandbox_url: str
) -> None:
    control = ControlClient(sandbox_url)
    theirs = count_of_retrying_client(sandbox_url, control)
    control.call("DELETE", "/faults")
    times = {"send.grace_s": 0.6, "send.timeout_s": 0.5, "send.backoff_s": 0.05}
    make_profile(tmp_path, sandbox_url, [ADA_GMAIL])
    core = open_services(Paths(tmp_path), {**UNHINDERED, **times, "sandbox.url": sandbox_url})
    before = len(control.deliveries())
    for _ in range(5):
        control.fault("send", "status_after", status=503)
    for number in range(5):
        submit(core, number)
    core.dispatcher.start()
    wait_until(lambda: sent(core) == 5)
    assert {one.state for one in core.records.list_records(OutboxView.ALL)} == {OutboundState.SENT}
    core.close()
    ours = len(control.deliveries()) - before
    show(
        "5 mails, each answer lost after acceptance",
        google_api_python_client_num_retries_3=f"{theirs} delivered ({theirs - 5} twice)",
        postrider=f"{ours} delivered ({ours - 5} twice)",
    )
    assert theirs > 5
    assert ours == 5


def count_of_retrying_client(url: str, control: ControlClient) -> int:
    """Send five mails as programs commonly do: messages.send with num_retries=3."""
    import httplib2
    from google.oauth2.credentials import Credentials
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build

    tokens = control.call("POST", "/tokens", {"provider": "gmail", "account": ADA_GMAIL})
    # Refreshing by itself is of no interest here, so it gets a bare access token.
    transport = httplib2.Http(timeout=10)
    http = AuthorizedHttp(
        Credentials(token=tokens["access_token"]),  # type: ignore[no-untyped-call]
        http=transport,
    )
    service: Any = build(
        "gmail",
        "v1",
        http=http,
        static_discovery=True,
        client_options={"api_endpoint": url},
    )
    service._sleep = lambda _: None
    before = len(control.deliveries())
    for number in range(5):
        raw = f"From: {ADA_GMAIL}\r\nTo: jane@northwind.example\r\nSubject: retried {number}\r\n\r\nHi"
        body = {"raw": base64.urlsafe_b64encode(raw.encode()).decode()}
        control.fault("send", "status_after", status=503)
        request = service.users().messages().send(userId="me", body=body)
        request._sleep = lambda _: None
        request.execute(num_retries=3)
    transport.close()
    return len(control.deliveries()) - before
