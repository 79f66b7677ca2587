"""For benches: run before whatever else the machine does, where that is allowed (Linux, root)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


def go_first() -> None:
    """Stay first to the end of the process; threads that start later too."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


@contextlib.contextmanager
def going_first() -> Iterator[None]:
    """Be first for a while: what is measured shall be ours."""
    go_first()
    try:
        yield
    finally:
        if hasattr(os, "sched_setscheduler"):
            with contextlib.suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
