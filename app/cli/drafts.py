"""`postrider drafts list|show|save|discard|send`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.cli.draft_file import read_draft
from app.cli.exits import DONE
from app.cli.send import attachments_of, read_keeper, read_later, submit_and_wait
from app.domain.address import format_addresses
from app.domain.errors import AttachmentChanged, NotFound
from app.domain.events import DraftsChanged
from app.domain.submission import Submission
from app.domain.texts import problem_sentence
from app.mime.draft_json import draft_to_dict
from app.mime.finalize import own_text

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.draft import Draft
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "list":
            for draft in services.drafts.list_drafts(arguments.limit):
                output.row(draft_value(draft), _line(draft))
        case "show":
            _show(_get(arguments.uid, services), services, output)
        case "save":
            draft = _save(arguments, services)
            output.row(draft_value(draft), f"Saved {draft.uid}")
        case "discard":
            draft = _get(arguments.uid, services)
            services.drafts.discard(draft.uid)
            services.bus.publish(DraftsChanged(draft.uid))
            output.row({"discarded": draft.uid}, f"Discarded {draft.uid}")
        case _:
            return _send(arguments, services, output)
    return DONE


def draft_value(draft: Draft) -> dict[str, Any]:
    """Give what a list tells of a draft, as JSON."""
    return {
        "uid": draft.uid,
        "revision": draft.revision,
        "mailbox_uid": draft.mailbox_uid,
        "subject": draft.subject,
        "to": [one.addr_spec for one in draft.recipients.to],
        "cc": [one.addr_spec for one in draft.recipients.cc],
        "bcc": [one.addr_spec for one in draft.recipients.bcc],
        "attachments": [one.filename for one in draft.attachments],
        "updated_at": draft.updated_at.isoformat(),
    }


def _line(draft: Draft) -> str:
    people = format_addresses(draft.recipients.everybody) or "nobody yet"
    return f"{draft.uid}  {draft.updated_at:%Y-%m-%d %H:%M}  {draft.subject!r} to {people}"


def _get(uid: str, services: Services) -> Draft:
    draft = services.drafts.load(uid)
    if draft is None:
        raise NotFound(kind="draft", uid=uid)
    return draft


def _show(draft: Draft, services: Services, output: Output) -> None:
    problems = services.submitter.check(draft)
    value = {
        "draft": draft_to_dict(draft),
        "problems": [
            {
                "field": one.field,
                "code": one.code,
                "severity": one.severity.value,
                "message": problem_sentence(one),
            }
            for one in problems
        ],
    }
    lines = [_line(draft), *(f"  {problem_sentence(one)}" for one in problems), "", own_text(draft)]
    output.row(value, "\n".join(lines).rstrip())


def _save(arguments: argparse.Namespace, services: Services) -> Draft:
    """Keep a draft from a file: a new one, or the next revision of the one it names."""
    draft, fields = read_draft(arguments.file, services.attacher)
    more = attachments_of(arguments, services)
    draft = replace(draft, attachments=(*draft.attachments, *more))
    now = services.clock.now()
    for attachment in draft.attachments:
        if not services.blobs.path(attachment.sha256).exists():
            raise AttachmentChanged(filename=attachment.filename)
    if "uid" not in fields:
        draft = replace(draft, uid=services.ids.new_uid())
    known = services.drafts.load(draft.uid)
    draft = replace(
        draft,
        revision=max(draft.revision, known.revision if known else 0) + 1,
        created_at=known.created_at if known else now,
        updated_at=now,
    )
    services.drafts.save(draft)
    services.bus.publish(DraftsChanged(draft.uid))
    return draft


def _send(arguments: argparse.Namespace, services: Services, output: Output) -> int:
    not_before = read_later(arguments.at, services.clock.now())
    submission = Submission(
        draft=_get(arguments.uid, services),
        source="cli",
        not_before=not_before,
        keeper=read_keeper(arguments.kept_by),
        idempotency_key=arguments.idempotency_key or "",
        key_scope="cli",
    )
    return submit_and_wait(submission, services, output, arguments.wait)
