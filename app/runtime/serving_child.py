"""A program of ours that serves as a child process and ends with its parent. No Qt here.

Its standard output says one JSON object a line: first where it answers or why it cannot, then that
something changed. What is written to its standard input tells it of changes here; the end of the
pipe, however the parent dies, ends it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUIT_S = 10.0
_NO_CONSOLE = 0x0800_0000 if sys.platform == "win32" else 0


class ServingChild:
    """One run of it. `on_line` and `on_end` are called on a thread of this child."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        on_line: Callable[[ServingChild, dict[str, Any]], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start it. Raises OSError."""
        self._on_line = on_line
        self._on_end = on_end
        self._process = subprocess.Popen(  # noqa: S603  our own program
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_NO_CONSOLE,
        )
        self._reader = threading.Thread(target=self._read, name="child", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Give its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def tell(self) -> None:
        """Tell it that something changed here. May wait while it is busy."""
        stdin = self._process.stdin
        with contextlib.suppress(OSError, ValueError):  # it has ended, or is being closed
            if stdin is not None:
                stdin.write(b"\n")
                stdin.flush()

    def close(self) -> None:
        """End it and wait until it is gone."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(QUIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(QUIT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    self._on_line(self, value)
        self._process.wait()
        self._on_end()
