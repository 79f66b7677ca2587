"""What the demo proved, as a page for people and as rows for programs. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.demo.interruption import Interruption
    from app.ui.demo.proof import Proof


def as_text(proofs: list[Proof], deliveries: int, broken: Interruption, pictures: list[str]) -> str:
    """Give the page."""
    lines = ["# What each provider received", "", f"Accepted sends at the providers: {deliveries}"]
    for proof in proofs:
        lines += ["", f"## {proof.provider}: {proof.subject}", ""]
        lines.append(f"To {', '.join(proof.recipients)}")
        lines += [f"- {'same' if ok else 'DIFFERENT'}: {name}" for name, ok in proof.checks.items()]
        lines += [f"- SHA-256 of {name}: {digest}" for name, digest in proof.digests.items()]
    lines += ["", "## Killed with -9 on the way", ""]
    for subject, percent in broken.killed_at.items():
        went_on = broken.went_on_at.get(subject)
        lines.append(f"- {subject}: killed at {percent} %, went on at {went_on} %")
    lines += [
        f"- {one.provider}: {one.before_bytes:,} of {one.total_bytes:,} bytes before,"
        f" {one.after_bytes:,} after the restart; "
        + ("every byte once" if one.holds else "NOT CONTINUED")
        for one in broken.continuations
    ]
    if broken.trouble:
        lines += ["", f"The story stopped: {broken.trouble}"]
    lines += ["", "Pictures: " + ", ".join(pictures), ""]
    return "\n".join(lines)


def as_json(proofs: list[Proof], deliveries: int, broken: Interruption) -> str:
    """Give one object a line: the mails, the uploads, the sum."""
    rows: list[dict[str, object]] = [
        {"subject": p.subject, "provider": p.provider, "ok": p.holds, "checks": p.checks}
        for p in proofs
    ]
    rows += [{"upload": one.provider, **asdict(one)} for one in broken.continuations]
    rows.append(
        {
            "deliveries": deliveries,
            "killed_at": broken.killed_at,
            "went_on_at": broken.went_on_at,
            "trouble": broken.trouble,
        }
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
