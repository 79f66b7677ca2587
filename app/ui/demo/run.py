"""Runs the story and writes down what each provider received."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING

from app.ui.application import GuiProgram, run_gui
from app.ui.demo.browser import read_page
from app.ui.demo.player import Player
from app.ui.demo.proof import Proof, prove, read_control
from app.ui.demo.story import DemoStory
from app.ui.launch import Inbox, LaunchRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.services import Services

MAILS = 2


def run_story(
    *, open_services: Callable[[], Services], sandbox_url: str, out: Path, as_json: bool
) -> int:
    """Play, prove, write `summary.md` into `out`; 0 if every mail arrived once and as composed."""
    out.mkdir(parents=True, exist_ok=True)
    stories: list[DemoStory] = []
    troubles: list[str] = []

    def begin(program: GuiProgram) -> None:
        story = DemoStory(program, out)
        stories.append(story)
        player = Player(story.steps(), program.services.clock, parent=program)

        def end(trouble: str) -> None:
            troubles.append(trouble)
            program.quit()

        player.finished.connect(end)
        player.start()

    run_gui(
        open_services=open_services,
        launch=LaunchRequest(),
        inbox=Inbox(),
        opener=_visit,
        on_ready=begin,
    )
    story = stories[0]
    proofs = _prove_all(story, sandbox_url)
    deliveries = len(read_control(sandbox_url, "/deliveries"))
    trouble = "".join(troubles)
    is_good = not trouble and deliveries == MAILS == len(proofs) and all(p.holds for p in proofs)
    text = _summary(proofs, deliveries, story.pictures, trouble)
    (out / "summary.md").write_text(text, encoding="utf-8")
    sys.stdout.write(_as_json(proofs, deliveries, trouble) if as_json else text)
    return 0 if is_good else 1


def _visit(url: str) -> bool:
    """Be the browser: open the page; the sandbox consents at once and sends us to the receiver."""
    threading.Thread(target=read_page, args=(url,), name="browser", daemon=True).start()
    return True


def _prove_all(story: DemoStory, sandbox_url: str) -> list[Proof]:
    accepted = {one["provider_message_id"]: one for one in read_control(sandbox_url, "/deliveries")}
    copies = read_control(sandbox_url, "/delivered")
    proofs = []
    for record in story.records:
        message_id = record.receipt.provider_message_id if record.receipt else ""
        if message_id in accepted:
            mine = [one for one in copies if one["provider_message_id"] == message_id]
            proofs.append(prove(record, accepted[message_id], mine))
    return proofs


def _summary(proofs: list[Proof], deliveries: int, pictures: list[str], trouble: str) -> str:
    lines = ["# What each provider received", "", f"Accepted sends at the providers: {deliveries}"]
    for proof in proofs:
        lines += ["", f"## {proof.provider}: {proof.subject}", ""]
        lines.append(f"To {', '.join(proof.recipients)}")
        lines += [f"- {'same' if ok else 'DIFFERENT'}: {name}" for name, ok in proof.checks.items()]
    if trouble:
        lines += ["", f"The story stopped: {trouble}"]
    lines += ["", "Pictures: " + ", ".join(pictures), ""]
    return "\n".join(lines)


def _as_json(proofs: list[Proof], deliveries: int, trouble: str) -> str:
    rows = [
        {"subject": p.subject, "provider": p.provider, "ok": p.holds, "checks": p.checks}
        for p in proofs
    ]
    rows.append({"deliveries": deliveries, "trouble": trouble})
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
