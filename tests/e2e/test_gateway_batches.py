"""Many requests at once share a commit: what was answered is there, what was refused is not."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from app.domain.permission import Permission
from app.outbox.receipts import verify_record
from app.paths import Paths
from app.ports import OutboxView
from app.runtime.file_lock import lock_file
from app.sandbox.server import SandboxServer
from tests.support.gateway import ACCOUNT, WORKSPACE, Answer, Caller, gateway_process
from tests.support.profile import ADA_GMAIL, environment, make_profile, open_profile
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

MESSAGE = {"to": "jane@example.com", "subject": "Batch", "body_html": "<p>Hello</p>"}
NOW = {"prefer": "wait=0"}
LIMITS = {"gateway.per_second": 1_000_000, "gateway.per_day": 1_000_000}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, server: SandboxServer) -> Iterator[Path]:
    """A profile that another process delivers for, so that its records stay as they are."""
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    lease = lock_file(Paths(tmp_path / "profile").lease)
    assert lease is not None
    with lease:
        yield tmp_path / "profile"


@pytest.fixture
def token(folder: Path, server: SandboxServer) -> str:
    with open_profile(folder, server.url) as services:
        return services.keys.create("test", list(Permission))[1]


@pytest.fixture
def env(folder: Path, server: SandboxServer) -> dict[str, str]:
    return environment(folder, server.url, **LIMITS)


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    return {**MESSAGE, "subject": f"Batch {number}", **changes}


def uid_of(answer: Answer) -> str:
    return answer.headers["location"].rpartition("/")[2]


def kept_subjects(folder: Path, server: SandboxServer) -> dict[str, str]:
    """Give the subject of every record by its uid, after checking each to its last byte."""
    with open_profile(folder, server.url) as services:
        found = services.records.list_records(OutboxView.ALL, limit=10_000)
        for one in found:
            verified = verify_record(one, records=services.records, blobs=services.blobs)
            assert not verified.fault, verified
        return {one.uid: one.subject for one in found}


def test_what_is_refused_takes_none_of_its_neighbours_with_it(
    folder: Path, server: SandboxServer, token: str, env: dict[str, str]
) -> None:
    wrong: list[dict[str, Any]] = [
        {"subject": "{{deal.amount}}"},
        {"attachments": [{"filename": "a", "storage_path": "nowhere"}]},
        {"to": "jane@nowhere"},
        {"thread_id": "nowhere"},
    ]

    def send(number: int) -> Answer:
        changes = wrong[number // 5 % 4] if number % 5 == 0 else {}
        body = numbered(number, **changes)
        return caller.call("POST", WORKSPACE, body, {**NOW, "Idempotency-Key": f"k{number}"})

    with gateway_process(env) as (_, url), ThreadPoolExecutor(40) as pool:
        caller = Caller(url, token)
        answers = list(pool.map(send, range(200)))
        used = caller.call("POST", WORKSPACE, numbered(0), {**NOW, "Idempotency-Key": "k0"})

    assert [one.status for one in answers] == [400 if n % 5 == 0 else 202 for n in range(200)]
    expected = {uid_of(answers[n]): f"Batch {n}" for n in range(200) if n % 5}
    assert kept_subjects(folder, server) == {**expected, uid_of(used): "Batch 0"}


def test_fifty_at_once_with_one_key_are_one_record(
    folder: Path, server: SandboxServer, token: str, env: dict[str, str]
) -> None:
    headers = {**NOW, "Idempotency-Key": "k"}
    with gateway_process(env) as (_, url), ThreadPoolExecutor(50) as pool:
        caller = Caller(url, token)
        answers = list(
            pool.map(lambda _: caller.call("POST", WORKSPACE, MESSAGE, headers), range(50))
        )

    assert {one.status for one in answers} == {202}
    assert len({one.body for one in answers}) == 1
    assert sum("idempotent-replayed" not in one.headers for one in answers) == 1
    assert len(kept_subjects(folder, server)) == 1


def test_two_gateways_of_one_profile_take_a_key_once(
    folder: Path, server: SandboxServer, token: str, env: dict[str, str]
) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(gateway_process(env))[1] for _ in range(2)]
        pool = stack.enter_context(ThreadPoolExecutor(16))
        callers = [Caller(url, token) for url in urls]

        def send(number: int) -> Answer:
            key = number // 4
            headers = {**NOW, "Idempotency-Key": f"k{key}"}
            return callers[number % 2].call("POST", WORKSPACE, numbered(key), headers)

        answers = list(pool.map(send, range(160)))

    assert {one.status for one in answers} == {202}
    uids = [{uid_of(one) for one in answers[n * 4 : n * 4 + 4]} for n in range(40)]
    bodies = [{one.body for one in answers[n * 4 : n * 4 + 4]} for n in range(40)]
    assert {len(one) for one in uids} == {len(one) for one in bodies} == {1}
    expected = {next(iter(one)): f"Batch {n}" for n, one in enumerate(uids)}
    assert kept_subjects(folder, server) == expected


def test_a_draft_that_two_send_at_once_is_one_record(
    folder: Path, server: SandboxServer, token: str, env: dict[str, str]
) -> None:
    with gateway_process(env) as (_, url), ThreadPoolExecutor(20) as pool:
        caller = Caller(url, token)
        draft = caller.post(
            "/api/email/drafts", {"to": ["j@example.com"], "subject": "D", "body_text": "x"}
        )
        body = {"draft_uid": draft.json["draft_uid"]}
        answers = list(pool.map(lambda _: caller.call("POST", ACCOUNT, body, NOW), range(20)))

    assert {one.status for one in answers} == {202}
    assert {uid_of(one) for one in answers} == set(kept_subjects(folder, server))
    assert len({uid_of(one) for one in answers}) == 1


def test_killed_between_two_answers_nothing_that_was_answered_is_lost(
    folder: Path, server: SandboxServer, token: str, env: dict[str, str]
) -> None:
    answered: dict[str, Answer] = {}
    lock = threading.Lock()

    def send(number: int) -> None:
        try:
            answer = Caller(url, token).call(
                "POST", WORKSPACE, numbered(number), {**NOW, "Idempotency-Key": f"k{number}"}
            )
        except (OSError, HTTPException):
            return
        with lock:
            answered[f"k{number}"] = answer

    with gateway_process(env) as (child, url), ThreadPoolExecutor(40) as pool:
        sent = [pool.submit(send, number) for number in range(600)]
        wait_until(lambda: len(answered) >= 100)
        os.kill(child.pid, signal.SIGKILL)
        for one in sent:
            one.result()

    assert 100 <= len(answered) < 600
    assert {one.status for one in answered.values()} == {202}
    kept = kept_subjects(folder, server)
    for key, answer in answered.items():
        assert kept[uid_of(answer)] == f"Batch {key[1:]}"
    with gateway_process(env) as (_, url), ThreadPoolExecutor(20) as pool:

        def repeat(number: int) -> Answer:
            return Caller(url, token).call(
                "POST", WORKSPACE, numbered(number), {**NOW, "Idempotency-Key": f"k{number}"}
            )

        again = list(pool.map(repeat, range(600)))

    for number, answer in enumerate(again):
        first = answered.get(f"k{number}")
        assert first is None or answer.body == first.body
    # Those that got no answer were kept with their keys, or not at all: now there is one of each.
    assert sorted(kept_subjects(folder, server).values()) == sorted(
        f"Batch {number}" for number in range(600)
    )
