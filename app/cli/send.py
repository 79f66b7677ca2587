"""`postrider send`: one message through the same door as the window's."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.exits import DONE, exit_of_record
from app.cli.outbox import show_record
from app.cli.waiting import deliver_until_settled
from app.compose.replying import new_draft, reply_draft
from app.domain.account import ProviderKind
from app.domain.address import Address, parse_addresses
from app.domain.attachment import Disposition
from app.domain.conversation import ThreadRef
from app.domain.draft import Body, BodyMode, ContextLink, LinkKind, Recipients, ReplyMode
from app.domain.errors import (
    AttachmentMissing,
    DraftRejected,
    MailboxAmbiguous,
    NotConnected,
)
from app.domain.outbound import OutboundState
from app.domain.problem import Problem
from app.domain.submission import Submission

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.account import Mailbox
    from app.domain.attachment import Attachment
    from app.domain.draft import Draft
    from app.services import Services

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Submit the message, then deliver or watch until it rests or the wait is over."""
    not_before = read_when(arguments.at, services.clock.now()) if arguments.at else None
    draft = _draft(arguments, services)
    record = services.submitter.submit(
        Submission(
            draft=draft,
            source="cli",
            not_before=not_before,
            idempotency_key=arguments.idempotency_key,
            key_scope="cli",
        )
    )
    if record.state is OutboundState.SCHEDULED:
        show_record(record, services, output)
        return DONE
    settled = deliver_until_settled(record.uid, services, arguments.wait)
    show_record(settled, services, output)
    return exit_of_record(settled)


def read_when(text: str, now: datetime) -> datetime:
    """Read a moment: ISO 8601 (without offset: this computer's time) or +N with s, m, h or d.

    Raises:
        DraftRejected: it is neither.
    """
    relative = re.fullmatch(r"\+(\d{1,6})([smhd])", text.strip())
    if relative:
        return now + timedelta(seconds=int(relative[1]) * _UNITS[relative[2]])
    try:
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except ValueError as error:
        problem = Problem(code="bad_time", field="at", params={"text": text})
        raise DraftRejected([problem]) from error


def _draft(arguments: argparse.Namespace, services: Services) -> Draft:
    mailbox = _mailbox(arguments, services)
    draft = new_draft(ids=services.ids, clock=services.clock, mailbox_uid=mailbox.uid)
    now = services.clock.now()
    if arguments.thread:
        original = services.conversations.latest(ThreadRef(mailbox.account_uid, arguments.thread))
        own = frozenset(box.address for box in services.book.list_mailboxes())
        draft = reply_draft(draft, original, ReplyMode.REPLY_ALL, own, now)
    recipients = Recipients(
        to=_people(arguments.to, "to") or draft.recipients.to,
        cc=_people(arguments.cc, "cc") or draft.recipients.cc,
        bcc=_people(arguments.bcc, "bcc"),
        reply_to=_people(arguments.reply_to, "reply_to"),
    )
    return draft.edited(
        now,
        recipients=recipients,
        subject=draft.subject if arguments.subject is None else arguments.subject,
        body=_body(arguments),
        attachments=tuple(_attachments(arguments, services)),
        links=tuple(_link(text) for text in arguments.context),
    )


def _mailbox(arguments: argparse.Namespace, services: Services) -> Mailbox:
    mailboxes = services.book.list_mailboxes()
    if arguments.sender:
        wanted = Address(arguments.sender).key
        mailboxes = [box for box in mailboxes if Address(box.address).key == wanted]
    if arguments.provider:
        try:
            kind = ProviderKind.parse(arguments.provider)
        except ValueError as error:
            raise NotConnected(address=arguments.provider) from error
        mailboxes = [box for box in mailboxes if box.provider is kind]
    if not mailboxes:
        raise NotConnected(address=arguments.sender or "")
    if arguments.sender and len(mailboxes) > 1:
        providers = ", ".join(sorted({box.provider.label for box in mailboxes}))
        raise MailboxAmbiguous(address=arguments.sender, providers=providers)
    return mailboxes[0]


def _people(texts: Iterable[str], field: str) -> tuple[Address, ...]:
    found: list[Address] = []
    problems: list[Problem] = []
    for text in texts:
        parsed = parse_addresses(text)
        found += parsed.addresses
        problems += [
            Problem(
                code="bad_address",
                field=field,
                params={"address": one.text, "reason": one.reason},
            )
            for one in parsed.unreadable
        ]
    if problems:
        raise DraftRejected(problems)
    return tuple(found)


def _body(arguments: argparse.Namespace) -> Body:
    html = _read(arguments.html_file) if arguments.html_file else ""
    text = arguments.text or ""
    if text == "-":
        text = sys.stdin.read()
    if arguments.text_file:
        text = _read(arguments.text_file)
    return Body(BodyMode.HTML, html, text) if html else Body(BodyMode.PLAIN, "", text)


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AttachmentMissing(filename=name, detail="unreadable") from error


def _attachments(arguments: argparse.Namespace, services: Services) -> list[Attachment]:
    files = [services.attacher.attach_file(Path(name)) for name in arguments.attach]
    for pair in arguments.inline:
        content_id, _, name = pair.partition("=")
        files.append(
            services.attacher.attach_file(
                Path(name), disposition=Disposition.INLINE, content_id=content_id
            )
        )
    return files


def _link(text: str) -> ContextLink:
    context_type, _, uid = text.partition(":")
    return ContextLink(LinkKind.CONTEXT, uid, context_type)
