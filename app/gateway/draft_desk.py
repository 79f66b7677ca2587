"""Drafts over HTTP: written, changed, planned, prepared, thrown away. Blocking; in the pool.

A draft with `planned_send_at` is handed to the outbox at once, as a scheduled record: it goes out
though nobody runs the gateway then. Changing it takes it back first, so that it cannot go out half
changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.draft import Draft, Recipients
from app.domain.errors import NotFound, TooLate
from app.domain.events import DraftsChanged
from app.domain.outbound import Keeper
from app.domain.texts import problem_sentence
from app.gateway.dialect_account import AccountMessage, order_of, whole_context
from app.gateway.dialect_workspace import links, people
from app.gateway.documents import draft_document
from app.gateway.drafting import Drafting, body_of
from app.gateway.fields import Moment, MorePeople, Strict, Subject, Uuid
from app.gateway.order import Order, SenderOrder
from app.gateway.refusals import Detail, invalid, invalid_field
from app.gateway.roster import Roster
from app.gateway.taking import draft_submission
from app.gateway.validation import is_given, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.account import Mailbox
    from app.domain.outbound import OutboundEmail
    from app.gateway.act import Caller
    from app.gateway.sending import Sending
    from app.services import Services

MAX_DRAFTS = 200


class DraftBody(AccountMessage):
    """What a draft may hold; nothing is required until it is sent."""

    to: MorePeople | None = None
    subject: Subject | None = None
    reply_to_message_uid: Uuid | None = None
    planned_send_at: Moment | None = None


class PrepareBody(Strict):
    """What is to be made ready: a kept draft, or the texts themselves."""

    draft_uid: Uuid | None = None
    from_account_id: Uuid | None = None
    to: MorePeople | None = None
    subject: Subject | None = None
    body_text: str | None = None
    body_html: str | None = None
    contact_id: Uuid | None = None
    deal_id: Uuid | None = None


def _draft_alone(value: Mapping[str, Any]) -> Iterable[Detail]:
    if is_given(value, "draft_uid"):
        for name in value:
            if name != "draft_uid" and name in PrepareBody.model_fields and is_given(value, name):
                yield Detail(name, f"{name} must not be given together with draft_uid.")


class DraftDesk:
    """The drafts of a profile for callers of the gateway."""

    def __init__(self, services: Services, sending: Sending) -> None:
        self._services = services
        self._sending = sending

    def create(self, value: Any, caller: Caller) -> dict[str, Any]:
        """Keep a new draft. Raises Refusal, AppError."""
        asked = read(DraftBody, value, (whole_context,))
        draft = self._drafting(caller).draft(_lenient(asked))
        if not asked.subject:
            # A draft may have no subject; a new one gets its words when it is sent.
            draft = replace(draft, subject="")
        return self._keep(draft, asked.planned_send_at, caller)

    def change(self, uid: str, value: Any, caller: Caller) -> dict[str, Any]:
        """Change the fields that are given; null empties one. Raises Refusal, AppError."""
        asked = read(DraftBody, value, (whole_context,))
        draft, record = self._find(uid)
        if record is not None:
            # Raises TooLate once it is on its way.
            taken = self._services.outbox.take_back(record.uid)
            if taken is None:
                # The provider keeps it and was asked to give it back: a draft again when it has.
                raise TooLate(state=record.state.value)
            draft = taken
        changed = self._changed(draft, asked, value, caller)
        planned: Any = asked.planned_send_at
        if planned is None and record is not None and "planned_send_at" not in value:
            planned = record.goes_at
        return self._keep(changed, planned, caller)

    def get(self, uid: str) -> dict[str, Any]:
        """Give a draft, or what became of it. Raises NotFound."""
        draft, record = self._find(uid)
        return draft_document(draft, self._mailbox(draft), record)

    def list_all(self) -> dict[str, Any]:
        """Give the drafts, newest first."""
        drafts = self._services.drafts.list_drafts(MAX_DRAFTS)
        return {"drafts": [draft_document(one, self._mailbox(one)) for one in drafts]}

    def discard(self, uid: str) -> None:
        """Throw a draft away; a planned one is cancelled. Raises NotFound, TooLate."""
        _, record = self._find(uid)
        if record is not None:
            self._services.outbox.cancel(record.uid)
        self._services.drafts.discard(uid)
        self._services.bus.publish(DraftsChanged(uid))

    def prepare(self, value: Any, caller: Caller) -> dict[str, Any]:
        """Fill the fields and say what is missing; nothing is kept. Raises Refusal, AppError."""
        asked = read(PrepareBody, value, (_draft_alone,))
        if asked.draft_uid:
            draft, _ = self._find(asked.draft_uid)
        else:
            draft = self._drafting(caller).draft(_order_to_prepare(asked))
            draft = replace(draft, subject=asked.subject or "")
        filled = self._services.submitter.prepare(draft)
        ready = filled.draft
        return {
            "subject": ready.subject,
            "body_text": ready.body.text or None,
            "body_html": ready.body.html or None,
            "missing": [
                {"field": one.field, "message": problem_sentence(one)} for one in filled.problems
            ],
            "is_ready": not filled.problems,
        }

    def _drafting(self, caller: Caller) -> Drafting:
        return Drafting(self._services, caller.key.uid, Roster(self._services))

    def _find(self, uid: str) -> tuple[Draft, OutboundEmail | None]:
        services = self._services
        draft = services.drafts.load(uid)
        if draft is not None:
            return draft, None
        record_uid = services.gateway.threads.record_of_draft(uid)
        record = services.records.find(record_uid) if record_uid else None
        submitted = services.records.submitted_draft(record.uid) if record else None
        if record is None or submitted is None:
            raise NotFound(kind="draft", uid=uid)
        return submitted, record

    def _mailbox(self, draft: Draft) -> Mailbox | None:
        boxes = self._services.book.list_mailboxes()
        return next((box for box in boxes if box.uid == draft.mailbox_uid), None)

    def _changed(
        self, draft: Draft, asked: DraftBody, value: Mapping[str, Any], caller: Caller
    ) -> Draft:
        order = _lenient(asked)
        changes: dict[str, Any] = {}
        if {"from_account_id", "reply_to_message_uid"} & value.keys():
            made = self._drafting(caller).draft(order, draft)
            changes |= {"mailbox_uid": made.mailbox_uid, "reply": made.reply}
        old = draft.recipients
        changes["recipients"] = Recipients(
            order.to if "to" in value else old.to,
            order.cc if "cc" in value else old.cc,
            order.bcc if "bcc" in value else old.bcc,
            old.reply_to,
        )
        if "subject" in value:
            changes["subject"] = order.subject or ""
        if {"body_html", "body_text"} & value.keys():
            html = order.html if "body_html" in value else draft.body.html
            text = order.text if "body_text" in value else draft.body.text
            changes["body"] = body_of(html, text)
        if "attachments" in value:
            changes["attachments"] = self._drafting(caller).attachments(order.files)
        if "context_id" in value:
            changes["links"] = order.links
        return draft.edited(self._services.clock.now(), **changes)

    def _keep(self, draft: Draft, planned_at: Any, caller: Caller) -> dict[str, Any]:
        services = self._services
        if planned_at is not None and planned_at <= services.clock.now():
            raise invalid_field("planned_send_at", "planned_send_at must be in the future.")
        services.drafts.save(draft)
        services.bus.publish(DraftsChanged(draft.uid))
        if planned_at is None:
            return draft_document(draft, self._mailbox(draft))
        if not draft.recipients.everybody:
            raise invalid([Detail("to", "to is required before a draft can be planned.")])
        # Kept here: whoever plans by the API may change it at any moment, and has an answer at once.
        submission = replace(draft_submission(draft, not_before=planned_at), keeper=Keeper.COMPUTER)
        record = self._sending.submit(submission, caller)
        return draft_document(draft, self._mailbox(draft), record)


def _lenient(asked: DraftBody) -> Order:
    return order_of(asked, asked.reply_to_message_uid)


def _order_to_prepare(asked: PrepareBody) -> Order:
    return Order(
        sender=SenderOrder(field="from_account_id", account_uid=asked.from_account_id or ""),
        to=people(asked.to),
        subject=asked.subject,
        html=asked.body_html,
        text=asked.body_text,
        links=links(asked.contact_id, asked.deal_id),
    )
