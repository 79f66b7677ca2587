"""Carries out what the person asks for in the Mailroom: asks where it must, then tells how it went."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QStandardPaths, Signal

from app.domain.texts import Action, error_sentence
from app.ui import dialogs, tasks
from app.ui.mailroom.message_view import MessageView
from app.ui.mailroom.returning import Returning

if TYPE_CHECKING:
    from concurrent.futures import Future

    from PySide6.QtWidgets import QWidget

    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.domain.outbound import OutboundEmail
    from app.ui.mailroom.host import MailroomHost
    from app.ui.mailroom.rows import Row

_AGAIN_TEXT = "Send this message again?"
_AGAIN_DETAIL = (
    "{provider} could not say whether it was sent. If it was, its recipients get it twice."
    " Look into Sent at {provider} first."
)
T = TypeVar("T")
_UNSAFE_NAME = re.compile(r"[^\w .,()\-]+")


class Actions(QObject):
    """`said(text, tone)` is for the notice bar."""

    said = Signal(str, str)

    def __init__(self, *, host: MailroomHost, window: QWidget) -> None:
        super().__init__(window)
        self._host = host
        self._window = window
        self._returning = Returning(host=host, parent=self)
        self._returning.said.connect(self.said)
        self._returning.returned.connect(host.open_draft)

    def act(self, row: Row, action: Action) -> None:
        """Do one thing with a row."""
        uid = row.uid
        match action:
            case Action.UNDO:
                self._take_back(row, "It was not sent. Here it is again.", opens=True)
            case Action.CANCEL:
                self._take_back(row, "Cancelled; nothing was sent. It is in Drafts again.")
            case Action.EDIT:
                self._edit(row)
            case Action.WRITE_AGAIN:
                self._open_after(self._host.edit_copy(uid), "")
            case Action.RETRY:
                self._tell_after(self._host.retry(uid), "Trying now.")
            case Action.RESOLVE_SENT:
                self._tell_after(
                    self._host.resolve(uid, was_sent=True), "Noted: it was sent. It is under Sent."
                )
            case Action.RESOLVE_AGAIN:
                self._ask_again(row)
            case Action.SIGN_IN:
                self._host.open_accounts(row.record.account_uid if row.record else "")
            case Action.DISCARD:
                self._ask_discard(row)
            case Action.DISMISS:
                self._tell_after(self._host.dismiss(uid), "Dismissed. Its history is kept.")
            case Action.OPEN:
                self._open(row)
            case Action.SHOW_EVIDENCE:
                pass  # the details below show it as soon as the row is selected

    def export(self, row: Row) -> None:
        """Ask where to write a record's .eml, then write it with its record beside."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialogs.ask_save_path(
            self._window,
            title="Export message and record",
            folder=Path(folder),
            suggested=file_name(row.title),
            name_filter="E-mail (*.eml)",
            chosen=lambda path: self._export_to(row.uid, path),
        )

    def _export_to(self, uid: str, path: Path) -> None:
        target = path if path.suffix.lower() == ".eml" else path.with_name(f"{path.name}.eml")
        tasks.run(
            self,
            self._host.export(uid, target),
            done=lambda beside: self.said.emit(f"Written: {target} and {beside.name}.", "ok"),
            failed=self._on_failed,
        )

    # --- what needs a question ---

    def _ask_again(self, row: Row) -> None:
        dialogs.ask(
            self._window,
            title="Not certain",
            text=_AGAIN_TEXT,
            detail=_AGAIN_DETAIL.format(provider=row.provider_label),
            yes="Send again",
            danger=True,
            answered=lambda yes: self._send_again(row.uid) if yes else None,
        )

    def _send_again(self, uid: str) -> None:
        self._tell_after(self._host.resolve(uid, was_sent=False), "It goes out again now.")

    def _ask_discard(self, row: Row) -> None:
        dialogs.ask(
            self._window,
            title="Discard draft",
            text=f"Discard “{row.title}”?",
            detail="It was not sent. A discarded draft cannot be brought back.",
            yes="Discard",
            danger=True,
            answered=lambda yes: self._discard(row.uid) if yes else None,
        )

    def _discard(self, uid: str) -> None:
        self._tell_after(self._host.discard_draft(uid), "Draft discarded.")

    # --- opening ---

    def _edit(self, row: Row) -> None:
        if Action.CANCEL in row.words.actions:
            self._take_back(row, "Taken out of the outbox; nothing was sent.", opens=True)
        else:
            self._open_after(self._host.edit_copy(row.uid), "")

    def _take_back(self, row: Row, note: str, *, opens: bool = False) -> None:
        def taken(draft: Draft | None) -> None:
            if draft is None:
                self.said.emit(f"{row.provider_label} is asked to give it back.", "plain")
                self._returning.expect(row.uid, opens=opens)
                return
            self.said.emit(note, "ok")
            if opens:
                self._host.open_draft(draft)

        tasks.run(self, self._host.take_back(row.uid), done=taken, failed=self._on_failed)

    def _open(self, row: Row) -> None:
        if row.draft is not None:
            self._host.open_draft(row.draft)
        else:
            # Lists hold no bodies.
            whole = self._host.find_record(row.uid)
            tasks.run(self, whole, done=self._show, failed=self._on_failed)

    def _show(self, record: OutboundEmail | None) -> None:
        if record is None:
            return
        content = record.message.content
        view = MessageView(record, self._window)
        view.show_text(content.text)
        if content.html:
            readable = self._host.readable(content.html)
            tasks.run(view, readable, done=view.show_html, failed=self._on_failed)
        view.show()

    def _open_after(self, future: Future[Draft], note: str) -> None:
        def opened(draft: Draft) -> None:
            if note:
                self.said.emit(note, "ok")
            self._host.open_draft(draft)

        tasks.run(self, future, done=opened, failed=self._on_failed)

    def _tell_after(self, future: Future[T], note: str) -> None:
        tasks.run(self, future, done=lambda _: self.said.emit(note, "ok"), failed=self._on_failed)

    def _on_failed(self, error: AppError) -> None:
        self.said.emit(error_sentence(error), "danger")


def file_name(subject: str) -> str:
    """Give a file name every system takes."""
    cleaned = " ".join(_UNSAFE_NAME.sub(" ", subject).split()).strip(". ")[:80]
    return f"{cleaned or 'message'}.eml"
