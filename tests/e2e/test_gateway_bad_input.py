"""Whatever comes in gets its right code, sends nothing, and leaves the server answering."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from app.domain.permission import Permission
from app.gateway import bodies
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from tests.support.gateway import ACCOUNT, MAILBOX, WORKSPACE, Caller, Desk, desk, request
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import sandbox

GOOD: dict[str, Any] = {"to": "jane@example.com", "subject": "Hello", "body_text": "Hi"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def shared(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("profile")
    make_profile(folder, server.url, [ADA_GMAIL])
    with desk(folder, server, **{"gateway.origins": "https://crm.example"}) as made:
        yield made


@pytest.fixture
def at(shared: Desk) -> Iterator[Desk]:
    """Give the desk; at the end nothing may have been enqueued and it must still answer."""
    before = len(shared.services.records.list_records(OutboxView.ALL))
    yield shared
    assert len(shared.services.records.list_records(OutboxView.ALL)) == before
    assert request(shared.url, "GET", "/healthz", None, {}).status == 200


# --- JSON ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON (line 1"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"to": "a@x.example", "to": "b@x.example"}', "occurs twice"),
        (b'{"a": {"b": 1, "b": 2}}', "occurs twice"),
        (b'{"to": "\xff\xfe"}', "not UTF-8"),
        ('{"to": "ä"}'.encode("utf-16"), "byte order mark"),
        (b'\xef\xbb\xbf{"to": "a"}', "byte order mark"),
        (b'{"to": "\\ud800"}', "half a character"),
        (b'{"n": NaN}', "NaN"),
        (b'{"n": -Infinity}', "Infinity"),
        (b'{"n": 1' + b"0" * 5000 + b"}", "too long"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "levels deep"),
        (b"[" * 3_000_000, "levels deep"),
        (b'{"to": "a@x.example",}', "not JSON"),
        (b"{'to': 1}", "not JSON"),
    ],
)
def test_what_is_not_our_json_is_a_validation_error(data: bytes, words: str, at: Desk) -> None:
    answer = at.caller.call("POST", WORKSPACE, data=data)

    assert (answer.status, answer.code) == (400, "validation_error")
    assert words in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": 7}, "to"),
        ({"to": [["a@x.example"]]}, "to[0]"),
        ({"to": []}, "to"),
        ({"to": {"email": "a@x.example"}}, "to"),
        ({"subject": 1}, "subject"),
        ({"subject": ""}, "subject"),
        ({"body_text": ["x"]}, "body_text"),
        ({"cc": [True]}, "cc[0]"),
        ({"reply_to": ["a@x.example"]}, "reply_to"),
        ({"attachments": "x"}, "attachments"),
        ({"attachments": [1]}, "attachments[0]"),
        ({"attachments": [{"filename": "a", "content_base64": "%%%"}]},
         "attachments[0].content_base64"),
        ({"attachments": [{"filename": "a", "content_base64": ""}]},
         "attachments[0].content_base64"),
        ({"attachments": [{"filename": "a", "content_base64": "QQ==", "x": 1}]},
         "attachments[0].x"),
        ({"attachments": [{"filename": "a", "content_base64": "QQ==", "mime_type": "text"}]},
         "attachments[0].mime_type"),
        ({"contact_id": "123"}, "contact_id"),
        ({"unknown": None}, "unknown"),
    ],
)  # fmt: skip
def test_wrong_types_and_unknown_fields_are_named(
    change: dict[str, Any], field: str, at: Desk
) -> None:
    answer = at.caller.post(WORKSPACE, {**GOOD, **change})

    assert answer.status == 400
    assert answer.fields == [field]


_BREAKS = ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028"]


@pytest.mark.parametrize("mark", _BREAKS, ids=ascii)
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (WORKSPACE, {"to": "a@x.example{}Bcc: e@evil.example"}, "to"),
        (WORKSPACE, {"to": '"Jane{}Bcc: e@evil.example" <a@x.example>'}, "to"),
        (WORKSPACE, {"cc": ["a@x.example{}"]}, "cc[0]"),
        (WORKSPACE, {"bcc": ["{}a@x.example"]}, "bcc[0]"),
        (WORKSPACE, {"reply_to": "a@x.example{}X: y"}, "reply_to"),
        (WORKSPACE, {"subject": "Hello{}Bcc: e@evil.example"}, "subject"),
        (WORKSPACE, {"thread_id": "abc{}def"}, "thread_id"),
        (WORKSPACE, {"attachments": [{"filename": "a{}b", "content_base64": "QQ=="}]},
         "attachments[0].filename"),
        (WORKSPACE, {"attachments": [
            {"filename": "a", "content_base64": "QQ==", "mime_type": "text/plain{}X: y"}]},
         "attachments[0].mime_type"),
        (WORKSPACE, {"attachments": [{"filename": "a", "storage_path": "files/{}"}]},
         "attachments[0].storage_path"),
        (MAILBOX, {"from": ADA_GMAIL + "{}"}, "from"),
        (MAILBOX, {"inReplyTo": "<a@b>{}X: y"}, "inReplyTo"),
        (MAILBOX, {"references": "<a@b>{}<c@d>"}, "references"),
        (MAILBOX, {"attachments": [{"url": "https://x.example/{}"}]}, "attachments[0].url"),
        (ACCOUNT, {"context_type": "invoice{}", "context_id": "123e4567-e89b-12d3-a456-426614174000"},
         "context_type"),
        (ACCOUNT, {"idempotency_key": "k{}X: y"}, "idempotency_key"),
    ],
)  # fmt: skip
def test_line_ends_in_header_fields_are_refused(
    path: str, body: dict[str, Any], field: str, mark: str, at: Desk
) -> None:
    bases = {
        WORKSPACE: GOOD,
        MAILBOX: {"from": ADA_GMAIL, "to": "a@x.example", "body": "x"},
        ACCOUNT: {**GOOD, "from_account_id": at.account(ADA_GMAIL)},
    }

    answer = at.caller.post(path, {**bases[path], **_broken(body, mark)})

    assert answer.status == 400
    assert answer.fields == [field]


def _broken(value: Any, mark: str) -> Any:
    if isinstance(value, str):
        return value.replace("{}", mark)
    if isinstance(value, list):
        return [_broken(one, mark) for one in value]
    return {name: _broken(one, mark) for name, one in value.items()}


# One of the two parsers refuses control characters in headers itself.
@pytest.mark.expects_log("uvicorn.error: Invalid HTTP request")
@pytest.mark.parametrize(
    "key",
    ["", " ", "x" * 256, "x" * 8192, "café", "a\x7fb"],
    ids=lambda key: f"{len(key)}{key[:4]!a}",
)
def test_bad_idempotency_keys_are_refused(key: str, at: Desk) -> None:
    raw = b"Idempotency-Key: " + key.encode("latin-1")
    assert _raw_post(at, raw).startswith(b"HTTP/1.1 400")


def test_two_different_idempotency_keys_are_refused(at: Desk) -> None:
    assert _raw_post(at, b"Idempotency-Key: a", b"Idempotency-Key: b").startswith(b"HTTP/1.1 400")


# --- who may come in ---


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", "Bearer pr_none", "Basic abc", "Bearer pr_000000000000_" + "0" * 64, "pr_x"],
)
def test_without_a_good_key_nothing_is_answered(authorization: str, at: Desk) -> None:
    answer = at.caller.call("POST", WORKSPACE, GOOD, {"Authorization": authorization})

    assert (answer.status, answer.code) == (401, "invalid_key")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_revoked_expired_and_changed_keys_are_invalid(at: Desk) -> None:
    keys, now = at.services.keys, at.services.clock.now()
    revoked, first = keys.create("revoked", Permission)
    keys.revoke(revoked.uid)
    _, expired = keys.create("expired", Permission, now - timedelta(seconds=1))
    changed = at.caller.token[:-1] + ("0" if at.caller.token[-1] != "0" else "1")

    codes = [
        Caller(at.url, token).post(WORKSPACE, GOOD).code for token in (first, expired, changed)
    ]

    assert codes == ["invalid_key"] * 3


def test_guessing_keys_is_slow_and_good_keys_are_not(at: Desk) -> None:
    wrong = Caller(at.url, "pr_000000000000_" + "1" * 64)
    clock = at.services.clock
    with ThreadPoolExecutor(20) as pool:
        started = clock.monotonic()
        answers = list(pool.map(lambda _: wrong.get("/api/email/outbound").status, range(40)))
        took_s = clock.monotonic() - started
        good = at.caller.get("/api/email/outbound?limit=1")

    assert set(answers) == {401}
    assert took_s > 2.0
    assert good.status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "[::2]"],
)
def test_other_hosts_are_refused(host: str, at: Desk) -> None:
    answer = _raw(at, b"GET /healthz HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8025", "127.0.0.1", "[::1]:8025"])
def test_loopback_hosts_are_taken(host: str, at: Desk) -> None:
    answer = _raw(at, b"GET /healthz HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


def test_pages_of_other_origins_are_refused_and_allowed_ones_are_not(at: Desk) -> None:
    evil = at.caller.call("POST", WORKSPACE, GOOD, {"Origin": "https://evil.example"})
    null = at.caller.call("POST", WORKSPACE, GOOD, {"Origin": "null"})
    allowed = at.caller.call("GET", "/api/email/outbound", None, {"Origin": "https://crm.example"})
    asked = request(at.url, "OPTIONS", WORKSPACE, None, {"Origin": "https://crm.example"})

    assert (evil.status, null.status) == (403, 403)
    assert "access-control-allow-origin" not in evil.headers
    assert allowed.headers["access-control-allow-origin"] == "https://crm.example"
    assert "X-RateLimit-Reset" in allowed.headers["access-control-expose-headers"]
    assert asked.status == 204


def test_it_listens_on_this_computer_only(at: Desk) -> None:
    with socket.socket() as probe:
        probe.settimeout(2)
        # All of 127/8 is this computer; only the one address is listened on.
        with pytest.raises(OSError, match="refused"):
            probe.connect(("127.0.0.2", at.server.port))


# --- sizes, types, slowness, crowds ---


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(content_type: str, at: Desk) -> None:
    headers = {"Content-Type": content_type or "none"}
    answer = at.caller.call("POST", WORKSPACE, GOOD, headers)

    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_announced_oversize_is_refused_before_it_is_read(at: Desk) -> None:
    head = _head(at, b"Content-Length: 50000001")

    assert _raw(at, head).startswith(b"HTTP/1.1 413")


def test_oversize_without_announcement_is_cut_off(at: Desk) -> None:
    with socket.create_connection(("127.0.0.1", at.server.port), timeout=30) as client:
        client.sendall(_head(at, b"Transfer-Encoding: chunked"))
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        answer = b""
        client.settimeout(0.001)
        for _ in range(80):
            try:
                client.settimeout(30)
                client.sendall(piece)
                client.settimeout(0.001)
                answer += client.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if answer:
                break

    assert answer.startswith(b"HTTP/1.1 413")


def test_slow_client_is_told_to_go(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "CHUNK_TIMEOUT_S", 0.3)

    answer = _raw(at, _head(at, b"Content-Length: 1000") + b'{"to":')

    assert answer.startswith(b"HTTP/1.1 408")


def test_body_that_ends_early_sends_nothing(at: Desk) -> None:
    with socket.create_connection(("127.0.0.1", at.server.port), timeout=30) as client:
        client.sendall(_head(at, b"Content-Length: 1000") + b'{"to": "a@x.example"')


@pytest.mark.parametrize(
    "path", ["/", "/v2/email/send", "/v1/email/send/", "/docs", "/api/files/x"]
)
def test_unknown_places_are_not_found(path: str, at: Desk) -> None:
    answer = at.caller.get(path)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_named_with_the_right_one(method: str, at: Desk) -> None:
    data = b"{}" if method in {"PUT", "PATCH"} else None
    answer = at.caller.call(method, WORKSPACE, data=data)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_thousand_at_once_are_all_answered(at: Desk) -> None:
    bad = {**GOOD, "to": "nobody"}
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: at.caller.post(WORKSPACE, bad).status, range(1000)))

    assert set(answers) == {400}


# --- files and addresses of files ---


@pytest.mark.parametrize(
    "key",
    [
        "../../../etc/passwd", "/etc/passwd", "files/../../postrider.db", "files/%2e%2e/vault",
        "C:\\Windows\\win.ini", "files", "files/" + "0" * 32,
    ],
)  # fmt: skip
def test_storage_names_lead_nowhere_but_to_uploads(key: str, at: Desk) -> None:
    one = at.caller.post(
        WORKSPACE, {**GOOD, "attachments": [{"filename": "a", "storage_path": key}]}
    )
    other = at.caller.post(
        MAILBOX,
        {"from": ADA_GMAIL, "to": "a@x.example", "body": "x", "attachments": [{"storageKey": key}]},
    )

    assert (one.status, other.status) == (400, 400)
    assert one.fields == other.fields == ["attachments[0]"]


def test_uploads_belong_to_the_key_that_made_them(at: Desk) -> None:
    path = at.caller.upload("a.pdf", b"%PDF-").json["storage_path"]
    body = {**GOOD, "attachments": [{"filename": "a", "storage_path": path}]}

    assert at.key(*Permission).post(WORKSPACE, body).fields == ["attachments[0]"]


@pytest.mark.parametrize(
    "data",
    [b"", b"no multipart", b"--edge--\r\n", b"--edge\r\n\r\nx", b"--edge\r\nX: " + b"y" * 20_000],
)
def test_broken_uploads_are_refused(data: bytes, at: Desk) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    answer = at.caller.call("POST", "/api/files", headers=headers, data=data)

    assert answer.status == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://drop.example/a.pdf", "file:///etc/passwd", "ftp://drop.example/a", "gopher://x",
        "https://127.0.0.1/a", "https://localhost/a", "https://[::1]/a", "https://0.0.0.0/a",
        "https://10.1.2.3/a", "https://192.168.1.1/a", "https://172.16.0.1/a",
        "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/a", "https://[fd00::1]/a",
        "https://[::ffff:127.0.0.1]/a", "https://[::ffff:10.0.0.1]/a", "https://2130706433/a",
        "https://0x7f.1/a", "https://127.1/a", "https://user:pw@127.0.0.1/a", "https://100.64.0.1/a",
        "https://224.0.0.1/a", "https:///a", "https://", "nonsense",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_fetched(url: str, at: Desk) -> None:
    body = {"from": ADA_GMAIL, "to": "a@x.example", "body": "x", "attachments": [{"url": url}]}

    answer = at.caller.post(MAILBOX, body)

    assert answer.status == 400
    assert answer.fields == ["attachments[0]"]


# --- by hand ---


def _head(at: Desk, *lines: bytes) -> bytes:
    head = [
        b"POST /v1/email/send HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Authorization: Bearer " + at.caller.token.encode(),
        b"Content-Type: application/json",
        *lines,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n"


def _raw(at: Desk, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", at.server.port), timeout=30) as client:
        client.sendall(data)
        return client.recv(65536)


def _raw_post(at: Desk, *lines: bytes) -> bytes:
    body = b'{"to": "a@x.example", "subject": "s", "body_text": "x"}'
    return _raw(at, _head(at, *lines, f"Content-Length: {len(body)}".encode()) + body)
