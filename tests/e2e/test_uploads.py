"""Uploads of 20 MB: kill -9 on the way, go on after the restart, nothing twice; and what is kept of it."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import sqlite3
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.domain.events import UploadProgressed
from app.domain.outbound import OutboundState, Reason
from app.outbox.receipts import export_record
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from app.services import Services
from tests.support.profile import (
    ADA_GMAIL,
    ADA_OUTLOOK,
    environment,
    make_profile,
    open_profile,
    settle,
    start,
)
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

MB = 1024 * 1024
SENDERS = pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
# The chunk on which the program is killed: about 60 % of the whole have arrived.
FATAL_CHUNK = {ADA_GMAIL: 4, ADA_OUTLOOK: 3}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


@pytest.fixture
def control(server: SandboxServer) -> ControlClient:
    client = ControlClient(server.url)
    client.call("DELETE", "/faults")
    client.call("POST", "/reset", {})
    return client


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.pdf"
    path.write_bytes(os.urandom(20 * MB))
    return path


def send(
    sender: str, file: Path, profile: Path, server: SandboxServer, *more: str
) -> subprocess.Popen[str]:
    return start(
        [
            *("send", *more, "--json", "--from", sender, "--to", "jane@northwind.example"),
            *("--subject", "The catalogue", "--text", "Hallo", "--attach", str(file)),
        ],
        environment(profile, server.url, **{"send.timeout_s": 30}),
    )


def interrupt(sender: str, file: Path, profile: Path, server: SandboxServer) -> None:
    """Send the file and kill the program with -9 at about 60 % of the upload."""
    control = ControlClient(server.url)
    make_profile(profile, server.url, [sender])
    control.fault("upload", "stall", skip=FATAL_CHUNK[sender], delay_s=60)
    process = send(sender, file, profile, server)
    wait_until(lambda: control.call("GET", "/faults")[0]["hits"])
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    control.call("DELETE", "/faults")
    control.release()


def chunks(rows: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Give first byte, end and total of every chunk that arrived."""
    found = []
    for row in rows:
        span = SPAN.fullmatch(row.get("content_range", ""))
        if span and str(row["status"]) in {"200", "201", "308"}:
            found.append((int(span[1]), int(span[2]) + 1, int(span[3])))
    return found


def files_of(row: dict[str, Any]) -> dict[str, bytes]:
    message = email.message_from_bytes(b64decode(row["raw_base64"]), policy=email.policy.default)
    return {str(one.get_filename()): one.get_content() for one in message.iter_attachments()}


def kept_state(profile: Path) -> str:
    with closing(sqlite3.connect(profile / "postrider.db")) as connection:
        return str(connection.execute("SELECT upload_state FROM outbound").fetchone()[0])


def is_sent(services: Services) -> None:
    settle(services, lambda records: all(one.state is OutboundState.SENT for one in records))


@SENDERS
def test_killed_at_60_percent_it_goes_on_and_delivers_once(
    sender: str, server: SandboxServer, control: ControlClient, large: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    interrupt(sender, large, profile, server)
    before = control.requests()
    arrived = max(end for _, end, _ in chunks(before))
    total = chunks(before)[0][2]
    assert 0.45 < arrived / total < 0.75
    assert kept_state(profile)
    seen: list[int] = []
    with open_profile(profile, server.url, **{"send.timeout_s": 30}) as services:
        services.bus.subscribe(UploadProgressed, lambda event: seen.append(event.percent))
        is_sent(services)
    [delivery] = control.deliveries()
    assert files_of(delivery) == {"catalogue.pdf": large.read_bytes()}
    # Every byte went over the wire once: what was there before the kill was not sent again.
    spans = sorted(chunks(control.requests()))
    assert [first for first, _, _ in spans] == [0, *(end for _, end, _ in spans[:-1])]
    assert spans[-1][1] == total
    assert min(seen) >= 45
    assert seen == sorted(set(seen))
    assert seen[-1] == 100
    assert kept_state(profile) == ""


@SENDERS
def test_a_session_that_expired_meanwhile_is_begun_anew(
    sender: str, server: SandboxServer, control: ControlClient, large: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    interrupt(sender, large, profile, server)
    with server.sandbox.lock:
        server.sandbox.uploads.clear()
    with open_profile(profile, server.url, **{"send.timeout_s": 30}) as services:
        is_sent(services)
    [delivery] = control.deliveries()
    assert files_of(delivery) == {"catalogue.pdf": large.read_bytes()}


@SENDERS
def test_what_goes_on_is_sealed_and_leaves_no_trace(
    sender: str, server: SandboxServer, control: ControlClient, large: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    interrupt(sender, large, profile, server)
    sealed = kept_state(profile)
    assert len(b64decode(sealed, validate=True)) > 60
    [upload] = server.sandbox.uploads.values()
    secrets = [
        upload.id,
        *(str(upload.target[name]) for name in ("token",) if name in upload.target),
    ]
    with open_profile(profile, server.url, **{"send.timeout_s": 30}) as services:
        is_sent(services)
        [record] = services.records.list_records(OutboxView.ALL)
        beside = export_record(
            record.uid, tmp_path / "out.eml", records=services.records, blobs=services.blobs
        )
        shown = (
            repr(record)
            + beside.read_text()
            + json.dumps([[one.event, one.detail] for one in services.records.history(record.uid)])
        )
    for text in (
        shown,
        *(one.read_bytes().decode("latin-1") for one in profile.rglob("*") if one.is_file()),
    ):
        assert all(secret not in text for secret in secrets)
    assert sealed not in shown


@SENDERS
def test_cancelled_in_a_pause_of_its_upload_nothing_stays_at_the_provider(
    sender: str, server: SandboxServer, control: ControlClient, large: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    make_profile(profile, server.url, [sender])
    control.fault("upload", "throttle", skip=2, delay_s=600)
    send(sender, large, profile, server, "--wait", "0").communicate()
    with open_profile(profile, server.url, **{"send.timeout_s": 30}) as services:
        [record] = settle(
            services,
            lambda found: found[0].reason is Reason.THROTTLED,
        )
        assert record.upload_state
        services.outbox.cancel(record.uid)
        settle(services, lambda found: not found[0].upload_state)
        assert services.records.list_records(OutboxView.ALL)[0].state is OutboundState.CANCELLED
    boxes = control.call("GET", "/mailboxes")
    subjects = [one["subject"] for box in boxes for one in box["messages"]]
    assert "The catalogue" not in subjects
    assert control.deliveries() == []
