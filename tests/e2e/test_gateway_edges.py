"""The edges of the three dialects and of HTTP: nothing, null, the longest, other methods and headers."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.domain.permission import Permission
from app.gateway import connections
from app.sandbox.server import SandboxServer
from tests.support.gateway import ACCOUNT, MAILBOX, WORKSPACE, Answer, Desk, desk, request
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, make_profile
from tests.support.sandbox import sandbox

UUID = "123e4567-e89b-12d3-a456-426614174000"
FILE = {"filename": "a.txt", "content_base64": "aGk="}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def at(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("edges") / "profile"
    make_profile(folder, server.url, [ADA_GMAIL, ADA_OUTLOOK])
    with desk(folder, server) as made:
        yield made


@pytest.fixture
def before(at: Desk) -> int:
    """Give how many mails other tests had accepted."""
    return len(at.mails())


def send(at: Desk, path: str, **changes: Any) -> Answer:
    bodies: dict[str, dict[str, Any]] = {
        WORKSPACE: {"to": "jane@x.example", "subject": "S", "body_text": "x"},
        MAILBOX: {"from": ADA_GMAIL, "to": ["jane@x.example"], "body": "x"},
        ACCOUNT: {
            "from_account_id": at.account(ADA_GMAIL),
            "to": ["jane@x.example"],
            "subject": "S",
            "body_text": "x",
        },
    }
    body = bodies[path] | changes
    return at.caller.post(path, {name: one for name, one in body.items() if one is not ...})


# --- nothing, null, and of another kind ---

_TEXT, _REQUIRED = "must be text", "is required"
_PEOPLE = "must be an address or a list of addresses"


@pytest.mark.parametrize("path", [WORKSPACE, MAILBOX, ACCOUNT])
@pytest.mark.parametrize(
    ("to", "field", "words"),
    [
        (None, "to", _REQUIRED),
        ("", "to", _REQUIRED),
        ([], "to", "must not be empty"),
        (5, "to", _PEOPLE),
        ({}, "to", _PEOPLE),
        (True, "to", _PEOPLE),
        ([None], "to[0]", _TEXT),
        (["a@x.example", 5], "to[1]", _TEXT),
        ("nobody", "to", "is no address"),
        ("a@x.example, b@x.example", "to", "more than one"),
        (["a@x.example", "b@"], "to[1]", "is no address"),
    ],
)
def test_to_that_is_none_is_named_as_it_was_written(
    path: str, to: Any, field: str, words: str, at: Desk
) -> None:
    answer = send(at, path, to=to)

    assert (answer.status, answer.code) == (400, "validation_error")
    assert field in answer.told
    assert words in answer.told[field]


@pytest.mark.parametrize(
    ("path", "field", "value", "words"),
    [
        (WORKSPACE, "subject", None, _REQUIRED),
        (WORKSPACE, "subject", "", _REQUIRED),
        (WORKSPACE, "subject", "x" * 999, "longer than 998 characters"),
        (WORKSPACE, "subject", 5, _TEXT),
        (WORKSPACE, "body_text", "", "Either body_html or body_text"),
        (WORKSPACE, "body_text", None, "Either body_html or body_text"),
        (WORKSPACE, "body_html", [], _TEXT),
        (WORKSPACE, "cc", 5, _PEOPLE),
        (WORKSPACE, "reply_to", ["a@x.example"], _TEXT),
        (WORKSPACE, "contact_id", "", "must be a UUID"),
        (WORKSPACE, "contact_id", UUID.replace("-", ""), "must be a UUID"),
        (WORKSPACE, "deal_id", f"{{{UUID}}}", "must be a UUID"),
        (WORKSPACE, "deal_id", f"urn:uuid:{UUID}", "must be a UUID"),
        (WORKSPACE, "thread_id", "", "must not be empty"),
        (WORKSPACE, "thread_id", "x" * 1001, "longer than 1000 characters"),
        (WORKSPACE, "attachments", {}, "must be a list"),
        (WORKSPACE, "attachments", [FILE] * 101, "more than 100 entries"),
        (MAILBOX, "from", None, _REQUIRED),
        (MAILBOX, "from", "", _REQUIRED),
        (MAILBOX, "from", [ADA_GMAIL], _TEXT),
        (MAILBOX, "body", None, _REQUIRED),
        (MAILBOX, "body", "", _REQUIRED),
        (MAILBOX, "provider", "microsoft", "'gmail' or 'outlook'"),
        (MAILBOX, "isHtml", "true", "true or false"),
        (MAILBOX, "isHtml", 1, "true or false"),
        (MAILBOX, "isInternal", True, "must be false"),
        (MAILBOX, "threadId", "", "must not be empty"),
        (MAILBOX, "inReplyTo", "<a@b> <c@d>", "one Message-ID"),
        (MAILBOX, "references", ["<a@b>"], _TEXT),
        (MAILBOX, "references", "", "Message-IDs"),
        (MAILBOX, "references", "<a@b>,<c@d>", "Message-IDs"),
        (ACCOUNT, "from_account_id", None, _REQUIRED),
        (ACCOUNT, "from_account_id", "", "must be a UUID"),
        (ACCOUNT, "from_account_id", UUID, "not a connected account"),
        (ACCOUNT, "subject", "", _REQUIRED),
        (ACCOUNT, "context_id", UUID, None),
        (ACCOUNT, "context_type", "invoice", None),
        (ACCOUNT, "context_type", "x" * 101, "longer than 100 characters"),
        (ACCOUNT, "idempotency_key", "", "must not be empty"),
        (ACCOUNT, "idempotency_key", "x" * 256, "longer than 255 characters"),
        (ACCOUNT, "idempotency_key", 5, _TEXT),
        (ACCOUNT, "draft_uid", "", "must be a UUID"),
        (ACCOUNT, "reply_to_message_uid", "x", "must be a UUID"),
        (ACCOUNT, "planned_send_at", "2030-01-01T00:00:00Z", "not a field"),
    ],
    ids=lambda one: ascii(one)[:24],
)
def test_edge_of_a_field_is_refused_in_its_words(
    path: str, field: str, value: Any, words: str | None, before: int, at: Desk
) -> None:
    answer = send(at, path, **{field: value})

    assert (answer.status, answer.code) == (400, "validation_error")
    if words is not None:
        told = " ".join(
            text for name, text in answer.told.items() if name.partition("[")[0] == field
        )
        assert words in told
    assert len(at.mails()) == before


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        (WORKSPACE, {"subject": "é" * 998}),
        (WORKSPACE, {"subject": "😀" * 998}),
        (WORKSPACE, {"subject": "\t"}),
        (WORKSPACE, {"contact_id": UUID.upper()}),
        (WORKSPACE, {"cc": None, "bcc": [], "reply_to": None, "thread_id": None}),
        (WORKSPACE, {"attachments": []}),
        (MAILBOX, {"from": f"Ada <{ADA_GMAIL.upper()}>"}),
        (MAILBOX, {"subject": "", "isHtml": None, "isInternal": False, "provider": None}),
        (MAILBOX, {"references": "<a@b>  <c@d>"}),
        (ACCOUNT, {"body_text": ...}),
        (ACCOUNT, {"draft_uid": None, "reply_to_message_uid": None, "idempotency_key": None}),
        (ACCOUNT, {"context_type": "invoice", "context_id": UUID}),
    ],
)
def test_edge_of_a_field_is_taken(
    path: str, changes: dict[str, Any], before: int, at: Desk
) -> None:
    assert send(at, path, **changes).status == 200
    assert len(at.mails()) == before + 1


def test_upload_keeps_its_name_unless_another_is_given(at: Desk) -> None:
    key = at.caller.upload("Plan.pdf", b"%PDF-1.4 x").json["storage_path"]

    send(at, WORKSPACE, attachments=[{"storage_path": key}])
    named = send(at, WORKSPACE, attachments=[{"content_base64": "aGk="}])

    (part,) = at.mails()[-1].iter_attachments()
    assert part.get_filename() == "Plan.pdf"
    assert named.told == {"attachments[0].filename": "attachments[0].filename is required."}


def test_draft_without_a_subject_has_none(at: Desk) -> None:
    for subject in ("", None):
        made = at.caller.post("/api/email/drafts", {"subject": subject, "body_text": "x"})
        assert (made.status, made.json["subject"]) == (201, "")


def test_sending_a_planned_draft_sends_it_now_and_once(before: int, at: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"to": ["a@x.example"], "subject": "S", "body_text": "x", "planned_send_at": later}
    draft = at.caller.post("/api/email/drafts", body).json

    first = at.caller.post(ACCOUNT, {"draft_uid": draft["draft_uid"]})
    again = at.caller.post(ACCOUNT, {"draft_uid": draft["draft_uid"]})

    assert (first.status, first.json["status"]) == (200, "sent")
    assert first.json["outbound_email_uid"] == draft["outbound_email_uid"]
    assert again.json == first.json
    assert len(at.mails()) == before + 1


def test_what_is_not_there_is_not_found_in_the_api_s_words(at: Desk) -> None:
    unknown = str(uuid.uuid4())
    for path, kind in (
        (f"/api/email/drafts/{unknown}", "draft"),
        (f"/api/email/outbound/{unknown}", "record"),
        (f"/api/conversation/{unknown}", "conversation"),
    ):
        answer = at.caller.get(path)
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.json["error"]["message"] == f"There is no {kind} with this id."


# --- HTTP ---


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=us-ascii", 200),
        ("application/json; charset=latin-1", 415),
        ("application/json;charset=UTF-16", 415),
        ("text/json", 415),
        ("application/json, text/plain", 415),
    ],
)
def test_type_of_a_body_is_json_in_utf_8(content_type: str, status: int, at: Desk) -> None:
    body = {"to": "a@x.example", "subject": "S", "body_text": "x"}
    answer = at.caller.call("POST", WORKSPACE, body, {"Content-Type": content_type})

    assert answer.status == status
    assert status == 200 or answer.code == "unsupported_media_type"


@pytest.mark.parametrize(
    "path", ["/healthz", "/openapi.json", "/api/email/drafts", "/api/email/outbound", "/nowhere"]
)
def test_head_is_get_without_the_body(path: str, at: Desk) -> None:
    get, head = at.caller.call("GET", path), at.caller.call("HEAD", path)

    assert (head.status, head.body) == (get.status, b"")
    for name in ("content-type", "content-length", "x-ratelimit-limit"):
        assert head.headers[name] == get.headers[name]
    assert head.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        (WORKSPACE, "POST"),
        ("/healthz", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
        ("/api/email/drafts", "GET, HEAD, POST"),
        (f"/api/email/drafts/{UUID}", "DELETE, GET, HEAD, PATCH"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE"])
def test_other_methods_name_those_that_are_answered(
    method: str, path: str, allow: str, at: Desk
) -> None:
    answer = at.caller.call(method, path)

    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert answer.code == "method_not_allowed"
    assert answer.json["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("Bearer {}", 200),
        ("bearer {}", 200),
        ("BEARER  {} ", 200),
        ("Basic {}", 401),
        ("Token {}", 401),
        ("{}", 401),
        ("Bearer {}0", 401),
        ("Bearer", 401),
    ],
)
def test_key_comes_as_a_bearer(given: str, status: int, at: Desk) -> None:
    header = {"Authorization": given.format(at.caller.token)}
    answer = request(at.url, "GET", "/api/email/drafts", None, header)

    assert answer.status == status
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Bearer realm="postrider"'
        assert answer.code == "invalid_key"


@pytest.mark.expects_log("uvicorn.error: Invalid HTTP request")
@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
        b"POST /v1/email/send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_told_in_the_form_of_errors(raw: bytes, at: Desk) -> None:
    with connect(at) as strange:
        strange.sendall(raw)
        head, _, body = received(strange).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    error = json.loads(body)
    assert error["error"]["code"] == "validation_error"
    assert f"x-request-id: {error['request_id']}".encode() in head.lower()
    assert b"x-ratelimit-limit: " in head.lower()


# --- withdrawing ---


def test_record_that_waits_is_cancelled_and_one_that_failed_dismissed(at: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"to": ["a@x.example"], "subject": "S", "body_text": "x", "planned_send_at": later}
    planned = at.caller.post("/api/email/drafts", body).json["outbound_email_uid"]
    at.sandbox.control.fault("send", "status_before", status=400, body={"error": {"code": 400}})
    failed = send(at, ACCOUNT).headers["location"].rpartition("/")[2]
    accepted = send(at, ACCOUNT).json["outbound_email_uid"]

    answers = {
        uid: at.caller.call("DELETE", f"/api/email/outbound/{uid}/delivery")
        for uid in (planned, failed, accepted, UUID)
    }

    assert (answers[planned].status, answers[planned].json["state"]) == (200, "cancelled")
    assert (answers[failed].status, answers[failed].json["state"]) == (200, "cancelled")
    events = [one["event"] for one in answers[failed].json["history"]]
    assert events[-1] == "dismissed"
    assert (answers[accepted].status, answers[accepted].code) == (409, "too_late")
    assert answers[UUID].status == 404
    readonly = at.key(Permission.READ)
    assert readonly.call("DELETE", f"/api/email/outbound/{failed}/delivery").status == 403


def test_a_long_subject_is_sent_with_a_warning(at: Desk) -> None:
    for length, warning in ((150, ""), (151, "more than 150 characters"), (998, "150")):
        answer = send(at, WORKSPACE, subject="x" * length)
        assert answer.status == 200
        assert warning in answer.headers.get("warning", "")
        assert bool(warning) == ("warning" in answer.headers)


# --- connections that cost more than they should ---


def received(from_: socket.socket) -> bytes:
    return b"".join(iter(lambda: from_.recv(65536), b""))


def connect(at: Desk) -> socket.socket:
    parts = urlsplit(at.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /v1/email/send HTTP/1.1\r\n",
    ],
)
def test_head_that_does_not_come_is_not_waited_for(
    head: bytes, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)
    with connect(at) as slow:
        slow.sendall(head)
        assert slow.recv(1) == b""


def test_second_head_of_a_connection_is_bounded_too(
    at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)
    with connect(at) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        got = b""
        while not got.endswith(b"}"):
            got += slow.recv(4096)
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        assert slow.recv(1) == b""


def test_endless_head_is_cut_off(at: Desk) -> None:
    with connect(at) as greedy:
        greedy.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        line = b"X-More: " + b"x" * 4000 + b"\r\n"
        # Reset or broken pipe, as the system has it.
        with pytest.raises(OSError, match=r"\w+"):
            greedy.sendall(line * 10_000)
    assert at.caller.get("/healthz").status == 200


def test_door_that_is_full_opens_for_who_asks(tmp_path: Path, server: SandboxServer) -> None:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "MAX_CONNECTIONS", 3)
        with desk(tmp_path / "profile", server) as at:
            waiting = [connect(at) for _ in range(5)]
            try:
                # The newest three are in; each that asks takes the place of the oldest that waits.
                assert [one.recv(1) for one in waiting[:2]] == [b"", b""]
                assert at.caller.get("/healthz").status == 200
                assert waiting[2].recv(1) == b""
            finally:
                for one in waiting:
                    one.close()
