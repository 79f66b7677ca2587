"""Waiting for facts in tests: a condition and one generous deadline, never a fixed pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Generous on purpose: a slow machine must not fail a test, a fast one never waits this long.
DEADLINE_S = 30.0
_STEP_S = 0.01


def wait_until(
    condition: Callable[[], T],
    *,
    timeout_s: float = DEADLINE_S,
    what: str | Callable[[], object] = "the condition",
) -> T:
    """Return the first truthy value of the condition, asking again until the deadline.

    Args:
        condition: asked in this thread, every ten milliseconds.
        timeout_s: after that many seconds the test fails.
        what: named in the failure; a callable is asked then, to show the state that was reached.

    Raises:
        AssertionError: the condition did not come true in time.
    """
    ends_at = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= ends_at:
            shown = what() if callable(what) else what
            raise AssertionError(f"waited {timeout_s:g} s in vain for {shown}")
        pause.wait(_STEP_S)
