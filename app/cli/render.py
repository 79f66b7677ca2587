"""`postrider render DRAFT.json OUT.eml`: the exact bytes that Send would freeze, without any network."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.cli.draft_file import read_draft
from app.cli.exits import DONE
from app.cli.send import read_when
from app.domain.account import Mailbox, ProviderKind
from app.domain.address import parse_addresses
from app.domain.errors import DraftRejected, StoreError
from app.domain.problem import Problem
from app.mime.checks import check_draft
from app.mime.finalize import finalize
from app.mime.msgid import make_message_id
from app.mime.render import render

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.draft import Draft
    from app.domain.outbound import RenderedMessage
    from app.services import Services

# A message on its way to be finished may have nobody to go to yet.
_PASSED = frozenset({"no_recipients"})


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Render one draft."""
    draft, _fields = read_draft(arguments.draft, services.attacher)
    now = services.clock.now()
    date = read_when(arguments.date, now) if arguments.date else now
    mailbox = _mailbox(arguments.sender, draft, services)
    filled = services.submitter.prepare(draft, mailbox)
    found = (*filled.problems, *check_draft(filled.draft, mailbox=mailbox, limit_bytes=None))
    errors = [one for one in found if one.is_error and one.code not in _PASSED]
    if errors:
        raise DraftRejected(errors)
    with tempfile.SpooledTemporaryFile(max_size=1 << 22) as spool:
        rendered = _render(filled.draft, mailbox, date, services, spool, arguments.no_bcc)
        spool.seek(0)
        with _target(arguments.target) as out:
            shutil.copyfileobj(spool, out)
    if arguments.target != "-":
        value = {
            "eml": arguments.target,
            "sha256": rendered.sha256,
            "size_bytes": rendered.size_bytes,
            "message_id": rendered.content.message_id,
        }
        output.row(value, f"Wrote {arguments.target}, {rendered.size_bytes} bytes")
    return DONE


def _render(  # noqa: PLR0917  the six things one rendering takes
    draft: Draft,
    mailbox: Mailbox,
    date: datetime,
    services: Services,
    out: IO[bytes],
    no_bcc: bool,  # noqa: FBT001  one flag of the command
) -> RenderedMessage:
    content = finalize(
        draft,
        mailbox=mailbox,
        now=date,
        message_id=make_message_id(mailbox.sender.domain, services.ids.new_token()),
        marker=draft.uid,
    )
    return render(
        content,
        open_blob=services.blobs.open,
        out=out,
        boundary=services.ids.new_token,
        include_bcc=not no_bcc,
    )


def _mailbox(sender: str, draft: Draft, services: Services) -> Mailbox:
    """Give whom it comes from: who is named, else the draft's mailbox, else the default one."""
    if sender:
        return _named(sender)
    mailboxes = services.book.list_mailboxes()
    if draft.mailbox_uid is not None:
        mailboxes = [box for box in mailboxes if box.uid == draft.mailbox_uid]
    if not mailboxes:
        raise DraftRejected([Problem(code="no_mailbox", field="from")])
    return mailboxes[0]


def _named(sender: str) -> Mailbox:
    """Give a mailbox for an address that need not be connected: nothing is sent."""
    found = parse_addresses(sender)
    if len(found.addresses) != 1 or found.unreadable:
        raise DraftRejected(
            [Problem(code="unreadable_address", field="from", params={"text": sender})]
        )
    address = found.addresses[0]
    return Mailbox(
        uid="",
        account_uid="",
        provider=ProviderKind.GMAIL,
        address=address.addr_spec,
        display_name=address.name,
    )


@contextmanager
def _target(name: str) -> Iterator[IO[bytes]]:
    """Open where the bytes go; a file appears whole or not at all."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(path=name, detail=error.strerror or str(error)) from error
