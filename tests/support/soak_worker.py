"""A program that submits and delivers until it is killed: `python -m tests.support.soak_worker`.

Arguments: the journal to append to, the first number, one past the last. Profile and settings come
from the environment. Each submission that returned is a line `number uid` in the journal, each one
refused a line `number - code`; a number that is in neither is submitted again with the same key.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.errors import AppError
from app.domain.submission import Submission
from app.paths import Paths
from app.services import Services
from app.wiring import open_services

PAUSE_AFTER_REFUSAL_S = 0.2


def submit(core: Services, number: int) -> str:
    """Submit message `number`; give its record's uid."""
    # One mailbox an account, so that every account gets its share.
    boxes = list({box.account_uid: box for box in core.book.list_mailboxes()}.values())
    draft = new_draft(
        ids=core.ids, clock=core.clock, mailbox_uid=boxes[number % len(boxes)].uid
    ).edited(
        core.clock.now(),
        subject=f"soak {number}",
        recipients=Recipients(to=(Address("jane@northwind.example"),)),
        body=Body(BodyMode.PLAIN, "", f"Hello, this is number {number}."),
    )
    key = f"soak-{number}"
    return core.submitter.submit(
        Submission(draft=draft, source="api", idempotency_key=key, key_scope="soak")
    ).uid


def note(journal: Path, line: str) -> None:
    """Append a line; what was written before a kill stays written."""
    handle = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def main() -> None:
    """Submit a range of numbers, then deliver until stdin ends."""
    journal, first, end = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    core = open_services(Paths.choose())
    core.dispatcher.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    pause = threading.Event()
    for number in range(first, end):
        try:
            note(journal, f"{number} {submit(core, number)}")
        except AppError as error:
            note(journal, f"{number} - {error.code}")
            pause.wait(PAUSE_AFTER_REFUSAL_S)
    sys.stdin.read()
    core.close()


if __name__ == "__main__":
    main()
