"""A few requests at a time: providers allow about ten (Gmail) or four (Graph) per mailbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(ask: Callable[[T], R], things: Sequence[T], at_once: int) -> list[R]:
    """Give the answers in the order of the questions; the first error ends it."""
    if len(things) < 2:
        return [ask(thing) for thing in things]
    with ThreadPoolExecutor(min(at_once, len(things)), thread_name_prefix="fetch") as pool:
        futures = [pool.submit(ask, thing) for thing in things]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
