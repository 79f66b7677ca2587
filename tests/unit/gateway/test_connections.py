"""How many connections there may be: as many as the system lets a process have."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.gateway.connections import MAX_CONNECTIONS, Connections

PROBE = (
    "import resource\n"
    "resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
    "from app.gateway.connections import handles\n"
    "print(handles({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
)


@pytest.mark.skipif(sys.platform == "win32", reason="such limits are POSIX's")
@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "given", "left"),
    [(256, 1000, 4000, 1000, 1000), (256, 1000, 600, 600, 600), (900, 1000, 600, 600, 900)],
)
def test_limit_is_raised_as_far_as_the_system_lets(
    soft: int, hard: int, wanted: int, given: int, left: int
) -> None:
    command = [sys.executable, "-c", PROBE.format(soft=soft, hard=hard, wanted=wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split() == [str(given), str(left)]


def test_door_is_full_at_its_bound_and_opens_when_one_leaves() -> None:
    connections = Connections()

    taken = [connections.take() for _ in range(MAX_CONNECTIONS + 5)]
    connections.give_back()

    assert taken.count(True) <= MAX_CONNECTIONS
    assert not taken[-1]
    assert connections.take()
    assert not connections.take()
