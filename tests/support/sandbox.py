"""Starting a sandbox for tests: in this process, or as a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app.sandbox.server import SandboxServer

# Fast clocks: nothing in a test waits for the real services' leisure.
QUICK = {
    "index_lag_s": 0.0,
    "sent_move_delay_s": 0.0,
    "x_header_drop_s": 0.0,
    "device_interval_s": 0.05,
}
START_TIMEOUT_S = 30.0

_CHILD = """
import json, sys
from pathlib import Path
from app.sandbox.server import run_sandbox
options = json.loads(sys.argv[1])
path = options.pop("state_path")
sys.exit(run_sandbox(
    **options, state_path=Path(path) if path else None, exit_with_stdin=True,
    announce=lambda value: print(json.dumps(value), flush=True),
))
"""


@contextlib.contextmanager
def sandbox(*, auto_consent: bool = True, **settings: Any) -> Iterator[SandboxServer]:
    """Run a sandbox in a thread; `.url`, and `.control` for everything `/control` can do."""
    server = SandboxServer(auto_consent=auto_consent, settings={**QUICK, **settings})
    with server:
        yield server


@contextlib.contextmanager
def sandbox_process(
    *, auto_consent: bool = True, state_path: Path | None = None, port: int = 0
) -> Iterator[dict[str, Any]]:
    """Run a sandbox as a process; yields what it announced. It ends with its stdin."""
    options = {
        "auto_consent": auto_consent,
        "port": port,
        "state_path": str(state_path) if state_path else None,
    }
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        watchdog = threading.Timer(START_TIMEOUT_S, child.kill)
        watchdog.start()
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            watchdog.cancel()
            assert line, "the sandbox did not start"
            yield json.loads(line)
        finally:
            watchdog.cancel()
            assert child.stdin is not None
            child.stdin.close()
            child.wait(START_TIMEOUT_S)


class ControlClient:
    """The control of a sandbox in another process, over HTTP."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def call(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=10)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, f"/control{path}", body=data)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return json.loads(text)
        finally:
            connection.close()

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/deliveries"))

    def delivered(self, recipient: str = "") -> list[dict[str, Any]]:
        return list(self.call("GET", f"/delivered?recipient={quote(recipient)}"))

    def requests(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/requests"))

    def fault(self, operation: str, kind: str, **more: Any) -> dict[str, Any]:
        order = {"operation": operation, "kind": kind, **more}
        return dict(self.call("POST", "/faults", order))

    def settings(self, **changes: Any) -> dict[str, Any]:
        return dict(self.call("POST", "/settings", changes))

    def release(self) -> None:
        self.call("POST", "/release", {})
