"""`postrider doctor --repair`: checks the database and the kept files, saves what can be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.exits import BAD_DATA, DONE

if TYPE_CHECKING:
    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.paths import Paths
    from app.ports import Repaired

_WORDS = {
    "outbound": "messages",
    "outbound_history": "steps of their history",
    "draft": "drafts",
    "account": "accounts",
    "mailbox": "mailboxes",
    "idempotency": "idempotency keys",
    "rescued": "messages whose record was lost, now drafts again",
}


def run(paths: Paths, output: Output, entrances: Entrances) -> int:
    """Repair a profile and say what was found; 0 if nothing of a message is missing."""
    found = entrances.repair(paths)
    if found.damage:
        output.row(
            {"check": "database", "ok": False, "finding": found.damage, "kept": found.set_aside},
            f"The database was damaged ({found.damage}). It is kept as {found.set_aside}.",
        )
        output.row({"check": "saved", "ok": True, "saved": found.saved}, _saved(found))
    else:
        output.row(
            {"check": "database", "ok": True, "finding": "whole"}, "ok  The database is whole."
        )
    for name in found.rebuilt:
        output.row(
            {"check": "search index", "ok": True, "rebuilt": name},
            f"ok  The search index {name} did not hold and was built anew.",
        )
    for name in found.broken_files:
        output.row(
            {"check": "file", "ok": False, "sha256": name},
            f"NO  The kept file {name[:12]}… is missing or damaged. Messages with it are not sent;"
            " attach the file again.",
        )
    output.row(
        {"check": "tidied", "ok": True, "freed_bytes": found.freed_bytes},
        f"ok  {found.freed_bytes} bytes of files nobody refers to were removed.",
    )
    return BAD_DATA if found.broken_files else DONE


def _saved(found: Repaired) -> str:
    counts = [
        f"{found.saved[name]} {words}" for name, words in _WORDS.items() if found.saved.get(name)
    ]
    return (
        "A new database has " + (", ".join(counts) or "nothing of it: no page could be read") + "."
    )
