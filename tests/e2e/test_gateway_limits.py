"""Rates, caps and what is told of a bug."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from tests.support.gateway import WORKSPACE, Caller, desk
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import ControlClient, sandbox

GOOD = {"to": "jane@example.com", "subject": "Hello", "body_text": "Hi"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def folder(server: SandboxServer, tmp_path: Path) -> Path:
    ControlClient(server.url).call("POST", "/reset", {})
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    return tmp_path / "profile"


def test_too_many_in_a_second_are_told_when_to_come_back(
    folder: Path, server: SandboxServer
) -> None:
    with desk(folder, server, **{"gateway.per_second": 2}) as at:
        answers = [at.caller.get("/api/email/outbound") for _ in range(12)]
        other = at.key(*at.services.keys.list_keys()[0].permissions).get("/api/email/outbound")

    refused = [one for one in answers if one.status == 429]
    assert refused
    assert {one.code for one in refused} == {"rate_limited"}
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].headers["x-ratelimit-remaining"] == "0"
    assert other.status == 200


def test_the_day_s_limit_survives_a_restart(folder: Path, server: SandboxServer) -> None:
    flags = {"gateway.per_day": 3}
    with desk(folder, server, **flags) as at:
        token = at.caller.token
        first = [at.caller.post(WORKSPACE, GOOD) for _ in range(2)]
        failed = at.caller.post(WORKSPACE, {**GOOD, "subject": "{{deal.amount}}"})
    with desk(folder, server, **flags) as at:
        caller = Caller(at.url, token)
        third, fourth = caller.post(WORKSPACE, GOOD), caller.post(WORKSPACE, GOOD)
        sent = len(at.mails())

    assert [one.status for one in (*first, failed, third)] == [200, 200, 400, 200]
    assert [one.headers["x-ratelimit-remaining"] for one in first] == ["2", "1"]
    assert (fourth.status, fourth.code) == (429, "rate_limited")
    assert int(fourth.headers["retry-after"]) > 1
    assert sent == 3


def test_the_mailbox_s_own_cap_is_a_rate_limit(folder: Path, server: SandboxServer) -> None:
    with desk(folder, server, **{"limits.gmail_per_day": 1}) as at:
        first, second = at.caller.post(WORKSPACE, GOOD), at.caller.post(WORKSPACE, GOOD)
        kept = at.services.records.list_records(OutboxView.ALL)

    assert first.status == 200
    assert (second.status, second.code) == (429, "rate_limited")
    assert int(second.headers["retry-after"]) > 60
    assert len(kept) == 1


@pytest.mark.expects_log("gateway: answering req_")
def test_a_bug_is_told_by_its_request_id_alone(
    folder: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the inside")

    with desk(folder, server) as at:
        monkeypatch.setattr(type(at.services.gateway.threads), "list_outbound", broken)
        answer = at.caller.get("/api/email/outbound")

    assert (answer.status, answer.code) == (500, "internal_error")
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert b"the inside" not in answer.body
    assert b"ZeroDivision" not in answer.body
