"""The demonstration as a process: real windows offscreen, real sockets, four mails, all as composed.

Two of them carry a file of 20 MB each and are interrupted on the way by kill -9.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LIMIT_S = 240


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def played(out: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    env.pop("WAYLAND_DISPLAY", None)
    return subprocess.run(
        [sys.executable, "-m", "app", "demo", "--json", "--out", str(out)],
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def rows(played: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Traceback" not in played.stderr
    return [json.loads(line) for line in played.stdout.splitlines()]


def test_every_mail_arrives_once_and_as_composed(rows: list[dict[str, Any]]) -> None:
    mails = [row for row in rows if "subject" in row]
    assert sorted(row["provider"] for row in mails) == ["gmail", "gmail", "microsoft", "microsoft"]
    assert len({row["subject"] for row in mails}) == 4
    assert all(row["ok"] for row in mails)
    assert rows[-1]["deliveries"] == 4
    assert rows[-1]["trouble"] == ""


def test_uploads_killed_at_60_percent_go_on_there(rows: list[dict[str, Any]]) -> None:
    killed, went_on = rows[-1]["killed_at"], rows[-1]["went_on_at"]
    assert len(killed) == 2
    assert all(55 <= percent <= 65 for percent in killed.values())
    assert went_on == killed
    uploads = {row["upload"]: row for row in rows if "upload" in row}
    assert set(uploads) == {"gmail", "microsoft"}
    for row in uploads.values():
        assert row["total_bytes"] >= 20_000_000
        assert row["before_bytes"] + row["after_bytes"] == row["total_bytes"]
        assert 0 < row["after_bytes"] < 0.6 * row["total_bytes"]


def test_pictures_and_summary_are_left(rows: list[dict[str, Any]], out: Path) -> None:
    assert rows
    names = {path.name for path in out.iterdir()}
    for name in ("composer-reply", "mailroom", "upload-interrupted", "upload-resumed"):
        assert {f"{name}-light.png", f"{name}-dark.png"} <= names
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "killed at 61 %, went on at 61 %" in summary
    assert "every byte once" in summary
    assert "DIFFERENT" not in summary
