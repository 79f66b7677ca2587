"""The program `postrider`: hands the arguments to the command line with the doors it may open.

Nothing behind a door is loaded before somebody goes through it: a start that only hands its request
to the open window shall be over in an instant.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from app.cli.entrances import Entrances

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Run the command; give the exit code."""
    from app.cli.main import run

    return run(sys.argv[1:], entrances())


def entrances() -> Entrances:
    """Give the command line its doors."""
    return Entrances(
        open_services=_door("app.wiring", "open_logged"),
        run_sandbox=_door("app.wiring", "run_sandbox_command"),
        run_window=_door("app.wiring_window", "run_window"),
        run_demo=_door("app.wiring_window", "run_demo"),
        check_vault=_door("app.wiring", "check_vault"),
        open_gateway=_door("app.wiring_gateway", "open_gateway"),
        repair=_door("app.wiring", "repair"),
    )


def _door(module: str, name: str) -> Callable[..., Any]:
    """Give a function of a module that is loaded by its first call."""

    def go_through(*arguments: object) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments)

    return go_through


if __name__ == "__main__":
    sys.exit(main())
