"""A sandbox as a child process that ends with its parent. No Qt here.

The child watches its standard input: when the parent dies, however it dies, the pipe closes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from app.domain.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

QUIT_S = 5.0


class SandboxChild:
    """A running `postrider sandbox`; `url` is where it answers."""

    def __init__(self, *, state: Path | None = None, auto_consent: bool = False) -> None:
        """Start it and wait for its address.

        Raises:
            Unavailable: it ended before it answered.
        """
        command = [sys.executable, "-m", "app", "sandbox", "--json", "--exit-with-stdin"]
        command += ["--state", str(state)] if state else []
        command += ["--auto-consent"] if auto_consent else []
        self._process = subprocess.Popen(  # noqa: S603  our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise Unavailable(provider="sandbox", detail="it did not start")
        self.announced: dict[str, object] = json.loads(line)
        self.url = str(self.announced["url"])

    def close(self) -> None:
        """End it and wait until it is gone."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(QUIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
