"""The README's calls of the local API, run exactly as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import SandboxServer
from tests.support.gateway import Desk, desk
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import ControlClient, sandbox
from tests.support.sources import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(language: str) -> list[str]:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Local API\n")[2]
    section = section.partition("\n## ")[0]
    return [text for name, text in _BLOCK.findall(section) if name == language]


CURLS = [text for text in _blocks("sh") if text.startswith("curl")]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def at(server: SandboxServer, tmp_path: Path) -> Iterator[Desk]:
    ControlClient(server.url).call("POST", "/reset", {})
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    with desk(tmp_path / "profile", server) as made:
        yield made


def _run(command: list[str], at: Desk) -> str:
    env = {
        **os.environ,
        "POSTRIDER_URL": at.url,
        "POSTRIDER_KEY": at.caller.token,
        "POSTRIDER_FROM": ADA_GMAIL,
        "POSTRIDER_ACCOUNT": at.account(ADA_GMAIL),
    }
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_one_curl_call_of_each_dialect() -> None:
    paths = [re.search(r"POSTRIDER_URL([^\"]+)\"", text)[1] for text in CURLS]

    assert paths == ["/v1/email/send", "/api/email/messages/send", "/api/email/send"]
    assert len(_blocks("python")) == len(_blocks("javascript")) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("index", range(3))
def test_curl_calls_send(index: int, at: Desk) -> None:
    answer = json.loads(_run(["sh", "-c", CURLS[index]], at))

    assert "error" not in answer
    assert len(at.mails()) == 1


def test_python_call_sends_and_prints_the_id(at: Desk) -> None:
    printed = _run([sys.executable, "-c", _blocks("python")[0]], at)

    assert printed.strip() == at.sandbox.control.deliveries()[0]["provider_message_id"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_call_sends_and_prints_the_id(at: Desk) -> None:
    command = ["node", "--input-type=module", "-e", _blocks("javascript")[0]]
    printed = _run(command, at)

    assert printed.strip() == at.sandbox.control.deliveries()[0]["provider_message_id"]
