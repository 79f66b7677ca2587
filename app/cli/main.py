"""Runs one command: parses, opens the profile, answers, ends with a sysexits code. No Qt."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from app.cli import completion, repair
from app.cli.argument_types import unreadable
from app.cli.exits import DONE, INTERRUPTED, exit_of_error
from app.cli.output import Output
from app.cli.parser import make_parser
from app.domain.errors import AppError, Cancelled
from app.paths import Paths

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from app.cli.entrances import Entrances

# Where each command is written; imported when it is asked for.
COMMANDS = {
    "accounts": "app.cli.accounts",
    "contacts": "app.cli.contacts",
    "deals": "app.cli.deals",
    "drafts": "app.cli.drafts",
    "render": "app.cli.render",
    "sync": "app.cli.sync",
    "send": "app.cli.send",
    "outbox": "app.cli.outbox",
    "doctor": "app.cli.doctor",
    "gateway": "app.cli.gateway",
    "keys": "app.cli.keys",
}


def run(argv: Sequence[str], entrances: Entrances) -> int:
    """Run the command in `argv` (without the program's name); give the exit code."""
    parser = make_parser()
    if (foreign := unreadable(argv)) is not None:
        parser.error(f"{foreign!r} is not text in this system's encoding")
    arguments = parser.parse_args(list(argv))
    output = Output(as_json=getattr(arguments, "json", False))
    try:
        return _run(arguments, entrances, output)
    except AppError as error:
        output.failure(error)
        return exit_of_error(error)
    except BrokenPipeError:
        # Whoever read our answers has enough (`| head`); nothing is wrong.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  for exit
        return DONE
    except (Cancelled, KeyboardInterrupt):
        output.note("postrider: stopped; what was accepted is kept and goes on at the next start")
        return INTERRUPTED


def flags_of(arguments: argparse.Namespace) -> dict[str, object]:
    """Give the settings that the command line overrides."""
    flags: dict[str, object] = {}
    if getattr(arguments, "sandbox", None):
        flags["sandbox.url"] = arguments.sandbox
    if getattr(arguments, "theme", None):
        flags["ui.theme"] = arguments.theme
    return flags


def _run(arguments: argparse.Namespace, entrances: Entrances, output: Output) -> int:
    match arguments.command:
        case None | "compose":
            return entrances.run_window(arguments)
        case "sandbox":
            return entrances.run_sandbox(arguments)
        case "demo":
            return entrances.run_demo(arguments)
        case "completion":
            completion.write(arguments.shell, make_parser())
            return DONE
        case name:
            command = importlib.import_module(COMMANDS[name])
    paths = Paths.choose(getattr(arguments, "profile", None))
    if arguments.command == "doctor" and arguments.repair:
        # Before the profile is opened: a damaged one cannot be.
        return repair.run(paths, output, entrances)
    services = entrances.open_services(paths, flags_of(arguments))
    try:
        code: int = command.run(arguments, services, output, entrances)
    finally:
        services.close()
    return code
