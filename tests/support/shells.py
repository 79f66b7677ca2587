"""An interactive shell on a terminal of its own: what it shows when somebody types and presses Tab."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from pathlib import Path
from typing import Self

from tests.support.waiting import wait_until

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
SETUPS = {
    "bash": "source {script}",
    "zsh": "PS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D",
}
NAMES = {"bash": "postrider.bash", "zsh": "_postrider"}


def fish_offers(typed: str, script: Path) -> list[str]:
    """Ask fish itself, without a terminal, what it would offer."""
    command = f"source {script}; complete -C '{typed}'"
    environment = {"HOME": str(script.parent), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["fish", "--no-config", "-c", command],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=script.parent,
        env=environment,
    )
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


class Shell:
    """One shell with the completion script loaded; a context manager."""

    def __init__(self, name: str, folder: Path, script: str) -> None:
        self._name = name
        self._folder = folder
        self._script = folder / NAMES[name]
        self._script.write_text(script, encoding="utf-8")
        self._screen = b""
        self._pid = self._fd = -1

    def __enter__(self) -> Self:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(self._folder)
            plain = {"TERM": "dumb", "HOME": str(self._folder), "PATH": os.environ["PATH"]}
            os.execvpe(SHELLS[self._name][0], SHELLS[self._name], plain)
        setup = SETUPS[self._name].format(script=self._script, folder=self._folder)
        # The quotes keep the terminal's echo of the command from being taken for its answer.
        self._type(f"{setup}\necho rea''dy\n")
        self._wait_for(["\nready"])
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)

    def tab(self, typed: str, wanted: list[str]) -> None:
        """Type, press Tab twice, wait until everything wanted is on the screen."""
        self._screen = b""
        self._type(f"{typed}\t\t")
        self._wait_for(wanted)

    def _type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def _wait_for(self, wanted: list[str]) -> None:
        def is_there() -> bool:
            if select.select([self._fd], [], [], 0.05)[0]:
                self._screen += os.read(self._fd, 65536)
            shown = self._screen.decode("utf-8", "replace")
            return all(one in shown for one in wanted)

        wait_until(is_there, what=f"{wanted} on the screen of {self._name}")
