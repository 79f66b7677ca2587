"""One idempotency key, one delivery, one answer: repeated, at once, across kill -9 and for a day."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.outbound import OutboundState
from app.domain.permission import Permission
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from tests.support.clock import SettableClock
from tests.support.gateway import (
    ACCOUNT,
    MAILBOX,
    WORKSPACE,
    Answer,
    Caller,
    Desk,
    desk,
    gateway_process,
)
from tests.support.profile import ADA_GMAIL, environment, make_profile, open_profile
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

MESSAGE = {"to": "jane@example.com", "subject": "Once", "body_text": "Hello"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def control(server: SandboxServer) -> ControlClient:
    client = ControlClient(server.url)
    client.call("POST", "/reset", {})
    return client


@pytest.fixture
def folder(tmp_path: Path, server: SandboxServer, control: ControlClient) -> Path:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    return tmp_path / "profile"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def at(folder: Path, server: SandboxServer, clock: SettableClock) -> Iterator[Desk]:
    with desk(folder, server, clock=clock) as made:
        yield made


def _bodies(at: Desk) -> list[tuple[str, dict[str, Any]]]:
    return [
        (WORKSPACE, MESSAGE),
        (MAILBOX, {"from": ADA_GMAIL, "to": "jane@example.com", "body": "Hello"}),
        (ACCOUNT, {"from_account_id": at.account(ADA_GMAIL), **MESSAGE, "to": ["j@example.com"]}),
    ]


@pytest.mark.parametrize("index", [0, 1, 2], ids=["workspace", "mailbox", "account"])
def test_repeated_request_gets_the_first_answer_byte_for_byte(at: Desk, index: int) -> None:
    path, body = _bodies(at)[index]

    first = at.caller.post(path, body, Idempotency_Key="k1")
    again = at.caller.post(path, dict(reversed(body.items())), Idempotency_Key="k1")

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(at.mails()) == 1


def test_key_in_the_body_is_honoured_for_fresh_messages_and_replies(at: Desk) -> None:
    account = at.account(ADA_GMAIL)
    fresh = {"from_account_id": account, "to": ["j@example.com"], "subject": "S", "body_text": "a"}
    first = at.caller.post(ACCOUNT, {**fresh, "idempotency_key": "k"})
    again = at.caller.post(ACCOUNT, {**fresh, "idempotency_key": "k"})
    reply = {
        "to": ["j@example.com"],
        "subject": "Re: S",
        "body_text": "b",
        "reply_to_message_uid": first.json["outbound_email_uid"],
        "idempotency_key": "r",
    }
    answered = at.caller.post(ACCOUNT, reply)
    repeated = at.caller.post(ACCOUNT, reply)

    assert first.body == again.body
    assert answered.body == repeated.body
    assert len(at.mails()) == 2


def test_same_key_for_another_message_is_a_conflict(at: Desk) -> None:
    at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")

    other = at.caller.post(WORKSPACE, {**MESSAGE, "subject": "Other"}, Idempotency_Key="k")

    assert (other.status, other.code) == (409, "idempotency_conflict")
    assert len(at.mails()) == 1


def test_attachments_that_differ_by_one_byte_are_another_message(at: Desk) -> None:
    def body(data: str) -> dict[str, Any]:
        file = {"filename": "a.bin", "mime_type": "application/x-data", "content_base64": data}
        return {**MESSAGE, "attachments": [file]}

    first = at.caller.post(WORKSPACE, body("AAAA"), Idempotency_Key="k")
    other = at.caller.post(WORKSPACE, body("AAAB"), Idempotency_Key="k")

    assert (first.status, other.status, other.code) == (200, 409, "idempotency_conflict")
    assert len(at.mails()) == 1


def test_keys_of_another_caller_and_another_endpoint_are_their_own(at: Desk) -> None:
    other = at.key(*Permission)
    answers = [
        at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k"),
        other.post(WORKSPACE, MESSAGE, Idempotency_Key="k"),
        at.caller.post(*_bodies(at)[1], Idempotency_Key="k"),
    ]

    assert [one.status for one in answers] == [200, 200, 200]
    assert all("idempotent-replayed" not in one.headers for one in answers)
    assert len(at.mails()) == 3


def test_fifty_at_once_are_one_delivery_and_one_answer(at: Desk) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k"), range(50))
        )

    good = [one for one in answers if one.status == 200]
    assert {one.status for one in answers} <= {200, 409}
    assert len({one.body for one in good}) == 1
    assert sum("idempotent-replayed" not in one.headers for one in good) == 1
    assert len(at.mails()) == 1


def test_while_the_first_runs_the_second_is_told_to_wait(
    folder: Path, server: SandboxServer
) -> None:
    with desk(folder, server, **{"send.timeout_s": 60.0}) as at, ThreadPoolExecutor(1) as pool:
        at.sandbox.control.fault("create_draft", "stall", delay_s=30)
        first = pool.submit(at.caller.post, WORKSPACE, MESSAGE, Idempotency_Key="k")
        wait_until(lambda: at.services.records.list_records(OutboxView.ALL))
        second = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k", Prefer="wait=0")
        at.sandbox.control.release()
        answer = first.result()

        assert (second.status, second.code) == (409, "idempotency_conflict")
        assert second.headers["retry-after"] == "1"
        assert answer.status == 200
        assert len(at.mails()) == 1


@pytest.mark.expects_log("outbox: the clock was set")
def test_after_a_day_the_key_may_be_used_anew_and_the_record_stays(
    at: Desk, clock: SettableClock
) -> None:
    first = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    clock.set_by(timedelta(hours=23, minutes=59))
    within = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    clock.set_by(timedelta(minutes=2))
    after = at.caller.post(WORKSPACE, {**MESSAGE, "subject": "New"}, Idempotency_Key="k")

    assert within.body == first.body
    assert (after.status, "idempotent-replayed" in after.headers) == (200, False)
    assert len(at.mails()) == 2
    assert len(at.services.records.list_records(OutboxView.ALL)) == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (WORKSPACE, {**MESSAGE, "to": "nobody"}, 400),
        (MAILBOX, {"from": "who@else.example", "to": "j@example.com", "body": "x"}, 403),
        (WORKSPACE, {**MESSAGE, "thread_id": "nowhere"}, 400),
        (WORKSPACE, {**MESSAGE, "subject": "{{deal.amount}}"}, 400),
    ],
)
def test_failure_before_anything_was_enqueued_does_not_use_the_key_up(
    at: Desk, path: str, body: dict[str, Any], status: int
) -> None:
    failed = at.caller.post(path, body, Idempotency_Key="k")
    good = dict(_bodies(at))[path]
    corrected = at.caller.post(path, good, Idempotency_Key="k")

    assert failed.status == status
    assert (corrected.status, "idempotent-replayed" in corrected.headers) == (200, False)
    assert len(at.mails()) == 1


def test_uncertain_outcome_is_queued_and_a_repeat_sends_nothing(
    folder: Path, server: SandboxServer
) -> None:
    with desk(folder, server, **{"gateway.wait_s": 0.5, "send.grace_s": 1.5}) as at:
        at.sandbox.control.fault("send", "drop_after")
        first = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
        again = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
        uid = first.headers["location"].rpartition("/")[2]

        assert (first.status, first.json["data"]["status"]) == (202, "queued")
        assert again.body == first.body
        wait_until(lambda: at.caller.get(first.headers["location"]).json["state"] == "sent")
        states = [one.state for one in at.services.records.history(uid)]
        assert OutboundState.UNCERTAIN in states
        assert len(at.mails()) == 1


def test_refusal_of_the_provider_is_kept_as_failed_and_repeated_as_it_was(at: Desk) -> None:
    refusal = {"error": {"code": 400, "message": "Recipient address rejected", "errors": []}}
    at.sandbox.control.fault("send", "status_before", status=400, body=refusal)

    first = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    again = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")

    assert (first.status, first.code) == (502, "provider_error")
    assert again.body == first.body
    assert at.caller.get(first.headers["location"]).json["status"] == "failed"
    assert at.mails() == []


def test_crash_between_record_and_answer_gives_the_record_s_answer(
    folder: Path, server: SandboxServer
) -> None:
    with desk(folder, server) as at:
        token = at.caller.token
        first = at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    with sqlite3.connect(folder / "postrider.db") as database:
        database.execute("UPDATE api_answer SET status = NULL, headers = NULL, body = NULL")
    database.close()
    with desk(folder, server) as at:
        again = Caller(at.url, token).post(WORKSPACE, MESSAGE, Idempotency_Key="k")
        assert len(at.mails()) == 1

    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replayed"] == "true"


def test_crash_between_claim_and_record_sends_once(folder: Path, server: SandboxServer) -> None:
    with desk(folder, server) as at:
        token = at.caller.token
        at.caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    with sqlite3.connect(folder / "postrider.db") as database:
        database.execute("UPDATE api_answer SET status = NULL, claim = 'k#lost'")
    database.close()
    with desk(folder, server) as at:
        again = Caller(at.url, token).post(WORKSPACE, MESSAGE, Idempotency_Key="k")
        assert len(at.mails()) == 2

    assert (again.status, "idempotent-replayed" in again.headers) == (200, False)


def test_answer_survives_kill_and_restart(
    folder: Path, server: SandboxServer, control: ControlClient
) -> None:
    token = _make_key(folder, server)
    env = environment(folder, server.url, **{"gateway.wait_s": 20})

    with gateway_process(env) as (child, url):
        first = Caller(url, token).post(WORKSPACE, MESSAGE, Idempotency_Key="k")
        os.kill(child.pid, signal.SIGKILL)
    with gateway_process(env) as (_, url):
        again = Caller(url, token).post(WORKSPACE, MESSAGE, Idempotency_Key="k")

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert again.headers["idempotent-replayed"] == "true"
    assert len(control.deliveries()) == 1


@pytest.mark.parametrize("when", ["create_draft", "send"])
def test_killed_while_it_delivers_the_repeat_still_sends_once(
    folder: Path, server: SandboxServer, control: ControlClient, when: str
) -> None:
    token = _make_key(folder, server)
    env = environment(folder, server.url, **{"gateway.wait_s": 20})
    control.fault(when, "stall", delay_s=30, when="after")

    with gateway_process(env) as (child, url), ThreadPoolExecutor(1) as pool:
        lost = pool.submit(_try, Caller(url, token))
        wait_until(lambda: any(one["hits"] for one in control.call("GET", "/faults")))
        os.kill(child.pid, signal.SIGKILL)
        assert lost.result() is None
    control.release()
    with gateway_process(env) as (_, url):
        answer = Caller(url, token).post(WORKSPACE, MESSAGE, Idempotency_Key="k")

    assert answer.status == 200
    assert answer.headers["idempotent-replayed"] == "true"
    assert len(control.deliveries()) == 1


def _try(caller: Caller) -> Answer | None:
    try:
        return caller.post(WORKSPACE, MESSAGE, Idempotency_Key="k")
    except OSError:
        return None


def _make_key(folder: Path, server: SandboxServer) -> str:
    with open_profile(folder, server.url) as services:
        return services.keys.create("test", list(Permission))[1]
