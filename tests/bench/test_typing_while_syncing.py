"""Keystrokes in the composer while 180 days of conversations are read over sockets to their end.

The program is a process of its own; it is killed with -9 in the middle and goes on. Short by default;
POSTRIDER_BENCH=full reads 20,000 conversations (about five minutes). The sandbox has no distance and
a quota 48 times Gmail's, so both the quota and the pauses are the product's, 48 times as fast.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.runtime.cancel import CancelToken
from tests.support.crowded_sandbox import GMAIL_BOX, GRAPH_BOX, crowded_sandbox
from tests.support.profile import make_profile, open_profile
from tests.support.sandbox import ControlClient

IS_FULL = os.environ.get("POSTRIDER_BENCH") == "full"
THREADS = 20_000 if IS_FULL else 3_000
DAYS = 178
HASTE = 48
GMAIL_UNITS_A_MINUTE = 6_000
PAUSE_S = 4.0
FRAME_MS = 1000 / 60
KEY_EVERY_S = 0.04
PEACE_KEYS = 600 if IS_FULL else 200
LISTING = {GMAIL_BOX: "gmail.threads.list", GRAPH_BOX: "graph.messages.delta"}


@pytest.fixture(autouse=True)
def _takes_long():
    """Reading 20,000 conversations takes longer than any test may take that hangs."""
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def crowd():
    quota = {"quota_units_per_min": GMAIL_UNITS_A_MINUTE * HASTE}
    with crowded_sandbox(THREADS, DAYS, **quota) as running:
        yield running


def quantile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def words(times):
    return (
        f"median {quantile(times, 0.5):.1f} ms, p99 {quantile(times, 0.99):.1f} ms,"
        f" max {max(times):.1f} ms of {len(times)} keys"
    )


def start(profile: Path, url: str, **more: Any) -> subprocess.Popen[str]:
    flags = {"sync.pause_s": PAUSE_S / HASTE}
    options = {"url": url, "profile": str(profile), "flags": flags, "every_s": KEY_EVERY_S}
    options |= {"longest_s": 400.0, **more}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.typist", json.dumps(options)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )


def read_until(process, is_enough) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        row = json.loads(line)
        if is_enough(row):
            return row
    raise AssertionError("the program ended too early")


@pytest.mark.parametrize("address", [GMAIL_BOX, GRAPH_BOX])
def test_typing_stays_within_a_frame_until_all_is_read(crowd, tmp_path, address):
    profile, control = tmp_path / "profile", ControlClient(crowd["url"])
    make_profile(profile, crowd["url"], [address])
    killed = start(profile, crowd["url"], peace_keys=20)
    pages = THREADS // 100
    row = read_until(killed, lambda row: row.get("pages", 0) >= pages)
    killed.kill()
    killed.communicate()
    print(f"\n{address}: {THREADS} conversations; killed with -9 after {row['pages']} pages")
    mark = control.requests()[-1]["n"]
    process = start(profile, crowd["url"], peace_keys=PEACE_KEYS)
    done = read_until(process, lambda row: "busy_ms" in row)
    process.communicate()
    assert done["is_complete"]
    asked = [one for one in control.requests() if one["n"] > mark]
    listed = [one["query"] for one in asked if one["operation"] == LISTING[address]]
    # A composer lists the newest fifty for itself as long as not everything is read.
    first = next(one for one in listed if "maxResults=50" not in one)
    assert "oken=" in first, "it began again instead of going on"
    assert {str(one["status"]) for one in asked} == {"200"}
    report(done, row["pages"])
    check_index(profile, crowd, address, control)


def report(done, pages_before):
    print(f"in peace:         {words(done['peace_ms'])}")
    print(f"while it is read: {words(done['busy_ms'])}")
    if done["is_complete"]:
        share = done["pages"] / (done["pages"] + pages_before)
        print(f"{THREADS * share / done['took_s']:.0f} conversations a second")
    print(
        f"{done['pages']} pages in {done['took_s']:.0f} s, {done['cpu_s']:.1f} s of CPU with the"
        f" typing, {done['peak_mb']:.0f} MB at most, lists told {done['refreshes']} times,"
        f" longest collection {done['longest_collection_ms']:.0f} ms"
    )
    peace, busy = quantile(done["peace_ms"], 0.99), quantile(done["busy_ms"], 0.99)
    print(f"p99 {busy:.1f} ms is {busy / peace:.1f} times the p99 in peace")
    assert busy <= max(FRAME_MS, 2 * peace)


def check_index(profile, crowd, address, control):
    with open_profile(profile, crowd["url"], **{"sync.pause_s": 0.0}) as services:
        [account] = services.book.list_accounts()
        rows = services.conversations.recent(account.uid, "", THREADS * 2)
        assert len(rows) == THREADS
        assert sum(row.message_count for row in rows) == crowd["messages"]
        before = control.requests()[-1]["n"]
        mail = f"From: new@there.example\r\nTo: {address}\r\nSubject: Quite new\r\n\r\nHi"
        control.call(
            "POST", "/mail", {"to": address, "raw_base64": base64.b64encode(mail.encode()).decode()}
        )
        services.conversations.sync(account.uid, CancelToken())
        assert services.conversations.recent(account.uid, "quite new")
        asked = [row["operation"] for row in control.requests() if row["n"] > before]
        print(f"one new mail afterwards: {len(asked)} requests: {', '.join(asked)}")
        assert len(asked) <= 4


def test_at_the_product_s_own_pace_typing_is_as_in_peace(crowd, tmp_path):
    profile = tmp_path / "profile"
    make_profile(profile, crowd["url"], [GMAIL_BOX])
    process = start(
        profile,
        crowd["url"],
        peace_keys=PEACE_KEYS,
        longest_s=40.0 if IS_FULL else 20.0,
        flags={"sync.pause_s": PAUSE_S},
    )
    done = read_until(process, lambda row: "busy_ms" in row)
    process.communicate()
    print("\nat the product's own pace")
    report(done, 0)
