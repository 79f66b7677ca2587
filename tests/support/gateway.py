"""A gateway over a signed-in profile and a sandbox, and a caller that speaks plain HTTP to it."""

from __future__ import annotations

import base64
import email
import email.policy
import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.domain.permission import Permission
from app.gateway.server import GatewayServer
from app.ports import Clock
from app.sandbox.server import SandboxServer
from app.services import Services
from tests.support.profile import open_profile, start

WORKSPACE = "/v1/email/send"
MAILBOX = "/api/email/messages/send"
ACCOUNT = "/api/email/send"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Answer:
    """What the gateway answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def fields(self) -> list[str]:
        return [one["field"] for one in self.json["error"]["details"]]

    @property
    def told(self) -> dict[str, str]:
        return {one["field"]: one["message"] for one in self.json["error"]["details"]}


@dataclass
class Caller:
    """Calls with one key."""

    url: str
    token: str
    extra: dict[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        value: Any = None,
        headers: dict[str, str] | None = None,
        *,
        data: bytes | None = None,
    ) -> Answer:
        sent = {"Authorization": f"Bearer {self.token}", **self.extra, **(headers or {})}
        if value is not None:
            data = json.dumps(value).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        return request(self.url, method, path, data, {k: v for k, v in sent.items() if v})

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        return self.call("POST", path, value, {k.replace("_", "-"): v for k, v in headers.items()})

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def upload(self, filename: str, data: bytes, media_type: str = "application/pdf") -> Answer:
        body = (
            b'--edge\r\nContent-Disposition: form-data; name="file"; filename="'
            + filename.encode()
            + b'"\r\nContent-Type: '
            + media_type.encode()
            + b"\r\n\r\n"
            + data
            + b"\r\n--edge--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        return self.call("POST", "/api/files", headers=headers, data=body)


def request(
    url: str, method: str, path: str, data: bytes | None, headers: dict[str, str]
) -> Answer:
    """Make one HTTP request with exactly these headers."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())
    finally:
        connection.close()


@dataclass
class Desk:
    """Everything a test of the gateway has."""

    services: Services
    server: GatewayServer
    sandbox: SandboxServer
    caller: Caller

    @property
    def url(self) -> str:
        return self.server.url

    def key(self, *permissions: Permission) -> Caller:
        _, token = self.services.keys.create("test", permissions)
        return Caller(self.url, token)

    def account(self, address: str) -> str:
        accounts = self.services.book.list_accounts()
        return next(one.uid for one in accounts if one.address == address)

    def mails(self) -> list[EmailMessage]:
        """Give what the providers accepted, oldest first."""
        found = []
        for one in self.sandbox.control.deliveries():
            raw = base64.b64decode(one["raw_base64"])
            parsed = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append(parsed)
        return found

    @property
    def mail(self) -> EmailMessage:
        """Give the one mail that was accepted."""
        mails = self.mails()
        assert len(mails) == 1
        return mails[0]

    def recipients(self) -> list[list[str]]:
        return [list(one["recipients"]) for one in self.sandbox.control.deliveries()]


@contextmanager
def desk(
    folder: Path, sandbox: SandboxServer, *, clock: Clock | None = None, **flags: Any
) -> Iterator[Desk]:
    """Open the gateway of a profile that was made before; couriers run."""
    options = {"gateway.wait_s": 20.0, "gateway.per_second": 100_000, **flags}
    with open_profile(folder, sandbox.url, clock=clock, **options) as services:
        services.dispatcher.start()
        with GatewayServer(services) as server:
            _, token = services.keys.create("test", list(Permission))
            yield Desk(services, server, sandbox, Caller(server.url, token))


@contextmanager
def gateway_process(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `postrider gateway` as a process; gives it and where it answers."""
    child = start(["gateway", "--port", "0", "--json"], env)
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        assert line, child.stderr.read() if child.stderr else "it did not start"
        yield child, json.loads(line)["url"]
    finally:
        if child.poll() is None:
            child.terminate()
        child.communicate(timeout=TIMEOUT_S)
