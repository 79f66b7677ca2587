"""kill -9 at random moments while faults fire at random: never twice, never missing. Seeded.

`make soak` runs it in full; tests/e2e/test_kill_soak_short.py is the short form.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox import sandbox
from tests.support.soak import Soak

SEED = int(os.environ.get("POSTRIDER_SEED", "20260714"))


def report(name: str, soak: Soak) -> None:
    print(f"\n{name} (seed {SEED})")
    for line in soak.tally.lines():
        print("  " + line)


def test_every_message_of_500_survives_150_kills(tmp_path: Path) -> None:
    with sandbox(sent_move_delay_s=0.05) as server:
        soak = Soak(tmp_path, server, SEED)
        soak.fire(submissions=500, kills=150)
        soak.settle()
    report("500 submissions, 150 kills", soak)
    assert len(soak.tally.returned) >= 500


def test_two_programs_on_one_profile_under_kills(tmp_path: Path) -> None:
    with sandbox(sent_move_delay_s=0.05) as server:
        soak = Soak(tmp_path, server, SEED + 1)
        soak.fire(submissions=150, kills=60, workers=2)
        soak.settle()
    report("two programs on one profile, 150 submissions, 60 kills", soak)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB, if this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(
            "mounting a small disk needs root; tests/e2e/test_processes.py fills SQLite instead"
        )
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk_that_fills_up_and_is_freed_again(small_disk: Path) -> None:
    with sandbox(sent_move_delay_s=0.05) as server:
        soak = Soak(small_disk, server, SEED + 2)
        # The journal is the test's own notebook and must not be refused with the mail.
        soak.journal = small_disk.parent / "journal"
        for times in range(1, 5):
            ballast = small_disk / "ballast"
            fill(ballast, leave_bytes=250_000)
            soak.fire(submissions=10 * times, kills=0, until_refused=True)
            ballast.unlink()
        soak.fire(submissions=60, kills=soak.tally.kills + 5)
        soak.settle()
    report("disk full four times, 60 submissions", soak)
    assert soak.tally.refused, "the disk was never full"


def fill(path: Path, leave_bytes: int) -> None:
    """Take all room but so many bytes."""
    free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize
    with path.open("wb") as out:
        out.write(b"\0" * max(0, free - leave_bytes))
