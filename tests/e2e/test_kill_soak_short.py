"""The short form of the kill -9 soak; the full one is tests/soak/test_kill_soak.py (`make soak`)."""

from __future__ import annotations

from pathlib import Path

from tests.support.sandbox import sandbox
from tests.support.soak import Soak


def test_every_message_survives_kills_at_random_moments(tmp_path: Path) -> None:
    with sandbox(sent_move_delay_s=0.05) as server:
        soak = Soak(tmp_path, server, 7)
        soak.fire(submissions=40, kills=12)
        soak.settle()
    assert len(soak.tally.returned) >= 40
    assert soak.tally.deliveries >= 40
