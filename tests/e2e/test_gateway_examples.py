"""The documented examples, by curl, Python and JavaScript: only host, key and ids are ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.server import SandboxServer
from tests.support.gateway import Desk, desk
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import sandbox
from tests.support.sources import ROOT

EXAMPLES = {
    one["name"]: one
    for one in json.loads((ROOT / "tests/fixtures/gateway/requests.json").read_text("utf-8"))
}
TIMEOUT_S = 60
ISO_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ISO_MILLIS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

Client = Callable[[str, dict[str, Any], dict[str, str]], tuple[int, Any]]

_NODE = """
const [url, method, headers, body] = JSON.parse(process.argv[1]);
fetch(url, {method, headers, body}).then(async (response) => {
  console.log(JSON.stringify([response.status, await response.json()]));
});
"""


def by_curl(url: str, example: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    command = ["curl", "--silent", "--request", example["method"], "--url", url]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    command += ["--data", json.dumps(example["json"]), "--write-out", "\n%{http_code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def by_python(url: str, example: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    import requests

    answer = requests.request(
        example["method"], url, json=example["json"], headers=headers, timeout=TIMEOUT_S
    )
    return answer.status_code, answer.json()


def by_node(url: str, example: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
    argument = json.dumps([url, example["method"], headers, json.dumps(example["json"])])
    done = subprocess.run(
        ["node", "-e", _NODE, argument],
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    status, value = json.loads(done.stdout)
    return status, value


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


CLIENTS = [
    pytest.param(by_curl, id="curl", marks=_needs("curl")),
    pytest.param(by_python, id="python"),
    pytest.param(by_node, id="node", marks=_needs("node")),
]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def profile(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile")
    make_profile(folder, server.url, [ADA_GMAIL])
    return folder


@pytest.fixture(scope="module")
def at_desk(profile: Path, server: SandboxServer) -> Iterator[Desk]:
    with desk(profile, server) as made:
        yield made


def _filled(name: str, at: Desk, **ids: str) -> dict[str, Any]:
    """Give an example with our ids in it, under a fresh idempotency key."""
    text = json.dumps(EXAMPLES[name])
    known = {"address": ADA_GMAIL, "account": at.account(ADA_GMAIL), "uuid": str(uuid.uuid4())}
    for key, value in (known | ids).items():
        text = text.replace("{" + key + "}", value)
    example: dict[str, Any] = json.loads(text)
    if "Idempotency-Key" in example["headers"]:
        example["headers"]["Idempotency-Key"] = str(uuid.uuid4())
    if "idempotency_key" in example["json"]:
        example["json"]["idempotency_key"] = str(uuid.uuid4())
    return example


def _send(client: Client, example: dict[str, Any], at: Desk) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {at.caller.token}", **example["headers"]}
    return client(at.url + example["path"], example, headers)


@pytest.mark.parametrize("client", CLIENTS)
def test_workspace_example_answers_as_documented(client: Client, at_desk: Desk) -> None:
    status, value = _send(client, _filled("workspace", at_desk), at_desk)

    assert status == 200
    assert list(value) == ["data"]
    data = value["data"]
    assert list(data) == ["id", "thread_id", "provider", "status", "sent_at"]
    assert (data["provider"], data["status"]) == ("gmail", "sent")
    assert ISO_SECONDS.fullmatch(data["sent_at"])
    sent = [one["provider_message_id"] for one in at_desk.sandbox.control.deliveries()]
    assert sent.count(data["id"]) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_mailbox_example_answers_as_documented(client: Client, at_desk: Desk) -> None:
    status, value = _send(client, _filled("mailbox", at_desk), at_desk)

    assert status == 200
    assert list(value) == ["message", "conversationId", "threadId"]
    message = value["message"]
    wanted = {
        "_id", "organizationId", "conversationId", "userId", "channelType", "isIncoming",
        "isInternal", "status", "body", "attachments", "createdAt", "updatedAt",
    }  # fmt: skip
    assert wanted <= message.keys()
    assert message["status"] == "delivered"
    assert message["channelType"] == "email"
    assert message["body"] == "Hi Jamie — attaching this week's report."
    assert (message["isIncoming"], message["isInternal"]) == (False, False)
    assert message["attachments"] == []
    assert ISO_MILLIS.fullmatch(message["createdAt"])
    assert message["conversationId"] == value["conversationId"]


@pytest.mark.parametrize("client", CLIENTS)
def test_account_examples_answer_as_documented(client: Client, at_desk: Desk) -> None:
    status, fresh = _send(client, _filled("account", at_desk), at_desk)

    assert status == 200
    names = ["outbound_email_uid", "provider_message_id", "provider_thread_id", "status", "sent_at"]
    assert list(fresh) == names
    assert fresh["status"] == "sent"
    assert ISO_SECONDS.fullmatch(fresh["sent_at"])

    reply = _filled("account reply", at_desk, message=fresh["outbound_email_uid"])
    status, answered = _send(client, reply, at_desk)
    assert (status, list(answered)) == (200, names)
    assert answered["provider_thread_id"] == fresh["provider_thread_id"]


@pytest.mark.parametrize("client", CLIENTS)
def test_draft_example_answers_as_documented(client: Client, at_desk: Desk) -> None:
    draft = {"to": ["customer@example.com"], "subject": "Draft", "body_text": "Hello"}
    uid = at_desk.caller.post("/api/email/drafts", draft).json["draft_uid"]

    status, value = _send(client, _filled("account draft", at_desk, draft=uid), at_desk)

    assert (status, value["status"]) == (200, "sent")


@pytest.mark.parametrize("client", CLIENTS)
def test_placeholders_of_the_documents_are_named_one_by_one(client: Client, at_desk: Desk) -> None:
    status, value = _send(client, _filled("account placeholders", at_desk), at_desk)

    assert status == 400
    assert value["error"]["code"] == "validation_error"
    assert [one["field"] for one in value["error"]["details"]] == [
        "to[0]",
        "cc[0]",
        "bcc[0]",
        "attachments[0].content_type",
        "attachments[0].data_base64",
    ]
