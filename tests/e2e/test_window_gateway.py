"""The window as a process with the local API on: it answers beside the window and ends with it."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.profile import environment, start
from tests.support.waiting import wait_until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def health(port: int) -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return dict(json.load(answer))
    except urllib.error.URLError:
        return None


def test_window_answers_the_local_api_if_the_setting_says_so(tmp_path: Path) -> None:
    port = free_port()
    env = environment(
        tmp_path / "profile",
        "http://127.0.0.1:9",
        **{"gateway.enabled": "true", "gateway.port": port},
    )
    window = start([], {**env, "QT_QPA_PLATFORM": "offscreen"})
    try:
        assert wait_until(lambda: health(port))
        window.send_signal(signal.SIGTERM)
        _, errors = window.communicate(timeout=30)
    finally:
        window.kill()
    assert window.returncode == 0, errors
    assert health(port) is None
