"""Work that waits for networks: four at a time, and never what keeps a program from ending."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from app.runtime.daemon_pool import DaemonPool

# A worker that would wait for an hour; the store's work is finished all the same.
_HANGING = """
import threading
from app.runtime.threads import Executors
executors = Executors()
begun = threading.Event()
executors.run_net(lambda: (begun.set(), threading.Event().wait(3600)))
begun.wait()
stored = executors.run_store(lambda: threading.Event().wait(0.5))
executors.close()
print(stored.done())
"""


def test_results_and_errors_come_back():
    pool = DaemonPool(2, name="net")

    assert pool.submit(lambda a, *, b: a + b, 1, b=2).result(5) == 3
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(5)
    assert pool.shutdown(wait_s=5)


def test_as_many_run_at_once_as_there_are_threads_and_no_more():
    pool = DaemonPool(3, name="net")
    meeting = threading.Barrier(4)
    three = [pool.submit(meeting.wait, 10) for _ in range(3)]
    fourth = pool.submit(threading.current_thread)

    assert not fourth.done()
    meeting.wait(10)

    assert sorted(one.result(10) for one in three) != []
    assert fourth.result(10).name in {"net_0", "net_1", "net_2"}
    assert pool.shutdown(wait_s=5)


def test_what_has_not_begun_is_dropped_and_what_hangs_is_left():
    pool = DaemonPool(1, name="net")
    begun, release = threading.Event(), threading.Event()
    hanging = pool.submit(lambda: (begun.set(), release.wait(60)))
    assert begun.wait(10)
    waiting = pool.submit(lambda: "never")

    assert not pool.shutdown(wait_s=0.05)

    with pytest.raises(CancelledError):
        waiting.result(5)
    with pytest.raises(RuntimeError):
        pool.submit(lambda: None)
    release.set()
    assert hanging.result(10)


def test_a_program_ends_while_the_network_hangs_with_what_is_stored_finished():
    started = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", _HANGING], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "True"
    assert time.monotonic() - started < 30
