"""A second start gives its request to the open window and is over; it loads neither Qt nor the core."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.paths import Paths
from app.runtime.single_instance import SingleInstance
from app.ui.launch import LaunchRequest
from tests.support.profile import environment, start
from tests.support.waiting import wait_until

LINK = (
    "mailto:jane%40northwind.example?cc=raj@northwind.example&bcc=log@crm.example"
    "&subject=Pricing%20for%20Q3&body=Hi%20Jane,%0D%0Asee%20below.&attach=/etc/passwd"
)
_MODULES = """
import json, sys
from app.__main__ import main
sys.argv = ["postrider", "compose", sys.argv[1]]
code = main()
print(json.dumps([code, sorted(sys.modules)]))
"""


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """Give what a running window would be handed."""
    paths = Paths(tmp_path)
    paths.ensure()
    found: list[dict[str, Any]] = []
    running = SingleInstance(paths.instance)
    assert running.acquire(found.append)
    yield found
    running.release()


def display(profile: Path) -> dict[str, str]:
    return {**environment(profile, ""), "QT_QPA_PLATFORM": "offscreen"}


def test_a_mail_link_is_handed_over_with_all_its_fields(
    tmp_path: Path, heard: list[dict[str, Any]]
) -> None:
    second = start(["compose", LINK, "--from", "ada@acme.example"], display(tmp_path))

    _, err = second.communicate(timeout=60)

    assert (second.returncode, err) == (0, "")
    wait_until(lambda: heard, what="the hand-over")
    assert LaunchRequest.from_message(heard[0]) == LaunchRequest(
        page="compose",
        to=("jane@northwind.example",),
        cc=("raj@northwind.example",),
        bcc=("log@crm.example",),
        subject="Pricing for Q3",
        body="Hi Jane,\nsee below.",
        sender="ada@acme.example",
    )


def test_a_second_start_loads_neither_qt_nor_the_core(
    tmp_path: Path, heard: list[dict[str, Any]]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MODULES, LINK],
        env=display(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    code, modules = json.loads(done.stdout)

    assert code == 0
    wait_until(lambda: heard, what="the hand-over")
    unwanted = (
        "PySide6",
        "sqlite3",
        "app.store",
        "app.outbox",
        "app.ports",
        "app.mime",
        "app.wiring",
    )
    loaded = [one for one in modules if one.startswith(unwanted) and one != "app.wiring_window"]
    assert loaded == []
