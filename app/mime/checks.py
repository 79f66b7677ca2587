"""Everything wrong with a draft before it is sent, all at once. Pure, raises nothing.

Errors stop the send, warnings ask first. What depends on contacts, deals or the thread is judged
elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.address_check import check_address, lacks_dot
from app.domain.draft import BodyMode, ReplyMode
from app.domain.problem import Problem, Severity
from app.mime.finalize import awaited_files, clean_subject, own_text, referenced_cids
from app.mime.header_text import UnsafeHeader, checked_text
from app.mime.headers import encode_addresses, encode_unstructured
from app.mime.message_head import unsafe_problem
from app.mime.reminders import attachment_word, is_blocked_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.account import Mailbox
    from app.domain.address import Address
    from app.domain.draft import Draft

MAX_SUBJECT = 998
LONG_SUBJECT = 150


def check_draft(
    draft: Draft, *, mailbox: Mailbox | None, limit_bytes: int | None
) -> tuple[Problem, ...]:
    """List the problems of a draft, errors first.

    Args:
        draft: what would be sent.
        mailbox: whom it would come from; None if nothing is chosen.
        limit_bytes: how much the account takes in files; None if that is not known.
    """
    found = [
        *_header_problems(draft, mailbox),
        *_body_warnings(draft),
        *_attachment_problems(draft, mailbox, limit_bytes),
    ]
    return tuple(sorted(found, key=lambda problem: not problem.is_error))


def find_errors(
    draft: Draft, *, mailbox: Mailbox | None, limit_bytes: int | None
) -> tuple[Problem, ...]:
    """List only what stops a draft; its text, which can but warn, is not read for that."""
    found = (
        *_header_problems(draft, mailbox),
        *_attachment_problems(draft, mailbox, limit_bytes),
    )
    return tuple(problem for problem in found if problem.is_error)


def _header_problems(draft: Draft, mailbox: Mailbox | None) -> Iterator[Problem]:
    yield from _mailbox_problems(mailbox)
    yield from _recipient_problems(draft)
    yield from _subject_problems(draft)


def _warning(code: str, field: str, **params: str) -> Problem:
    return Problem(code=code, field=field, severity=Severity.WARNING, params=params)


def _mailbox_problems(mailbox: Mailbox | None) -> Iterator[Problem]:
    if mailbox is None:
        yield Problem(code="no_mailbox", field="from")
    else:
        yield from _address_problems("from", mailbox.sender)


def _recipient_problems(draft: Draft) -> Iterator[Problem]:
    recipients = draft.recipients
    if not (recipients.to or recipients.cc or recipients.bcc):
        yield Problem(code="no_recipients", field="to")
    for field in ("to", "cc", "bcc", "reply_to"):
        seen: set[Address] = set()
        for address in getattr(recipients, field):
            if address not in seen:
                seen.add(address)
                yield from _address_problems(field, address)
                if lacks_dot(address.addr_spec):
                    yield _bad_address(field, address, "no_dot")


def _address_problems(field: str, address: Address) -> Iterator[Problem]:
    reason = check_address(address.addr_spec)
    if reason is not None:
        yield _bad_address(field, address, reason)
        return
    try:
        encode_addresses("To", (address,))
    except UnsafeHeader as error:
        found = unsafe_problem(error)
        params = {"address": address.format(), "reason": error.reason}
        yield Problem(code=found.code, field=field, params=params)


def _bad_address(field: str, address: Address, reason: str) -> Problem:
    params = {"address": address.format(), "reason": reason}
    return Problem(code="bad_address", field=field, params=params)


def _subject_problems(draft: Draft) -> Iterator[Problem]:
    subject = clean_subject(draft.subject)
    if not subject:
        yield _warning("no_subject", "subject")
        return
    try:
        encode_unstructured("Subject", checked_text("Subject", subject))
    except UnsafeHeader as error:
        params = {"reason": error.reason}
        yield Problem(code="unsafe_header", field="subject", params=params)
    if len(subject) > MAX_SUBJECT:
        yield Problem(code="subject_too_long", field="subject", params=_count(subject))
    elif len(subject) > LONG_SUBJECT:
        yield _warning("long_subject", "subject", **_count(subject))


def _count(text: str) -> dict[str, str]:
    return {"length": str(len(text))}


def _body_warnings(draft: Draft) -> Iterator[Problem]:
    html = draft.body.html if draft.body.mode is BodyMode.HTML else ""
    text = own_text(draft)
    cids = referenced_cids(html)
    is_forward = draft.reply is not None and draft.reply.mode is ReplyMode.FORWARD
    if not text.strip() and not cids and not (is_forward and draft.quote):
        yield _warning("empty_body", "body")
    known = {attachment.content_id for attachment in draft.attachments}
    if any(cid not in known for cid in cids):
        yield _warning("inline_missing", "body")
    has_files = any(not attachment.is_inline for attachment in draft.attachments)
    # The subject of an answer is another's.
    own = text if draft.reply else f"{draft.subject}\n{text}"
    if not has_files and (word := attachment_word(own)):
        yield _warning("missing_attachment", "attachments", word=word)


def _attachment_problems(
    draft: Draft, mailbox: Mailbox | None, limit_bytes: int | None
) -> Iterator[Problem]:
    awaited = awaited_files(draft)
    if awaited:
        params = {"filename": awaited[0].file.filename, "count": str(len(awaited))}
        yield Problem(code="files_coming", field="attachments", params=params)
    provider = {"provider": mailbox.provider.label} if mailbox else {}
    total = sum(attachment.size_bytes for attachment in draft.attachments)
    if limit_bytes is not None and total > limit_bytes:
        sizes = {"size_bytes": str(total), "limit_bytes": str(limit_bytes)}
        yield Problem(
            code="attachments_too_large", field="attachments", params={**provider, **sizes}
        )
    for attachment in draft.attachments:
        if is_blocked_type(attachment.filename, mailbox.provider if mailbox else None):
            yield _warning("blocked_type", "attachments", filename=attachment.filename, **provider)
