"""`postrider send`: one message through the same door as the window's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.exits import DONE, exit_of_record
from app.cli.importing import read_bytes, unreadable_file
from app.cli.outbox import show_record
from app.cli.waiting import deliver_until_settled
from app.compose.replying import new_draft, reply_draft
from app.conversations.answering import Answering, by_headers, sender_of
from app.domain.account import ProviderKind
from app.domain.address import Address, parse_addresses
from app.domain.attachment import Disposition
from app.domain.conversation import ThreadRef
from app.domain.draft import Body, BodyMode, ContextLink, LinkKind, Recipients, ReplyMode
from app.domain.errors import (
    DraftRejected,
    MailboxAmbiguous,
    NotConnected,
)
from app.domain.outbound import Keeper, OutboundState
from app.domain.problem import Problem
from app.domain.submission import Submission
from app.mime.msgid import is_msgid

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.conversations.answering import Target
    from app.domain.account import Mailbox
    from app.domain.attachment import Attachment
    from app.domain.draft import Draft
    from app.services import Services

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Submit the message, then deliver or watch until it rests or the wait is over."""
    not_before = read_later(arguments.at, services.clock.now())
    draft = _draft(arguments, services)
    submission = Submission(
        draft=draft,
        source="cli",
        not_before=not_before,
        keeper=read_keeper(arguments.kept_by),
        idempotency_key=arguments.idempotency_key or "",
        key_scope="cli",
    )
    return submit_and_wait(submission, services, output, arguments.wait)


def submit_and_wait(
    submission: Submission, services: Services, output: Output, wait_s: float
) -> int:
    """Submit, show where the record rests or stands after `wait_s` seconds; give the exit code."""
    record = services.submitter.submit(submission)
    if record.state is OutboundState.SCHEDULED and not record.is_at_work:
        show_record(record, services, output)
        return DONE
    settled = deliver_until_settled(record.uid, services, wait_s)
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
    except (ValueError, OverflowError) as error:
        problem = Problem(code="bad_time", field="at", params={"text": text})
        raise DraftRejected([problem]) from error


def read_later(text: str | None, now: datetime) -> datetime | None:
    """Read the moment to send at, None for at once.

    Raises:
        DraftRejected: it is no moment, or one that has passed: that is a slip, not "now".
    """
    if text is None:
        return None
    found = read_when(text, now)
    if found <= now:
        raise DraftRejected([Problem(code="past_time", field="at", params={"text": text})])
    return found


def read_keeper(text: str | None) -> Keeper | None:
    """Give who shall keep a scheduled message; None: as the settings say."""
    return Keeper(text) if text else None


def _draft(arguments: argparse.Namespace, services: Services) -> Draft:
    target = _target(arguments, services)
    mailbox = _mailbox(arguments, services, target)
    draft = new_draft(ids=services.ids, clock=services.clock, mailbox_uid=mailbox.uid)
    now = services.clock.now()
    if arguments.thread:
        original = services.conversations.latest(ThreadRef(mailbox.account_uid, arguments.thread))
        own = frozenset(box.address for box in services.book.list_mailboxes())
        draft = reply_draft(draft, original, ReplyMode.REPLY_ALL, own, now)
    elif target is not None:
        draft = draft.edited(
            now,
            recipients=target.recipients,
            subject=target.subject,
            reply=target.context_for(mailbox),
        )
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
        attachments=tuple(attachments_of(arguments, services)),
        links=_links(arguments, services),
    )


def _target(arguments: argparse.Namespace, services: Services) -> Target | None:
    """Give the message that is answered, if one is named.

    Raises:
        DraftRejected: it is not known, or something a reply needs is.
    """
    named = (arguments.reply_to_message or "").strip()
    if not named:
        return None
    if is_msgid(named):
        return by_headers(named)
    answering = Answering(
        conversations=services.conversations,
        records=services.records,
        threads=services.gateway.threads,
        accounts=services.accounts,
    )
    return answering.message(named, "--reply-to-message")


def _mailbox(arguments: argparse.Namespace, services: Services, target: Target | None) -> Mailbox:
    mailboxes = services.book.list_mailboxes()
    if target is not None and target.account_uid:
        # Only its own account can continue a conversation; which of its addresses may be chosen.
        if not (arguments.sender or arguments.provider):
            return sender_of(target, mailboxes)
        mailboxes = [box for box in mailboxes if box.account_uid == target.account_uid]
    if arguments.sender:
        wanted = Address(arguments.sender).key
        mailboxes = [box for box in mailboxes if Address(box.address).key == wanted]
    if arguments.provider:
        kind = ProviderKind.parse(arguments.provider)
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
    if [arguments.text, arguments.text_file, arguments.html_file].count("-") > 1:
        raise unreadable_file("-", "standard input can be read only once")
    html = _read(arguments.html_file) if arguments.html_file else ""
    text = arguments.text or ""
    if text == "-":
        text = _read("-")
    if arguments.text_file:
        text = _read(arguments.text_file)
    return Body(BodyMode.HTML, html, text) if html else Body(BodyMode.PLAIN, "", text)


def _read(name: str) -> str:
    try:
        # As bytes: what comes in is UTF-8, whatever the terminal speaks.
        return read_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable_file(name, "it is not UTF-8 text") from error


def attachments_of(arguments: argparse.Namespace, services: Services) -> list[Attachment]:
    """Copy in the files of --attach and --inline.

    Raises:
        AttachmentMissing: one of them cannot be read.
    """
    files = [services.attacher.attach_file(Path(name)) for name in arguments.attach]
    for pair in arguments.inline:
        content_id, _, name = pair.partition("=")
        files.append(
            services.attacher.attach_file(
                Path(name), disposition=Disposition.INLINE, content_id=content_id
            )
        )
    return files


def _links(arguments: argparse.Namespace, services: Services) -> tuple[ContextLink, ...]:
    """Give what the mail is logged against.

    Raises:
        NotFound: there is no such contact or deal.
    """
    people = [services.contacts.link(LinkKind.CONTACT, text) for text in arguments.contact]
    deals = [services.contacts.link(LinkKind.DEAL, text) for text in arguments.deal]
    others = (text.partition(":") for text in arguments.context)
    contexts = [ContextLink(LinkKind.CONTEXT, uid, kind) for kind, _, uid in others]
    return tuple(dict.fromkeys([*people, *deals, *contexts]))
