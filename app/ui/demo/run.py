"""Plays the stories and writes down what each provider received."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ports import OutboxView
from app.ui.application import GuiProgram, run_gui
from app.ui.demo.browser import read_page
from app.ui.demo.control import read_control
from app.ui.demo.interruption import BEGIN, Interruption, interrupt_and_resume
from app.ui.demo.player import Player
from app.ui.demo.proof import Proof, prove
from app.ui.demo.story import DayStory
from app.ui.demo.summary import as_json, as_text
from app.ui.demo.uploads import BeginUploads, ResumeUploads
from app.ui.launch import Inbox, LaunchRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.domain.outbound import OutboundEmail
    from app.services import Services
    from app.ui.demo.player import Story

MAILS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the stories are played on.

    Args:
        open_services: opens the demo's profile.
        sandbox_url: where both providers are.
        command: gives the command line of one act in a process of its own.
        out: where pictures go.
    """

    open_services: Callable[[], Services]
    sandbox_url: str
    command: Callable[[str], Sequence[str]]
    out: Path


def run_story(stage: Stage, *, wants_json: bool) -> int:
    """Play, prove, write `summary.md`; 0 if every mail arrived once and as composed."""
    stage.out.mkdir(parents=True, exist_ok=True)
    pictures: list[str] = []

    def make(program: GuiProgram) -> Story:
        day = DayStory(program, stage.out)
        yield from day.steps()
        pictures.extend(day.pictures)

    trouble = _play(stage.open_services, LaunchRequest(), make)
    broken = Interruption(trouble=trouble)
    if not trouble:
        broken = interrupt_and_resume(stage.sandbox_url, stage.command)
    pictures.extend(broken.pictures)
    proofs = _prove_all(_sent(stage.open_services), stage.sandbox_url)
    deliveries = len(read_control(stage.sandbox_url, "/deliveries?raw=no"))
    text = as_text(proofs, deliveries, broken, pictures)
    (stage.out / "summary.md").write_text(text, encoding="utf-8")
    sys.stdout.write(as_json(proofs, deliveries, broken) if wants_json else text)
    are_same = all(one.holds for one in proofs)
    return 0 if are_same and broken.holds and deliveries == MAILS == len(proofs) else 1


def run_act(stage: Stage, act: str) -> int:
    """Play one act of the interrupted upload and say on stdout how far it came.

    The first act stays when it has spoken: it is there to be killed.
    """
    is_first = act == BEGIN
    scenes: list[BeginUploads | ResumeUploads] = []

    def make(program: GuiProgram) -> Story:
        scenes.append((BeginUploads if is_first else ResumeUploads)(program, stage.out))
        return scenes[0].steps()

    def speak(trouble: str) -> None:
        scene = scenes[0]
        line = {
            "percent": scene.by_subject(scene.percent),
            "first": scene.by_subject(scene.first),
            "pictures": scene.pictures,
            "trouble": trouble,
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    launch = LaunchRequest(page="" if is_first else "mailroom")
    return int(bool(_play(stage.open_services, launch, make, speak, stays=is_first)))


def _play(
    open_services: Callable[[], Services],
    launch: LaunchRequest,
    make: Callable[[GuiProgram], Story],
    ended: Callable[[str], None] = lambda _trouble: None,
    *,
    stays: bool = False,
) -> str:
    """Run the windows with a story in them; give what stopped it, if something did."""
    troubles: list[str] = []

    def begin(program: GuiProgram) -> None:
        player = Player(make(program), program.services.clock, parent=program)

        def end(trouble: str) -> None:
            troubles.append(trouble)
            ended(trouble)
            if not stays:
                program.quit()

        player.finished.connect(end)
        player.start()

    run_gui(
        open_services=open_services, launch=launch, inbox=Inbox(), opener=_visit, on_ready=begin
    )
    return "".join(troubles)


def _visit(url: str) -> bool:
    """Be the browser: open the page; the sandbox consents at once and sends us to the receiver."""
    threading.Thread(target=read_page, args=(url,), name="browser", daemon=True).start()
    return True


def _sent(open_services: Callable[[], Services]) -> list[OutboundEmail]:
    services = open_services()
    try:
        return services.records.list_records(OutboxView.SENT)
    finally:
        services.close()


def _prove_all(records: list[OutboundEmail], sandbox_url: str) -> list[Proof]:
    rows = read_control(sandbox_url, "/deliveries?raw=no")
    accepted = {one["provider_message_id"]: one for one in rows}
    copies = read_control(sandbox_url, "/delivered")
    proofs = []
    for record in records:
        message_id = record.receipt.provider_message_id if record.receipt else ""
        if message_id in accepted:
            mine = [one for one in copies if one["provider_message_id"] == message_id]
            proofs.append(prove(record, accepted[message_id], mine))
    return proofs
