"""`postrider gateway`: the local API without a window, until it is told to end.

With `--beside-window` it serves a window, as its child: the window delivers, both tell each other of
changes by a line on the pipe between them, and the end of the pipe ends it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from app.cli.exits import DONE
from app.domain.events import OutboundChanged, StoreChanged
from app.runtime.bell import Bell
from app.runtime.threads import take_fine_turns

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.services import Services

LOOK_S = 0.5
TELL_GAP_S = 0.05
# Below the window, whose typing shall not wait for requests (nice(2)).
NICE = 10


def run(
    arguments: argparse.Namespace, services: Services, output: Output, entrances: Entrances
) -> int:
    """Serve, and deliver if no other process does."""
    # Requests are made of many short calls into SQLite, and after each a thread waits for its turn
    # (measured at 50 parallel: 129 instead of 110 messages a second on busy cores).
    take_fine_turns()
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    port = services.settings.gateway_port if arguments.port is None else arguments.port
    if not arguments.beside_window:
        services.dispatcher.start()
    gateway = entrances.open_gateway(services, port)
    # What was loaded stays: looking through it for garbage holds up every request under way
    # (measured at 300 a second: the slowest of a hundred took 49 ms instead of 14).
    gc.collect()
    gc.freeze()
    try:
        good = [key for key in services.keys.list_keys() if key.is_good(services.clock.now())]
        value = {"url": gateway.url, "pid": os.getpid(), "keys": len(good)}
        output.row(value, f"The local API answers at {gateway.url}")
        if not good:
            output.note("There is no API key yet. Make one: postrider keys create NAME")
        if arguments.beside_window:
            _serve_window(services, output, stop)
        # Signals are seen between two looks: a wait without end would hold them off on Windows.
        while not stop.wait(LOOK_S):
            pass
    finally:
        gateway.stop()
    return DONE


def _serve_window(services: Services, output: Output, stop: threading.Event) -> None:
    """Tell the window of new mail, and hear from it what changed, until its end of the pipe closes."""
    if hasattr(os, "nice"):
        os.nice(NICE)

    def hear() -> None:
        for _ in sys.stdin.buffer:
            services.bus.publish(StoreChanged())
        stop.set()

    bell = Bell(lambda: output.row({"changed": True}, "changed"), gap_s=TELL_GAP_S, name="tell")
    services.bus.subscribe(OutboundChanged, lambda _: bell.ring())
    threading.Thread(target=hear, name="window", daemon=True).start()
