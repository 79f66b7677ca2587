"""Keeps the local API answering beside the window while the settings say so. No Qt here.

It runs in a process of its own: three hundred requests a second in the window's own process make
typing stutter, because Python runs one thread at a time (tests/bench/test_typing_while_serving.py).
The child accepts; the window, which holds the profile's lease, delivers. Each tells the other by a
pipe that something changed, so that neither waits for its next look at the store.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from app.domain.errors import PortUnusable
from app.domain.events import (
    LocalApiChanged,
    OutboundChanged,
    OutboundRested,
    SettingsChanged,
    StoreChanged,
)
from app.domain.local_api import ApiStatus, LocalApiState
from app.runtime.bell import Bell
from app.runtime.serving_child import ServingChild

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ports import Clock
    from app.runtime.bus import Bus

log = logging.getLogger("gateway")
# After this many ends in a row it is not started again by itself.
MOST_CRASHES = 5
FIRST_PAUSE_S = 0.5
# A child that answered this long had no bad start.
HEALTHY_S = 60.0
START_TIMEOUT_S = 30.0
# Waiting callers are told of changes this often at most, the dispatcher of new mail.
TELL_GAP_S = 0.05
WAKE_GAP_S = 0.25
_AGAIN = "The local API ended unexpectedly and is being started again."
_GIVEN_UP = (
    "The local API ended unexpectedly several times. Its log is in the profile’s folder “log”."
    " Try again, or start Postrider anew."
)
_NO_START = (
    "The local API could not be started. Its log is in the profile’s folder “log”. Try again."
)
_SILENT = "The local API did not answer in time. Try again."


class LocalApi:
    """The supervisor of the serving child. Publishes LocalApiChanged whenever `state` has changed."""

    def __init__(
        self,
        *,
        command: Callable[[int], Sequence[str]],
        wanted: Callable[[], int | None],
        wake: Callable[[], None],
        clock: Clock,
        bus: Bus,
    ) -> None:
        """Make it; nothing runs before `start`.

        `command` gives the command line that serves at a port, `wanted` the port that is wanted (0:
        any free one; None: nothing), `wake` has new mail looked for.
        """
        self._command = command
        self._wanted = wanted
        self._wake = wake
        self._clock = clock
        self._bus = bus
        self._state = LocalApiState()
        self._turn = threading.Event()
        self._is_ending = False
        self._thread: threading.Thread | None = None
        self._unsubscribe: list[Callable[[], None]] = []
        self._child: ServingChild | None = None
        self._port: int | None = None
        self._crashes = 0
        self._since_s = 0.0
        self._resume_s = 0.0
        self._refusal: LocalApiState | None = None

    @property
    def state(self) -> LocalApiState:
        """Say where it stands; callable from any thread."""
        return self._state

    def start(self) -> None:
        """Serve from now on whenever the settings want it."""
        if self._thread is not None:
            return
        self._tell = Bell(self._tell_child, gap_s=TELL_GAP_S, name="local-api-tell")
        self._new_mail = Bell(self._wake, gap_s=WAKE_GAP_S, name="local-api-wake")
        listen, ring = self._bus.subscribe, self._tell.ring
        self._unsubscribe = [
            listen(SettingsChanged, lambda _: self._turn.set()),
            listen(OutboundChanged, lambda _: ring()),
            listen(OutboundRested, lambda _: ring()),
            listen(StoreChanged, lambda _: ring()),
        ]
        self._thread = threading.Thread(target=self._run, name="local-api", daemon=True)
        self._turn.set()
        self._thread.start()

    def retry(self) -> None:
        """Try again now what failed."""
        self._port = None
        self._turn.set()

    def close(self) -> None:
        """Serve no more; returns when the child is gone."""
        if self._thread is None:
            return
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._is_ending = True
        self._turn.set()
        self._thread.join()
        self._thread = None
        self._tell.close()
        self._new_mail.close()

    # --- the supervisor's thread ---

    def _run(self) -> None:
        while True:
            self._turn.wait(self._pause_s())
            self._turn.clear()
            self._look()
            if self._is_ending:
                return

    def _pause_s(self) -> float | None:
        """Give how long nothing is to be done unless somebody says so."""
        now_s = self._clock.monotonic()
        if self._state.status is ApiStatus.STARTING:
            until_s = self._since_s + START_TIMEOUT_S if self._child else self._resume_s
            return max(0.0, until_s - now_s)
        return None

    def _look(self) -> None:
        port = None if self._is_ending else self._wanted()
        if port != self._port:
            self._end_child()
            self._port, self._crashes, self._refusal, self._resume_s = port, 0, None, 0.0
        if port is None:
            self._say(LocalApiState())
        elif self._child is None:
            self._start_if_due(port)
        elif not self._child.is_running:
            self._on_ended()
        elif self._is_silent():
            self._end_child()
            self._give_up(_failed(_SILENT))

    def _is_silent(self) -> bool:
        age_s = self._clock.monotonic() - self._since_s
        return self._state.status is ApiStatus.STARTING and age_s >= START_TIMEOUT_S

    def _start_if_due(self, port: int) -> None:
        if self._resume_s < 0 or self._clock.monotonic() < self._resume_s:
            return
        self._since_s = self._clock.monotonic()
        self._say(LocalApiState(status=ApiStatus.STARTING, problem=self._state.problem))
        try:
            self._child = ServingChild(
                self._command(port), on_line=self._on_line, on_end=self._turn.set
            )
        except OSError as error:
            log.warning("the local API could not be started: %s", error)
            self._give_up(_failed(_NO_START))

    def _on_line(self, child: ServingChild, value: dict[str, Any]) -> None:
        """Runs on the child's thread."""
        if "url" in value:
            log.info("the local API answers at %s (process %d)", value["url"], child.pid)
            self._say(LocalApiState(status=ApiStatus.ON, url=str(value["url"])))
        elif "error" in value:
            error = value["error"]
            self._refusal = LocalApiState(
                status=ApiStatus.FAILED,
                problem=str(error["message"]),
                is_port=error["code"] == PortUnusable.code,
            )
        else:
            self._new_mail.ring()

    def _on_ended(self) -> None:
        self._end_child()
        if self._refusal is not None:
            self._give_up(self._refusal)
            return
        now_s = self._clock.monotonic()
        self._crashes = 1 if now_s - self._since_s >= HEALTHY_S else self._crashes + 1
        log.warning("the local API ended by itself, time %d", self._crashes)
        if self._crashes >= MOST_CRASHES:
            was_on = self._state.status is ApiStatus.ON
            self._give_up(_failed(_GIVEN_UP if was_on else _NO_START))
            return
        self._resume_s = now_s + FIRST_PAUSE_S * 2 ** (self._crashes - 1)
        self._say(LocalApiState(status=ApiStatus.STARTING, problem=_AGAIN))

    def _give_up(self, state: LocalApiState) -> None:
        """Wait for the person: other settings, or `retry`."""
        self._resume_s = -1.0
        self._say(state)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def _say(self, state: LocalApiState) -> None:
        if state != self._state:
            self._state = state
            self._bus.publish(LocalApiChanged())

    def _tell_child(self) -> None:
        child = self._child
        if child is not None:
            child.tell()


def _failed(problem: str) -> LocalApiState:
    return LocalApiState(status=ApiStatus.FAILED, problem=problem)
