"""The only door to sending, for the window, the command line and the gateway. Never on the GUI thread.

submit() returns once the message is durable: rendered to the spool, frozen by hash, and written as
a record in one transaction with its idempotency key. It is three steps, which the gateway takes one
by one for many messages at a time: `freeze` writes nothing but a large message's file, `keep` writes
the record, `announce` tells of it once it is committed.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.account import Capability
from app.domain.errors import DraftRejected
from app.domain.events import DraftsChanged, OutboundChanged, OutboundRested
from app.domain.outbound import HistoryEntry, Keeper, OutboundEmail, OutboundState, Reason
from app.domain.problem import Problem, Severity
from app.mime.checks import check_draft, find_errors
from app.mime.draft_json import draft_to_dict
from app.mime.finalize import finalize
from app.mime.msgid import make_message_id
from app.mime.render import render
from app.outbox.kept import Keeping
from app.outbox.likeness import likeness
from app.ports import KeyClaim
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.fields import Filled
    from app.domain.outbound import RenderedMessage
    from app.domain.submission import Submission
    from app.ports import (
        AccountStore,
        BlobStore,
        BlobWriter,
        Clock,
        Enqueued,
        Ids,
        OutboxPlans,
        OutboxStore,
    )
    from app.ports.contacts import FieldResolver
    from app.runtime.bus import Bus

# What the fingerprint of an idempotency key ignores: bookkeeping that differs between two equal sends.
NOT_CONTENT = frozenset({"uid", "created_at", "updated_at", "revision"})

# The same words to the same people within this time are asked about in the window.
TWIN_WINDOW = timedelta(minutes=10)
# What a person just pressed goes before what a program queued.
PRIORITIES = {"window": 0, "cli": 1}
BULK_PRIORITY = 2
# Up to this size the rendered bytes go into the database with their record.
SMALL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A message ready to be kept: its record, its bytes unless they are in a file already."""

    submission: Submission
    record: OutboundEmail
    spool: bytes


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
        keeping: Keeping | None = None,
    ) -> None:
        self._keeping = keeping or Keeping()
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
        mailbox = self._find_mailbox(draft)
        filled = self.prepare(draft, mailbox)
        checked = check_draft(filled.draft, mailbox=mailbox, limit_bytes=_limit(mailbox))
        found = (*filled.problems, *checked)
        since = self._clock.now() - TWIN_WINDOW
        if self._plans.find_twin(likeness(draft), since) is not None:
            twin = Problem(code="near_duplicate", field="subject", severity=Severity.WARNING)
            found = (*found, twin)
        return found

    def prepare(self, draft: Draft, mailbox: Mailbox | None = None) -> Filled:
        """Give the draft as it would go out, its fields filled in, and the fields that stop it.

        `mailbox` stands for the draft's own where nothing is sent.
        """
        return self._fields.fill(draft, mailbox or self._find_mailbox(draft))

    def submit(self, submission: Submission) -> OutboundEmail:
        """Accept a message for sending; when this returns it is on disk.

        Raises:
            DraftRejected: it cannot be sent as it is; all problems at once.
            IdempotencyConflict: the key was used for another message.
            AttachmentChanged: a kept file is gone.
            StoreFull, StoreBusy, StoreError: nothing was accepted.
        """
        kept = self.keep(self.freeze(submission)).record
        self.announce(kept)
        return kept

    def freeze(self, submission: Submission, mailbox: Mailbox | None = None) -> Frozen:
        """Check and render a message.

        Args:
            submission: what to send.
            mailbox: the one it goes from, if it was just read.

        Raises:
            DraftRejected, AttachmentChanged, StoreError: nothing was accepted.
        """
        forbid_gui_thread()
        draft = submission.draft
        mailbox = mailbox or self._find_mailbox(draft)
        filled = self._fields.fill(draft, mailbox)
        errors = [one for one in filled.problems if one.is_error]
        errors += find_errors(filled.draft, mailbox=mailbox, limit_bytes=_limit(mailbox))
        if mailbox is None and not errors:
            errors = [Problem(code="no_mailbox", field="from")]
        if errors or mailbox is None:
            raise DraftRejected(errors)
        return self._freeze(submission, filled.draft, mailbox)

    def keep(self, frozen: Frozen) -> Enqueued:
        """Write a message down: its record, or the one that has its key already.

        Raises:
            IdempotencyConflict: the key was used for another message.
            StoreFull, StoreBusy, StoreError: nothing was accepted.
        """
        record, submission = frozen.record, frozen.submission
        entry = HistoryEntry(
            at=record.created_at,
            state=record.state,
            event="submitted",
            detail={"frozen": record.message.frozen_hash, "source": submission.source},
        )
        claim = _claim(submission, record.fingerprint)
        return self._records.enqueue(record, submission.draft, entry, claim, frozen.spool)

    def announce(self, record: OutboundEmail) -> None:
        """Tell everybody that a message was accepted; call it when its record is committed."""
        self._bus.publish(OutboundChanged(record.uid))
        if record.state is OutboundState.SCHEDULED:
            self._bus.publish(OutboundRested(record.uid))
        self._bus.publish(DraftsChanged(record.draft_uid))

    def _find_mailbox(self, draft: Draft) -> Mailbox | None:
        mailboxes = self._accounts.list_mailboxes()
        if draft.mailbox_uid is None:
            return mailboxes[0] if mailboxes else None
        return next((one for one in mailboxes if one.uid == draft.mailbox_uid), None)

    def _freeze(self, submission: Submission, whole: Draft, mailbox: Mailbox) -> Frozen:
        """Make the record and its bytes; `whole` is the submitted draft with its fields filled in."""
        uid = self._ids.new_uid()
        now = self._clock.now()
        with ExitStack() as stack:
            out = _Spool(lambda: stack.enter_context(self._blobs.writer()))
            message = self._render(whole, mailbox, uid, now, out)
            spool = out.finish()
        record = self._record(submission, mailbox, message, uid, now)
        if self._is_for_provider(submission, mailbox, now):
            # Handed over at once, or when it can no longer be undone; nothing is sent by that.
            record = replace(
                record,
                keeper=Keeper.PROVIDER,
                reason=Reason.HAND_OVER,
                due_at=now + timedelta(seconds=submission.undo_s),
            )
        return Frozen(submission=submission, record=record, spool=spool)

    def _is_for_provider(self, submission: Submission, mailbox: Mailbox, now: datetime) -> bool:
        """Say whether the provider shall keep it until its moment, and can."""
        wanted, moment = submission.keeper or self._keeping.keeper, submission.not_before
        if wanted is Keeper.COMPUTER or moment is None:
            return False
        if (moment - now).total_seconds() < self._keeping.lead_s:
            return False
        return any(
            Capability.DEFER in one.capabilities
            for one in self._accounts.list_accounts()
            if one.uid == mailbox.account_uid
        )

    @staticmethod
    def _record(
        submission: Submission, mailbox: Mailbox, message: RenderedMessage, uid: str, now: datetime
    ) -> OutboundEmail:
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
            planned_at=due_at if reason is Reason.SCHEDULED else None,
            message=message,
            draft_uid=submission.draft.uid,
            reply=submission.draft.reply,
            links=submission.draft.links,
            idempotency_key=submission.idempotency_key,
            source=submission.source,
            priority=PRIORITIES.get(submission.source, BULK_PRIORITY),
            fingerprint=fingerprint(submission.draft),
            likeness=likeness(submission.draft),
        )

    def _render(
        self, draft: Draft, mailbox: Mailbox, uid: str, now: datetime, out: _Spool
    ) -> RenderedMessage:
        content = finalize(
            draft,
            mailbox=mailbox,
            now=now,
            message_id=make_message_id(mailbox.sender.domain, self._ids.new_token()),
            marker=uid,
        )
        return render(content, open_blob=self._blobs.open, out=out, boundary=self._ids.new_token)


class _Spool:
    """Takes rendered bytes: in memory while they are few, else into a file."""

    def __init__(self, open_file: Callable[[], BlobWriter]) -> None:
        self._open_file = open_file
        self._held = bytearray()
        self._file: BlobWriter | None = None

    def write(self, data: bytes, /) -> int:
        if self._file is None:
            if len(self._held) + len(data) <= SMALL_BYTES:
                self._held += data
                return len(data)
            self._file = self._open_file()
            self._file.write(bytes(self._held))
            self._held.clear()
        return self._file.write(data)

    def finish(self) -> bytes:
        """Make a file durable; give the bytes of what needed none."""
        if self._file is not None:
            self._file.commit()
        return bytes(self._held)


def _limit(mailbox: Mailbox | None) -> int | None:
    return mailbox.provider.files_limit_bytes if mailbox else None


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


def _claim(submission: Submission, content: str) -> KeyClaim | None:
    if not submission.idempotency_key:
        return None
    return KeyClaim(
        scope=submission.key_scope or submission.source,
        key=submission.idempotency_key,
        fingerprint=content,
    )


def _when(submission: Submission, now: datetime) -> tuple[datetime, OutboundState, Reason]:
    if submission.not_before is not None and submission.not_before > now:
        return submission.not_before, OutboundState.SCHEDULED, Reason.SCHEDULED
    if submission.undo_s > 0:
        due_at = now + timedelta(seconds=submission.undo_s)
        return due_at, OutboundState.SCHEDULED, Reason.UNDO_WINDOW
    return now, OutboundState.QUEUED, Reason.NONE
