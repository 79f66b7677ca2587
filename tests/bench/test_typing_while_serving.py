"""A letter in the composer while other programs hand over 300 messages a second, beside one in peace.

The same run also shows what it would be if the window's own process served: that is why a child does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.runtime.child import SandboxChild
from tests.support.profile import ADA_GMAIL, environment, make_profile
from tests.support.sources import ROOT

FRAME_MS = 1000 / 60
SECONDS = float(os.environ.get("POSTRIDER_BENCH_SECONDS", "20"))
RATE = 300
PHASES = ("peace", "child", "here", "peace again")


def figures(said: dict[str, Any], of: str = "times_ms") -> dict[str, float]:
    times = sorted(said[of])
    return {
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "max": times[-1],
    }


def show(said: dict[str, Any], peace: dict[str, float]) -> None:
    found, floor, load = figures(said), figures(said, "floor_ms"), said["load"]
    between = figures(said, "between_ms")
    line = (
        f"{said['phase']:12} p50 {found['p50']:6.2f} ms  p99 {found['p99']:6.2f} ms"
        f"  max {found['max']:6.2f} ms  (p99 {found['p99'] / peace['p99']:.1f} x peace;"
        f" a bare process {floor['p50']:.1f} / {floor['p99']:.1f} / {floor['max']:.1f})"
        f"  own work between keys {between['p99']:.1f} / {between['max']:.1f}"
        f"  window's CPU {said['cpu_share']:.0%}"
    )
    if load:
        line += f"  {load['per_second']:.0f}/s {load['statuses']} p99 {load['p99_ms']:.0f} ms"
    print(line)


@pytest.mark.skipif(sys.platform == "win32", reason="reads resource usage")
@pytest.mark.parametrize("mailroom", [False, True], ids=["composer", "composer and Mailroom"])
def test_typing_stays_within_a_frame_while_300_a_second_are_accepted(
    tmp_path: Path, mailroom: bool
) -> None:
    sandbox = SandboxChild(auto_consent=True)
    try:
        make_profile(tmp_path / "profile", sandbox.url, [ADA_GMAIL])
        env = environment(
            tmp_path / "profile",
            sandbox.url,
            **{
                "send.timeout_s": 60.0,
                "gateway.enabled": "true",
                "gateway.port": 0,
                "gateway.per_second": 100_000,
                "gateway.per_day": 10_000_000,
                "limits.gmail_per_day": 10_000_000,
            },
        )
        options = {"phases": PHASES, "seconds": SECONDS, "rate": RATE, "mailroom": mailroom}
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.serving_window", str(tmp_path / "profile"),
             json.dumps(options)],
            env={**env, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
            cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=SECONDS * 4 + 300, check=True,
        )  # fmt: skip
    finally:
        sandbox.close()
    said = {one["phase"]: one for one in map(json.loads, done.stdout.splitlines())}
    peace = figures(said["peace"])
    print()
    for one in said.values():
        show(one, peace)

    child = figures(said["child"])
    assert set(said["child"]["load"]["statuses"]) == {"202"}
    assert child["p50"] <= FRAME_MS
    # Where even a bare process wakes late, the cores are taken: that is not the window's doing.
    assert child["p99"] <= FRAME_MS + 2 * figures(said["child"], "floor_ms")["p99"]
    assert child["p99"] <= figures(said["here"])["p99"]
    assert figures(said["child"], "between_ms")["p99"] <= FRAME_MS
