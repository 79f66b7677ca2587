"""`postrider send` as a process: no Qt, one delivery, whatever the provider does to the answer."""

from __future__ import annotations

import base64
import email
import hashlib
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.server import SandboxServer
from tests.support.profile import (
    ADA_GMAIL,
    ADA_OUTLOOK,
    environment,
    make_profile,
    run,
    start,
)
from tests.support.sandbox import ControlClient, sandbox

SENDERS = pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])


@pytest.fixture(scope="module")
def server() -> Any:
    with sandbox() as running:
        yield running


@pytest.fixture
def control(server: SandboxServer) -> ControlClient:
    client = ControlClient(server.url)
    client.call("POST", "/reset", {})
    return client


@pytest.fixture
def env(tmp_path: Path, server: SandboxServer, control: ControlClient) -> dict[str, str]:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL, ADA_OUTLOOK])
    return environment(tmp_path / "profile", server.url)


def send_arguments(sender: str, *more: str) -> list[str]:
    return [
        *("send", "--json", "--from", sender, "--to", "Jane Doe <jane@northwind.example>"),
        *("--subject", "Preise für Ω", "--wait", "30", *more),
    ]


@SENDERS
def test_mail_arrives_byte_for_byte(
    sender: str, env: dict[str, str], control: ControlClient, tmp_path: Path
) -> None:
    deck = tmp_path / "Präsentation.pdf"
    deck.write_bytes(bytes(range(256)) * 4000)
    code, answers, _ = run(
        send_arguments(sender, "--text", "Hallo Jane", "--attach", str(deck)), env
    )
    assert code == 0
    assert answers[0]["state"] == "sent"
    assert answers[0]["wire_message_id"]
    (accepted,) = control.deliveries()
    assert accepted["provider_message_id"] == answers[0]["provider_message_id"]
    (copy,) = control.delivered("jane@northwind.example")
    message = email.message_from_bytes(base64.b64decode(copy["raw_base64"]))
    text, attached = message.get_payload()
    assert text.get_payload(decode=True).strip() == b"Hallo Jane"
    payload = attached.get_payload(decode=True)
    assert hashlib.sha256(payload).digest() == hashlib.sha256(deck.read_bytes()).digest()


@SENDERS
@pytest.mark.parametrize(
    ("operation", "kind", "more"),
    [
        ("send", "throttle", {"form": "seconds", "delay_s": 1}),
        ("create_draft", "throttle", {"form": "seconds", "delay_s": 1}),
        ("send", "drop_after", {}),
        ("send", "refuse_before", {}),
        ("send", "status_after", {"status": 504}),
        ("send", "status_before", {"status": 500}),
        ("create_draft", "drop_after", {}),
        ("send", "stall", {"when": "after", "delay_s": 2}),
        ("send", "unauthorized", {}),
    ],
)
def test_fault_leaves_one_delivery(
    sender: str,
    operation: str,
    kind: str,
    more: dict[str, Any],
    env: dict[str, str],
    control: ControlClient,
) -> None:
    fault = control.fault(operation, kind, **more)
    code, answers, errors = run(send_arguments(sender, "--text", "Hallo"), env)
    assert (code, answers[-1]["state"]) == (0, "sent"), errors
    assert len(control.deliveries()) == 1
    given = {one["id"]: one for one in control.call("GET", "/faults")}
    assert given[fault["id"]]["hits"] == 1


def test_repeated_key_sends_once(env: dict[str, str], control: ControlClient) -> None:
    arguments = send_arguments(ADA_GMAIL, "--text", "Hallo", "--idempotency-key", "k1")
    first, second = run(arguments, env), run(arguments, env)
    assert first[1][0]["uid"] == second[1][0]["uid"]
    assert len(control.deliveries()) == 1
    other = run(send_arguments(ADA_GMAIL, "--text", "Other", "--idempotency-key", "k1"), env)
    assert other[0] == 65
    assert other[1][0]["error"]["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["send", "--from", ADA_GMAIL, "--subject", "x", "--text", "y"], 65, "Nobody is named"),
        (["send", "--from", ADA_GMAIL, "--to", "not an address"], 65, "not an address"),
        (["send", "--from", "who@else.example", "--to", "a@b.example"], 77, "who@else.example"),
        (["send", "--from", ADA_GMAIL, "--to", "a@b.example", "--attach", "/none"], 65, "none"),
        (["outbox", "show", "nothing"], 65, "There is no record"),
        (["sendd"], 64, "invalid choice"),
    ],
)
def test_bad_input_is_one_clear_sentence_and_sends_nothing(
    arguments: list[str], code: int, words: str, env: dict[str, str], control: ControlClient
) -> None:
    got, _, errors = run(arguments, env)
    assert got == code
    assert words in errors
    assert "Traceback" not in errors
    assert control.deliveries() == []


def test_dead_network_keeps_the_mail_and_says_so(
    env: dict[str, str], server: SandboxServer, control: ControlClient
) -> None:
    dead = {**env, "POSTRIDER_SANDBOX_URL": "http://127.0.0.1:9"}
    arguments = [
        *("send", "--json", "--from", ADA_GMAIL, "--to", "jane@northwind.example"),
        *("--subject", "later", "--text", "Hallo", "--wait", "1"),
    ]
    code, answers, _ = run(arguments, dead)
    assert (code, answers[0]["state"], answers[0]["reason"]) == (75, "queued", "offline")
    code, answers, _ = run(["outbox", "retry", "--json", answers[0]["uid"]], env)
    assert (code, answers[0]["state"]) == (0, "sent")
    assert len(control.deliveries()) == 1


def test_revoked_account_holds_the_mail(env: dict[str, str], control: ControlClient) -> None:
    control.call("POST", f"/accounts/{ADA_GMAIL}/revoke", {})
    code, answers, _ = run(send_arguments(ADA_GMAIL, "--text", "Hallo"), env)
    assert (code, answers[0]["state"], answers[0]["reason"]) == (77, "held", "sign_in")
    _, accounts, _ = run(["accounts", "list", "--json"], env)
    states = {one["address"]: one["state"] for one in accounts}
    assert states == {ADA_GMAIL: "signed_out", ADA_OUTLOOK: "connected"}


def test_no_qt_is_imported(env: dict[str, str]) -> None:
    command = {**env, "PYTHONPROFILEIMPORTTIME": "1"}
    done = start(send_arguments(ADA_GMAIL, "--text", "Hallo"), command)
    _, errors = done.communicate(timeout=60)
    assert done.returncode == 0
    assert "app.outbox.courier" in errors
    assert "PySide6" not in errors
