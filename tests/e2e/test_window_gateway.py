"""The window as a process with the local API on: a child answers beside it and ends with it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.permission import Permission
from tests.support.gateway import WORKSPACE, Caller
from tests.support.profile import ADA_GMAIL, environment, make_profile, open_profile, start
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

NOWHERE = "http://127.0.0.1:9"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def health(port: int) -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, ConnectionError):
        return None


@contextmanager
def window(folder: Path, url: str = NOWHERE, **settings: object) -> Iterator[subprocess.Popen[str]]:
    env = environment(folder, url, **settings)
    child = start([], {**env, "QT_QPA_PLATFORM": "offscreen"})
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def write(folder: Path, text: str) -> None:
    """Write the settings file as an editor does: beside, then in place of the old one."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / "settings.toml~"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / "settings.toml")


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_it_answers_if_the_setting_says_so_and_ends_with_the_window(
    tmp_path: Path, way: signal.Signals
) -> None:
    port = free_port()
    settings = {"gateway.enabled": "true", "gateway.port": port}
    with window(tmp_path / "profile", NOWHERE, **settings) as running:
        assert wait_until(lambda: health(port))
        running.send_signal(way)
        _, errors = running.communicate(timeout=30)

    assert running.returncode == (0 if way is signal.SIGTERM else -way), errors
    wait_until(lambda: health(port) is None)


def test_the_settings_file_switches_it_on_and_off_while_the_window_is_open(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    folder = tmp_path / "profile"
    write(folder, "# nothing yet\n")
    with window(folder):
        wait_until((folder / "instance").exists)
        write(folder, f"[gateway]\nenabled = true\nport = {port}\n")
        assert wait_until(lambda: health(port))
        write(folder, f"[gateway]\nenabled = true\nport = {other}\n")
        assert wait_until(lambda: health(other))
        assert health(port) is None
        write(folder, "[gateway]\nenabled = false\n")
        wait_until(lambda: health(other) is None)


def test_what_it_accepts_the_window_delivers_while_the_caller_waits(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "profile"
    with sandbox() as server:
        make_profile(folder, server.url, [ADA_GMAIL])
        with open_profile(folder, server.url) as services:
            _, token = services.keys.create("test", list(Permission))
        settings = {"gateway.enabled": "true", "gateway.port": port, "gateway.wait_s": 60}
        with window(folder, server.url, **settings):
            wait_until(lambda: health(port))
            caller = Caller(f"http://127.0.0.1:{port}", token)
            answer = caller.post(
                WORKSPACE, {"to": "jane@example.com", "subject": "Hello", "body_text": "Hi"}
            )

        assert answer.status == 200, answer.body
        assert answer.json["data"]["status"] == "sent"
        assert len(server.control.deliveries()) == 1
