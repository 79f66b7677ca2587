"""Has the program upload a large file, kills it with -9 on the way, starts it again. No Qt here.

The program is a process of its own each time, so that what goes on is what was on the disk.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.ui.demo.control import order, read_control

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BEGIN, RESUME = "uploads-begin", "uploads-resume"
LINE_BYTES_PER_S = 6_000_000
PATIENCE_S = 90.0
# After so many chunks the line hangs: about 60 % are at the provider then.
_CHUNKS = {"gmail": 4, "microsoft": 3}
_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_TAKEN = frozenset({"200", "201", "308"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What one provider got of an upload before the program was killed, and what after."""

    provider: str
    total_bytes: int
    before_bytes: int
    after_bytes: int

    @property
    def holds(self) -> bool:
        """Say whether every byte came once, and more than half of them before."""
        is_once = self.before_bytes + self.after_bytes == self.total_bytes
        return is_once and 0 < self.after_bytes < 0.6 * self.total_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """How it went; `trouble` is a sentence if it did not go as told."""

    killed_at: dict[str, int] = field(default_factory=dict)
    went_on_at: dict[str, int] = field(default_factory=dict)
    continuations: tuple[Continuation, ...] = ()
    pictures: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def holds(self) -> bool:
        """Say whether both uploads went on where they were."""
        count = len(_CHUNKS)
        return not self.trouble and count == sum(one.holds for one in self.continuations)


def interrupt_and_resume(url: str, command: Callable[[str], Sequence[str]]) -> Interruption:
    """Play both acts and look at what the sandbox received in each."""
    order(url, "/settings", {"line_bytes_per_s": LINE_BYTES_PER_S})
    for provider, chunks in _CHUNKS.items():
        hang = {"operation": "upload", "kind": "stall", "when": "after", "skip": chunks - 1}
        order(url, "/faults", {**hang, "provider": provider, "delay_s": PATIENCE_S})
    start = _last_number(url, 0)
    begun = _play(command(BEGIN), is_killed=True)
    order(url, "/faults", None, "DELETE")
    middle = _last_number(url, start)
    resumed = begun if begun["trouble"] else _play(command(RESUME), is_killed=False)
    order(url, "/settings", {"line_bytes_per_s": None})
    rows = read_control(url, f"/requests?since={start}")
    before = [row for row in rows if row["n"] <= middle]
    after = [row for row in rows if row["n"] > middle]
    return Interruption(
        killed_at=begun["percent"],
        went_on_at=resumed["first"],
        continuations=tuple(_continuation(one, before, after) for one in _CHUNKS),
        pictures=(*begun["pictures"], *resumed["pictures"]),
        trouble=str(begun["trouble"] or resumed["trouble"]),
    )


def _last_number(url: str, since: int) -> int:
    """Give the number of the last request, once those that hung are in the log too."""
    wanted = sum(_CHUNKS.values()) if since else 0
    pause, path = threading.Event(), f"/requests?since={since}"
    rows, looks = read_control(url, path), 100
    while looks and sum(_is_chunk(row) for row in rows) < wanted:
        pause.wait(0.05)
        rows, looks = read_control(url, path), looks - 1
    return max((int(row["n"]) for row in rows), default=since)


def _play(command: Sequence[str], *, is_killed: bool) -> dict[str, Any]:
    """Run one act until it has said its line; kill it and all it started, or let it end."""
    process = subprocess.Popen(  # noqa: S603  our own program
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(PATIENCE_S, _kill, (process,))
    watchdog.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
        if is_killed:
            _kill(process)
        process.communicate()
    finally:
        watchdog.cancel()
    if not line:
        return {"percent": {}, "first": {}, "pictures": [], "trouble": "an act ended too early"}
    return dict(json.loads(line))


def _kill(process: subprocess.Popen[str]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _continuation(
    provider: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> Continuation:
    first, second = _spans(provider, before), _spans(provider, after)
    return Continuation(
        provider=provider,
        total_bytes=max((total for _, total in first), default=0),
        before_bytes=sum(count for count, _ in first),
        after_bytes=sum(count for count, _ in second),
    )


def _spans(provider: str, rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Give the length of every chunk the provider took, and of the whole it belongs to."""
    prefix = {"gmail": "gmail.", "microsoft": "graph."}[provider]
    hits = [
        _SPAN.fullmatch(row["content_range"])
        for row in rows
        if _is_chunk(row) and row["operation"].startswith(prefix)
    ]
    return [(int(hit[2]) + 1 - int(hit[1]), int(hit[3])) for hit in hits if hit]


def _is_chunk(row: dict[str, Any]) -> bool:
    is_taken = str(row["status"]) in _TAKEN
    return is_taken and bool(_SPAN.fullmatch(row.get("content_range", "")))
