from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import threading

import httpx
import pytest

from app.sandbox import snapshot
from app.sandbox.records import World
from app.sandbox.seeds import plant
from app.sandbox.server import SandboxServer, run_sandbox
from app.sandbox.world import Sandbox
from tests.support.sandbox import ControlClient, sandbox_process

RAW = base64.urlsafe_b64encode(b"From: ada@acme.example\r\nTo: j@x.example\r\n\r\nx").decode()


def test_a_process_announces_its_addresses_and_ends_with_stdin():
    with sandbox_process() as announced:
        control = ControlClient(announced["url"])
        assert control.deliveries() == []
        assert {account["provider"] for account in announced["accounts"]} == {"gmail", "microsoft"}
        assert announced["microsoft"]["graph_url"].endswith("/graph/v1.0")
    with pytest.raises(OSError, match="refused"):
        control.deliveries()


def test_state_survives_a_restart(tmp_path):
    path = tmp_path / "sandbox.json"
    with sandbox_process(state_path=path) as announced:
        control = ControlClient(announced["url"])
        token = control.call(
            "POST", "/tokens", {"provider": "gmail", "account": "ada@acme.example"}
        )
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        url = f"{announced['url']}/gmail/v1/users/me"
        httpx.post(f"{url}/messages/send", json={"raw": RAW}, headers=headers)
        before = control.call("GET", "/mailboxes")
    with sandbox_process(state_path=path) as announced:
        control = ControlClient(announced["url"])
        url = f"{announced['url']}/gmail/v1/users/me"
        assert len(control.deliveries()) == 1
        assert control.call("GET", "/mailboxes") == before
        assert httpx.get(f"{url}/profile", headers=headers).status_code == 200


def test_sigterm_ends_it_cleanly(tmp_path):
    code = (
        "import sys, json\nfrom app.sandbox.server import run_sandbox\n"
        "sys.exit(run_sandbox(announce=lambda v: print(json.dumps(v), flush=True)))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["pid"] == child.pid
        child.send_signal(signal.SIGTERM)
        assert child.wait(15) == 0


def test_nothing_heavy_is_imported_before_serving():
    code = (
        "import sys\nimport app.sandbox.server\n"
        "print([m for m in ('uvicorn', 'fastapi', 'starlette', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_two_servers_live_side_by_side():
    with SandboxServer() as one, SandboxServer() as two:
        one.control.receive("ada@acme.example", b"Subject: Only here\r\n\r\nx")
        boxes = [server.control.mailboxes()[0]["messages"] for server in (one, two)]
        assert len(boxes[0]) == len(boxes[1]) + 1


def test_a_snapshot_holds_everything(tmp_path):
    world = Sandbox(seed=plant).world
    path = tmp_path / "state.json"
    snapshot.save(world, path)
    assert snapshot.load(path) == world
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{}", '{"$type": "Nothing"}', '{"$type": "Account"}'])
def test_a_damaged_snapshot_is_refused(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(snapshot.SnapshotUnreadable):
        snapshot.load(path)


def test_a_snapshot_of_another_version_is_refused(tmp_path):
    path = tmp_path / "state.json"
    snapshot.save(World(version=99), path)
    with pytest.raises(snapshot.SnapshotUnreadable):
        snapshot.load(path)


def test_150_mb_are_taken_while_others_are_answered(server, browser):
    token = server.control.token("gmail", "ada@acme.example")["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "message/rfc822"}
    url = f"{server.url}/upload/gmail/v1/users/me/drafts?uploadType=media"
    statuses: list[int] = []

    def upload() -> None:
        body = (b"x" * 1_000_000 for _ in range(150))
        statuses.append(httpx.post(url, content=body, headers=headers, timeout=60).status_code)

    caller = threading.Thread(target=upload)
    caller.start()
    assert browser.get("/control/settings").status_code == 200
    caller.join(60)
    assert statuses == [413]


def test_unknown_paths_are_answered_in_the_providers_words(server, browser):
    assert browser.get("/nowhere").status_code == 404
    assert browser.get("/graph/v1.0/nowhere").json()["error"]["code"] == "BadRequest"


def test_a_state_file_that_is_none_ends_with_a_sentence(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("shopping list")
    assert run_sandbox(state_path=path, announce=lambda _: None) == 65
    assert "is no state of a sandbox" in capsys.readouterr().err
    assert path.read_text() == "shopping list"


def test_a_port_that_is_taken_ends_with_a_sentence(server, capsys):
    taken = int(server.url.rpartition(":")[2])
    assert run_sandbox(port=taken, announce=lambda _: None) == 69
    assert "cannot listen" in capsys.readouterr().err
