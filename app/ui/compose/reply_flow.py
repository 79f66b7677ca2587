"""Picking a conversation: fetches its latest message and makes the draft a reply to it, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.draft import Recipients, ReplyMode
from app.domain.texts import error_sentence
from app.domain.texts_values import plural
from app.ui import tasks
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.domain.conversation import Conversation, OriginalMessage
    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.ui.compose.controller import ComposeController
    from app.ui.tasks import Task

_SHOWN_FILES = 4


class ReplyFlow(QObject):
    """One pick at a time; a newer one replaces it."""

    files_requested = Signal()
    answered = Signal()

    def __init__(self, controller: ComposeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._task: Task | None = None
        self._before: Draft | None = None

    def pick(self, conversation: Conversation, mode: ReplyMode = ReplyMode.REPLY) -> None:
        """Fetch the latest message and answer it."""
        self.cancel()
        self._controller.notice_dropped.emit("forward")
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
        self._controller.notice_dropped.emit("forward")
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
            )
        controller.session.replace(draft)
        controller.check_thread()
        self.answered.emit()
        sentence = _changed_recipients(before, draft)
        if sentence:
            self._offer_undo(sentence)
        if draft.reply is not None and draft.reply.mode is ReplyMode.FORWARD:
            self._tell_of_files(original)

    def _tell_of_files(self, original: OriginalMessage) -> None:
        """Say which files are not forwarded: providers are not asked for them here."""
        files = original.attachments
        if not files:
            return
        names = ", ".join(file.filename or "a file without a name" for file in files[:_SHOWN_FILES])
        more = len(files) - _SHOWN_FILES
        listed = f"{names} and {more} more" if more > 0 else names
        one = len(files) == 1
        self._controller.noticed.emit(
            Notice(
                key="forward",
                text=f"{plural(len(files), 'file')} of the original {'is' if one else 'are'} not"
                f" included: {listed}. Save {'it' if one else 'them'} from the original message,"
                f" then attach {'it' if one else 'them'} here.",
                actions=(("Attach files", self.files_requested.emit), ("Dismiss", _nothing)),
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
                )
            )
            self._controller.check_thread()
            self._controller.notice_dropped.emit("forward")

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


def _nothing() -> None:
    """Only take the notice away."""
