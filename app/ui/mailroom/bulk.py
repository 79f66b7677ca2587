"""Does one thing with many rows: asks once, then row by row; says how many it was and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.texts import Action, error_sentence, plural
from app.ui import dialogs, tasks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from PySide6.QtWidgets import QWidget

    from app.domain.errors import AppError
    from app.ui.mailroom.host import MailroomHost
    from app.ui.mailroom.rows import Row

# In the order they are offered.
BULK = (Action.RETRY, Action.UNDO, Action.CANCEL, Action.DISMISS, Action.DISCARD)
_QUESTIONS = {
    Action.CANCEL: (
        "Cancel sending",
        "Cancel {count}?",
        "They are not sent; each is in Drafts again.",
    ),
    Action.DISCARD: (
        "Discard drafts",
        "Discard {count}?",
        "They were not sent. A discarded draft cannot be brought back.",
    ),
}
_DONE = {
    Action.RETRY: "Trying {count} now.",
    Action.UNDO: "{count} taken back to Drafts; nothing was sent.",
    Action.CANCEL: "{count} cancelled and in Drafts again; nothing was sent.",
    Action.DISMISS: "{count} dismissed; the history is kept.",
    Action.DISCARD: "{count} discarded.",
}


def offers(rows: Sequence[Row]) -> dict[Action, int]:
    """Give what can be done with how many of these rows."""
    counts = {action: sum(action in row.words.actions for row in rows) for action in BULK}
    return {action: count for action, count in counts.items() if count}


def bulk_label(action: Action, count: int) -> str:
    """Give the words on a link that acts on several rows."""
    dots = "…" if action in _QUESTIONS else ""
    return f"{action.label.rstrip('…')} ({count}){dots}"


class Bulk(QObject):
    """`said(text, tone)` is for the notice bar."""

    said = Signal(str, str)

    def __init__(self, *, host: MailroomHost, window: QWidget) -> None:
        super().__init__(window)
        self._host = host
        self._window = window

    def act(self, rows: Sequence[Row], action: Action) -> None:
        """Do it with every row that offers it, after a question where something would be lost."""
        uids = [row.uid for row in rows if action in row.words.actions]
        if action not in _QUESTIONS:
            self._start(uids, action)
            return
        title, text, detail = _QUESTIONS[action]
        dialogs.ask(
            self._window,
            title=title,
            text=text.format(count=plural(len(uids), "message")),
            detail=detail,
            yes=f"{action.label.rstrip('…')} {len(uids)}",
            danger=True,
            answered=lambda yes: self._start(uids, action) if yes else None,
        )

    def _start(self, uids: Sequence[str], action: Action) -> None:
        tally = _Tally(len(uids), action, self)
        tally.complete.connect(self.said)
        for uid in uids:
            tasks.run(tally, self._future(uid, action), done=tally.count, failed=tally.count_failed)

    def _future(self, uid: str, action: Action) -> Future[object]:
        host = self._host
        futures: dict[Action, object] = {
            Action.RETRY: host.retry,
            Action.UNDO: host.take_back,
            Action.CANCEL: host.take_back,
            Action.DISMISS: host.dismiss,
            Action.DISCARD: host.discard_draft,
        }
        return futures[action](uid)  # type: ignore[no-any-return, operator]


class _Tally(QObject):
    """Counts answers; `complete(text, tone)` is emitted after the last one."""

    complete = Signal(str, str)

    def __init__(self, expected: int, action: Action, parent: QObject) -> None:
        super().__init__(parent)
        self._left = expected
        self._action = action
        self._done = 0
        self._asked = 0
        self._errors: list[AppError] = []

    def count(self, result: object) -> None:
        """One more is done, or its provider was asked to give it back."""
        is_asked = result is None and self._action is Action.CANCEL
        self._asked += is_asked
        self._done += not is_asked
        self._answered()

    def count_failed(self, error: AppError) -> None:
        """One more could not be done."""
        self._errors.append(error)
        self._answered()

    def _answered(self) -> None:
        self._left -= 1
        if self._left:
            return
        parts = []
        if self._done:
            parts.append(_DONE[self._action].format(count=plural(self._done, "message")))
        if self._asked:
            asked = plural(self._asked, "message")
            parts.append(f"Outlook is asked to give {asked} back; see what comes of it here.")
        if self._errors:
            parts.append(f"Not done for {len(self._errors)}: {error_sentence(self._errors[0])}")
        self.complete.emit(" ".join(parts), "danger" if self._errors else "ok")
        self.deleteLater()
