from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from app.runtime.single_instance import SingleInstance
from tests.support.waiting import wait_until


def test_second_start_hands_over_to_the_first(tmp_path: Path) -> None:
    path, taken = tmp_path / "instance", []
    first, second = SingleInstance(path), SingleInstance(path)
    assert first.acquire(taken.append)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not second.acquire(taken.append)
    assert second.hand_over({"page": "compose"})
    wait_until(lambda: taken)
    assert taken == [{"page": "compose"}]
    first.release()
    assert not second.hand_over({"page": "compose"})
    third = SingleInstance(path)
    assert third.acquire(taken.append)
    third.release()


@pytest.mark.parametrize(
    "line", [b"\n", b"[]\n", b'{"token": "wrong", "message": {}}\n', b"\xff\n"]
)
def test_strangers_are_not_listened_to(line: bytes, tmp_path: Path) -> None:
    path, taken = tmp_path / "instance", []
    first = SingleInstance(path)
    assert first.acquire(taken.append)
    port = json.loads(path.read_text())["port"]
    with socket.create_connection(("127.0.0.1", port), 5) as peer:
        peer.sendall(line)
        assert peer.recv(10) == b""
    assert SingleInstance(path).hand_over({"still": "there"})
    wait_until(lambda: taken)
    assert taken == [{"still": "there"}]
    first.release()
