"""A lock between processes on one file, held for the moment of a write. No waiting for ever."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STEP_S = 0.02


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(fd: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(fd, 0, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_UN)


@contextmanager
def locked(path: Path, timeout_s: float = 10.0) -> Iterator[None]:
    """Hold the lock file `path` (made if missing, 0600).

    Raises:
        TimeoutError: somebody else holds it for longer than `timeout_s` seconds.
        OSError: the file cannot be made.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        ends_at = time.monotonic() + timeout_s
        pause = threading.Event()
        while not _try_lock(fd):
            if time.monotonic() >= ends_at:
                raise TimeoutError(path.name)
            pause.wait(_STEP_S)
        try:
            yield
        finally:
            _unlock(fd)
    finally:
        os.close(fd)
