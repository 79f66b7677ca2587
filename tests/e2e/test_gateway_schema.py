"""The description at /openapi.json and the server agree: requests made at random find no 5xx and no
answer that is not described. `POSTRIDER_SCHEMA_S=600` runs it for that many seconds.
"""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.gateway.dialects import DIALECTS
from app.sandbox.server import SandboxServer
from tests.support.gateway import Desk, desk, request
from tests.support.profile import ADA_GMAIL, make_profile
from tests.support.sandbox import sandbox

SECONDS = int(os.environ.get("POSTRIDER_SCHEMA_S", "20"))
IS_LONG = SECONDS > 20
EXAMPLES = 1_000_000 if IS_LONG else 5


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def at(server: SandboxServer, tmp_path: Path) -> Iterator[Desk]:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL])
    with desk(tmp_path / "profile", server, **{"gateway.wait_s": 0.0}) as made:
        yield made


def test_every_route_is_described_and_no_other(at: Desk) -> None:
    described = request(at.url, "GET", "/openapi.json", None, {})
    paths = json.loads(described.body)["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}

    assert len(found) == 16
    for method, path in found:
        answer = at.caller.call(method, path.replace("{", "").replace("}", ""), data=b"")
        assert (
            answer.json["error"]["message"] != "There is nothing at this address."
            if (answer.status >= 400)
            else answer.body
        )


def test_documented_examples_are_in_the_description(at: Desk) -> None:
    paths = json.loads(request(at.url, "GET", "/openapi.json", None, {}).body)["paths"]

    for dialect in DIALECTS:
        operation = paths[dialect.path]["post"]
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            dialect.read(example["value"])
        assert operation["responses"]["200"]["content"]["application/json"]["example"]


# Some of them are no HTTP.
@pytest.mark.expects_log("uvicorn.error: Invalid HTTP request")
def test_random_requests_find_nothing_that_is_not_described(at: Desk, tmp_path: Path) -> None:
    if IS_LONG:
        # The watchdog of single tests is shorter than a long run is meant to be.
        faulthandler.cancel_dump_traceback_later()
    config = tmp_path / "schemathesis.toml"
    # A message that is well formed may still be refused for what it says (an unknown thread,
    # a file that was never uploaded): 400 is a described answer to a valid body too.
    config.write_text(
        "[checks]\npositive_data_acceptance.expected-statuses = "
        '["2xx", "400", "401", "403", "404", "409", "413", "429"]\n'
    )
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={config}",
        "run",
        f"{at.url}/openapi.json",
        "--header",
        f"Authorization: Bearer {at.caller.token}",
        "--checks",
        "all",
        "--max-examples",
        str(EXAMPLES),
        *(("--max-time", str(SECONDS)) if IS_LONG else ("--phases", "examples,fuzzing")),
        "--suppress-health-check=all",
        "--generation-database=none",
        "--no-color",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS + 300, check=False, cwd=tmp_path
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
