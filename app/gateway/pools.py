"""Where the gateway's blocking work runs: a pool for the store, one for the network, a thread that writes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

CORE_THREADS = 4
FAR_THREADS = 8


class Pools:
    """Runs blocking calls off the loop."""

    def __init__(self) -> None:
        self._core = ThreadPoolExecutor(CORE_THREADS, thread_name_prefix="gateway")
        self._far = ThreadPoolExecutor(FAR_THREADS, thread_name_prefix="gateway-far")
        # One thread for what is written by the batch.
        self.writing = ThreadPoolExecutor(1, thread_name_prefix="gateway-write")

    async def core(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run local work: database, blobs, rendering."""
        return await _run(self._core, lambda: work(*args, **kwargs))

    async def far(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that may wait for the network, so that it holds up no other."""
        return await _run(self._far, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Finish what is running."""
        self._core.shutdown(wait=True, cancel_futures=True)
        self.writing.shutdown(wait=True, cancel_futures=True)
        self._far.shutdown(wait=False, cancel_futures=True)


async def _run(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)
