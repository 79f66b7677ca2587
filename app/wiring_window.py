"""The windows' half of the wiring: the trial and the demo with their sandbox, and the usual start.

Loads Qt and the core only when a window is really shown in this process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.exits import UNAVAILABLE
from app.cli.main import flags_of
from app.paths import Paths
from app.runtime.child import SandboxChild
from app.runtime.single_instance import SingleInstance
from app.ui.launch import LaunchRequest
from app.ui.start import start_window

if TYPE_CHECKING:
    import argparse

    from app.services import Services
    from app.ui.application import GuiProgram
    from app.ui.demo.run import Stage

NO_DISPLAY = (
    "postrider: there is no display to show a window on. Start it in a desktop session, use the"
    " commands (`postrider --help`), or see the windows drawn by `postrider demo`.\n"
)
DEMO_FLAGS = {"send.undo_s": 3.0, "ui.theme": "light"}


def run_window(arguments: argparse.Namespace) -> int:
    """Show the window, or hand the request to the one that is open; give the exit code."""
    if not has_display():
        sys.stderr.write(NO_DISPLAY)
        return UNAVAILABLE
    home = Paths.choose(getattr(arguments, "profile", None))
    is_trial = getattr(arguments, "trial", False)
    paths = Paths(home.trial) if is_trial else home
    paths.ensure()
    sandbox: list[SandboxChild] = []

    def open_profile() -> Services:
        from app.wiring import open_logged  # the whole core; not for a start that hands over

        flags = flags_of(arguments)
        if is_trial:
            sandbox.append(SandboxChild(state=paths.profile / "sandbox.state"))
            flags["sandbox.url"] = sandbox[0].url
        return open_logged(paths, flags)

    try:
        return start_window(
            instance=SingleInstance(paths.instance),
            launch=_launch(arguments),
            open_services=open_profile,
            start_trial=None if is_trial else lambda: _start_trial(home),
            on_ready=_serve_if_wanted,
        )
    finally:
        for child in sandbox:
            child.close()


def _serve_if_wanted(program: GuiProgram) -> None:
    """Have the local API answer beside the windows whenever the setting `gateway.enabled` says so."""
    program.services.executors.run_net(program.services.local_api.start)


def run_demo(arguments: argparse.Namespace) -> int:
    """Drive the real windows through the whole story against a sandbox; 0 if all was as composed."""
    if not has_display():
        sys.stderr.write("There is no display: the windows are drawn offscreen.\n")
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.ui.demo.run import run_act, run_story

    if arguments.act:
        stage = _stage(arguments, Path(arguments.profile), arguments.sandbox)
        return run_act(stage, arguments.act)
    with tempfile.TemporaryDirectory(prefix="postrider-demo-") as folder:
        sandbox = SandboxChild(auto_consent=True)
        try:
            stage = _stage(arguments, Path(folder) / "profile", sandbox.url)
            return run_story(stage, wants_json=getattr(arguments, "json", False))
        finally:
            sandbox.close()


def _stage(arguments: argparse.Namespace, profile: Path, url: str) -> Stage:
    from app.ui.demo.run import Stage
    from app.wiring import open_services

    out = Path(arguments.out).absolute()
    command = [sys.executable, "-m", "app", "demo", "--out", str(out)]
    command += ["--profile", str(profile), "--sandbox", url]
    return Stage(
        open_services=lambda: open_services(Paths(profile), {"sandbox.url": url, **DEMO_FLAGS}),
        sandbox_url=url,
        command=lambda act: [*command, "--act", act],
        out=out,
    )


def has_display() -> bool:
    """Say whether Qt would find a place to draw on."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _start_trial(home: Paths) -> None:
    """Start the trial as a process of its own, so that the person's profile is not touched by it."""
    command = [sys.executable, "-m", "app", "--trial", "--profile", str(home.profile)]
    subprocess.Popen(command, start_new_session=True)  # noqa: S603  our own program


def _launch(arguments: argparse.Namespace) -> LaunchRequest:
    if arguments.command != "compose":
        return LaunchRequest()
    request = LaunchRequest(
        page="compose",
        to=tuple(arguments.to),
        cc=tuple(arguments.cc),
        bcc=tuple(arguments.bcc),
        subject=arguments.subject or "",
        body=arguments.body,
        attach=tuple(str(Path(name).absolute()) for name in arguments.attach),
        sender=arguments.sender or "",
        contact=tuple(arguments.contact),
        deal=tuple(arguments.deal),
    )
    return request.with_mailto(arguments.mailto) if arguments.mailto else request
