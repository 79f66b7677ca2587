"""Executors by what they touch, and the guard that keeps slow work off the GUI thread. No Qt here."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from app.runtime.daemon_pool import DaemonPool

if TYPE_CHECKING:
    from collections.abc import Callable

# An answer that is under way arrives in this time, and a renewed token is kept.
LEAVE_NET_S = 1.0
# A thread that wants to run waits this long at most for one that computes in Python, and a
# keystroke waits several times: after each call that leaves Python for a while (Qt, SQLite).
FINE_TURN_S = 0.0005
P = ParamSpec("P")
T = TypeVar("T")

_gui_thread_id: list[int] = []


def take_fine_turns() -> None:
    """Have the threads of this process take shorter turns than Python's 5 ms."""
    sys.setswitchinterval(FINE_TURN_S)


def mark_gui_thread() -> None:
    """Remember the calling thread as the GUI's; called once at start of the application."""
    _gui_thread_id[:] = [threading.get_ident()]


def unmark_gui_thread() -> None:
    """Forget the GUI thread (tests)."""
    _gui_thread_id.clear()


def forbid_gui_thread() -> None:
    """Refuse to go on if this is the GUI thread: store, network and rendering never run there.

    Raises:
        RuntimeError: it is; that is a bug in the caller.
    """
    if _gui_thread_id and _gui_thread_id[0] == threading.get_ident():
        message = "slow work on the GUI thread"
        raise RuntimeError(message)


class Executors:
    """`store` runs one thing at a time in order, `files` two, `net` four."""

    def __init__(self) -> None:
        self.store = ThreadPoolExecutor(1, thread_name_prefix="store")
        self.files = ThreadPoolExecutor(2, thread_name_prefix="files")
        self.net = DaemonPool(4, name="net")

    def run_store(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run local work: database, rendering. Drafts are saved here, so nothing long."""
        return self.store.submit(work, *args, **kwargs)

    def run_files(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run what may take long on this computer: copies of files, pictures, pasted markup."""
        return self.files.submit(work, *args, **kwargs)

    def run_net(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run work that waits for the network or the keyring."""
        return self.net.submit(work, *args, **kwargs)

    def close(self) -> None:
        """Finish what is stored; what waits for the network gets a moment and is left behind."""
        self.net.shutdown(wait_s=LEAVE_NET_S)
        self.files.shutdown(wait=True, cancel_futures=True)
        self.store.shutdown(wait=True)
