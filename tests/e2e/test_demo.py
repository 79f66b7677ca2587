"""The demonstration as a process: real windows offscreen, real sockets, two mails, all as composed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_demo_sends_two_mails_that_arrive_as_composed(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    env.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run(
        [sys.executable, "-m", "app", "demo", "--json", "--out", str(tmp_path)],
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows[-1] == {"deliveries": 2, "trouble": ""}
    assert sorted(row["provider"] for row in rows[:-1]) == ["gmail", "microsoft"]
    assert all(row["ok"] for row in rows[:-1])
    assert {"composer-reply-dark.png", "mailroom-light.png", "summary.md"} <= {
        path.name for path in tmp_path.iterdir()
    }
    assert "Traceback" not in done.stderr
