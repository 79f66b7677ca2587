"""The only door to sending, for the window, the command line and the gateway. Never on the GUI thread.

submit() returns once the message is durable: rendered to the spool, frozen by hash, and written as
a record in one transaction with its idempotency key.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.errors import DraftRejected
from app.domain.events import DraftsChanged, OutboundChanged, OutboundRested
from app.domain.outbound import HistoryEntry, OutboundEmail, OutboundState, Reason
from app.domain.problem import Problem, Severity
from app.mime.checks import check_draft
from app.mime.draft_json import draft_to_dict
from app.mime.finalize import finalize
from app.mime.msgid import make_message_id
from app.mime.render import render
from app.ports import KeyClaim
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.fields import Filled
    from app.domain.outbound import RenderedMessage
    from app.domain.submission import Submission
    from app.ports import AccountStore, BlobStore, Clock, Ids, OutboxPlans, OutboxStore
    from app.ports.contacts import FieldResolver
    from app.runtime.bus import Bus

# What the fingerprint of an idempotency key ignores: bookkeeping that differs between two equal sends.
NOT_CONTENT = frozenset({"uid", "created_at", "updated_at", "revision"})

# The same content to the same people within this time is asked about in the window.
TWIN_WINDOW = timedelta(minutes=10)
# What a person just pressed goes before what a program queued.
PRIORITIES = {"window": 0, "cli": 1}
BULK_PRIORITY = 2


class Submitter:
    """Turns a draft into a durable record."""

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        accounts: AccountStore,
        records: OutboxStore,
        plans: OutboxPlans,
        blobs: BlobStore,
        clock: Clock,
        ids: Ids,
        bus: Bus,
        fields: FieldResolver,
    ) -> None:
        self._fields = fields
        self._accounts = accounts
        self._records = records
        self._plans = plans
        self._blobs = blobs
        self._clock = clock
        self._ids = ids
        self._bus = bus

    def check(self, draft: Draft) -> tuple[Problem, ...]:
        """List everything wrong with a draft, errors and warnings."""
        found = self._check_content(self.prepare(draft))
        since = self._clock.now() - TWIN_WINDOW
        if self._plans.find_twin(fingerprint(draft), since) is not None:
            twin = Problem(code="near_duplicate", field="subject", severity=Severity.WARNING)
            found = (*found, twin)
        return found

    def prepare(self, draft: Draft, mailbox: Mailbox | None = None) -> Filled:
        """Give the draft as it would go out, its fields filled in, and the fields that stop it.

        `mailbox` stands for the draft's own where nothing is sent.
        """
        return self._fields.fill(draft, mailbox or self._find_mailbox(draft))

    def _check_content(self, filled: Filled) -> tuple[Problem, ...]:
        mailbox = self._find_mailbox(filled.draft)
        limit_bytes = mailbox.provider.files_limit_bytes if mailbox else None
        found = check_draft(filled.draft, mailbox=mailbox, limit_bytes=limit_bytes)
        return (*filled.problems, *found)

    def submit(self, submission: Submission) -> OutboundEmail:
        """Accept a message for sending; when this returns it is on disk.

        Raises:
            DraftRejected: it cannot be sent as it is; all problems at once.
            IdempotencyConflict: the key was used for another message.
            AttachmentChanged: a kept file is gone.
            StoreFull, StoreBusy, StoreError: nothing was accepted.
        """
        forbid_gui_thread()
        draft = submission.draft
        filled = self.prepare(draft)
        errors = [one for one in self._check_content(filled) if one.is_error]
        mailbox = self._find_mailbox(draft)
        if mailbox is None and not errors:
            errors = [Problem(code="no_mailbox", field="from")]
        if errors or mailbox is None:
            raise DraftRejected(errors)
        record = self._record(submission, filled.draft, mailbox)
        entry = HistoryEntry(
            at=record.created_at,
            state=record.state,
            event="submitted",
            detail={"frozen": record.message.frozen_hash, "source": submission.source},
        )
        enqueued = self._records.enqueue(record, draft, entry, _claim(submission))
        self._bus.publish(OutboundChanged(enqueued.record.uid))
        if enqueued.record.state is OutboundState.SCHEDULED:
            self._bus.publish(OutboundRested(enqueued.record.uid))
        self._bus.publish(DraftsChanged(draft.uid))
        return enqueued.record

    def _find_mailbox(self, draft: Draft) -> Mailbox | None:
        mailboxes = self._accounts.list_mailboxes()
        if draft.mailbox_uid is None:
            return mailboxes[0] if mailboxes else None
        return next((one for one in mailboxes if one.uid == draft.mailbox_uid), None)

    def _record(self, submission: Submission, whole: Draft, mailbox: Mailbox) -> OutboundEmail:
        """Make the record; `whole` is the submitted draft with its fields filled in."""
        uid = self._ids.new_uid()
        now = self._clock.now()
        due_at, state, reason = _when(submission, now)
        return OutboundEmail(
            uid=uid,
            state=state,
            reason=reason,
            account_uid=mailbox.account_uid,
            mailbox_uid=mailbox.uid,
            provider=mailbox.provider,
            created_at=now,
            updated_at=now,
            due_at=due_at,
            message=self._render(whole, mailbox, uid, now),
            draft_uid=submission.draft.uid,
            reply=submission.draft.reply,
            links=submission.draft.links,
            idempotency_key=submission.idempotency_key,
            source=submission.source,
            priority=PRIORITIES.get(submission.source, BULK_PRIORITY),
            fingerprint=fingerprint(submission.draft),
        )

    def _render(self, draft: Draft, mailbox: Mailbox, uid: str, now: datetime) -> RenderedMessage:
        domain = mailbox.sender.domain
        content = finalize(
            draft,
            mailbox=mailbox,
            now=now,
            message_id=make_message_id(domain, self._ids.new_token()),
            marker=uid,
        )
        with self._blobs.writer() as out:
            rendered = render(
                content, open_blob=self._blobs.open, out=out, boundary=self._ids.new_token
            )
            out.commit()
        return rendered


def fingerprint(draft: Draft) -> str:
    """Give the SHA-256 of what a draft says, whoever wrote it down and when."""
    value: dict[str, Any] = {
        key: part for key, part in draft_to_dict(draft).items() if key not in NOT_CONTENT
    }
    for attachment in value.get("attachments", []):
        attachment.pop("uid", None)
        attachment.pop("content_id", None)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _claim(submission: Submission) -> KeyClaim | None:
    if not submission.idempotency_key:
        return None
    return KeyClaim(
        scope=submission.key_scope or submission.source,
        key=submission.idempotency_key,
        fingerprint=fingerprint(submission.draft),
    )


def _when(submission: Submission, now: datetime) -> tuple[datetime, OutboundState, Reason]:
    if submission.not_before is not None and submission.not_before > now:
        return submission.not_before, OutboundState.SCHEDULED, Reason.SCHEDULED
    if submission.undo_s > 0:
        due_at = now + timedelta(seconds=submission.undo_s)
        return due_at, OutboundState.SCHEDULED, Reason.UNDO_WINDOW
    return now, OutboundState.QUEUED, Reason.NONE
