"""Picking a conversation: fetches its latest message and makes the draft a reply to it, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.compose.forwarding import links_of, without_brought
from app.domain.draft import Recipients, ReplyMode
from app.domain.texts import error_sentence
from app.ui import tasks
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.domain.attachment import Attachment
    from app.domain.conversation import Conversation, OriginalMessage
    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.ui.compose.controller import ComposeController
    from app.ui.tasks import Task


class ReplyFlow(QObject):
    """One pick at a time; a newer one replaces it."""

    answered = Signal()

    def __init__(self, controller: ComposeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._task: Task | None = None
        self._before: Draft | None = None

    def pick(self, conversation: Conversation, mode: ReplyMode = ReplyMode.REPLY) -> None:
        """Fetch the latest message and answer it."""
        self.cancel()
        self._controller.notice_dropped.emit("forward:")
        self._controller.noticed.emit(
            Notice(
                key="reply",
                tone="ok",
                text=f"Fetching the latest message of “{conversation.subject}”…",
                actions=(("Cancel", self.cancel),),
            )
        )
        self._task = tasks.run(
            self,
            self._controller.host.latest(conversation.ref),
            done=lambda original: self._on_original(original, mode),
            failed=lambda error: self._on_failed(error, conversation, mode),
        )

    def cancel(self) -> None:
        """Leave the draft as it is."""
        if self._task is not None:
            self._task.drop()
            self._task = None
        self._controller.notice_dropped.emit("reply")

    def leave(self) -> None:
        """Make it a new conversation again; what was written stays."""
        self.cancel()
        self._controller.flush()
        self._before = self._controller.draft
        self._controller.session.leave_conversation()
        self._controller.notice_dropped.emit("forward:")
        self._controller.notice_dropped.emit("thread")
        self._offer_undo("This is a new conversation now.")

    def _on_original(self, original: OriginalMessage, mode: ReplyMode) -> None:
        controller = self._controller
        controller.flush()
        self._before = controller.draft
        start = controller.draft
        if mode is ReplyMode.FORWARD and _is_answer(start):
            # Whom an answer goes to is not whom its original is forwarded to.
            start = replace(start, recipients=Recipients(bcc=start.recipients.bcc))
        self._task = tasks.run(
            self,
            controller.host.reply_draft(start, original, mode, controller.own_addresses),
            done=lambda draft: self._on_draft(draft, original),
            failed=lambda error: self._fail(error_sentence(error)),
        )

    def _on_draft(self, draft: Draft, original: OriginalMessage) -> None:
        self._task = None
        controller = self._controller
        controller.notice_dropped.emit("reply")
        before = self._before
        controller.flush()
        if before is not None and controller.draft.revision != before.revision:
            # Something was typed while the reply was made: it wins over what it was made from.
            draft = controller.draft.edited(
                draft.updated_at,
                recipients=draft.recipients,
                subject=draft.subject,
                reply=draft.reply,
                quote=draft.quote,
                attachments=without_brought(controller.draft).attachments,
                coming=draft.coming,
                is_signed=draft.is_signed,
            )
        controller.session.replace(draft)
        controller.check_thread()
        self.answered.emit()
        sentence = _changed_recipients(before, draft)
        if sentence:
            self._offer_undo(sentence)
        if draft.reply is not None and draft.reply.mode is ReplyMode.FORWARD:
            self._tell_of_links(original)

    def _tell_of_links(self, original: OriginalMessage) -> None:
        """Say which files of the original are none: they lie elsewhere, and cannot be sent along."""
        for one in links_of(original):
            where = (
                "The link stands in the quoted text."
                if one.is_in_text
                else "Open the original to copy the link."
            )
            self._controller.noticed.emit(
                Notice(
                    key=f"forward:{one.filename}",
                    text=f"{one.filename} is not sent along: the original only links to it. {where}",
                    strong=(one.filename,),
                )
            )

    def _offer_undo(self, sentence: str) -> None:
        before = self._before
        if before is None:
            return

        def undo() -> None:
            now = self._controller.draft
            self._controller.session.replace(
                now.edited(
                    self._controller.host.clock.now(),
                    recipients=before.recipients,
                    subject=before.subject,
                    reply=before.reply,
                    quote=before.quote,
                    attachments=_with_later(before, now),
                    coming=before.coming,
                    is_signed=before.is_signed,
                )
            )
            self._controller.check_thread()
            self._controller.notice_dropped.emit("forward:")

        self._controller.noticed.emit(
            Notice(
                key="reply",
                tone="ok",
                text=sentence,
                actions=(("Undo", undo), ("Dismiss", _nothing)),
            )
        )

    def _on_failed(self, error: AppError, conversation: Conversation, mode: ReplyMode) -> None:
        self._task = None
        self._fail(error_sentence(error), lambda: self.pick(conversation, mode))

    def _fail(self, sentence: str, again: object = None) -> None:
        actions = (("Try again", again),) if callable(again) else ()
        self._controller.noticed.emit(
            Notice(key="reply", tone="danger", text=sentence, actions=actions)
        )


def _is_answer(draft: Draft) -> bool:
    return draft.reply is not None and draft.reply.mode is not ReplyMode.FORWARD


def _changed_recipients(before: Draft | None, draft: Draft) -> str:
    """Say so if people the person had there are not there any more."""
    if before is None or not before.recipients.everybody or draft.reply is None:
        return ""
    if draft.reply.mode is ReplyMode.FORWARD:
        return "Those the answer was for were taken out." if _is_answer(before) else ""
    if before.reply is None or not _is_answer(before):
        return "The recipients are those of the conversation now."
    return ""


def _with_later(before: Draft, now: Draft) -> tuple[Attachment, ...]:
    """Give the files as they were, and those the person attached since."""
    known = {one.uid for one in before.attachments}
    later = (one for one in now.attachments if one.uid not in known and not one.brought_by)
    return (*before.attachments, *later)


def _nothing() -> None:
    """Only take the notice away."""
