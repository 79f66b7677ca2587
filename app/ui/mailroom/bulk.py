"""Does one thing with many rows: asks once, then row by row; says how many it was and what failed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.texts import Action, actions_of, error_sentence, plural
from app.ui import dialogs, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from PySide6.QtWidgets import QWidget

    from app.domain.errors import AppError
    from app.ports import Standing
    from app.ui.mailroom.host import MailroomHost
    from app.ui.mailroom.rows import Row

# Waiting for the store; more would keep a draft that is being written waiting.
AT_ONCE = 4
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


def offers_of_all(tally: Mapping[Standing, int]) -> dict[Action, int]:
    """Give what can be done with how many records, counted by how they stand."""
    counts = {
        action: sum(count for standing, count in tally.items() if action in actions_of(*standing))
        for action in BULK
    }
    return {action: count for action, count in counts.items() if count}


def bulk_label(action: Action, count: int) -> str:
    """Give the words on a link that acts on several rows."""
    dots = "…" if action in _QUESTIONS else ""
    return f"{action.label.rstrip('…')} ({count}){dots}"


class Bulk(QObject):
    """One job at a time; `said(text, tone)` is for the notice bar, `progressed(done, all)` for a bar.

    A job goes on in the background until it is through or `stop` is called. Few are asked for at
    once: the store does other things in between.
    """

    said = Signal(str, str)
    progressed = Signal(int, int)
    finished = Signal()

    def __init__(self, *, host: MailroomHost, window: QWidget) -> None:
        super().__init__(window)
        self._host = host
        self._window = window
        self._job: _Job | None = None

    @property
    def is_busy(self) -> bool:
        """Say whether a job is under way."""
        return self._job is not None

    def act(self, rows: Sequence[Row], action: Action) -> None:
        """Do it with every row that offers it, after a question where something would be lost."""
        uids = [row.uid for row in rows if action in row.words.actions]
        self._ask(action, len(uids), lambda: self._start(uids, action))

    def act_on_all(self, find: Callable[[], Future[list[str]]], action: Action, count: int) -> None:
        """Do it with all that `find` gives, rows that are not loaded too, after the same question."""

        def start() -> None:
            tasks.run(
                self, find(), done=lambda uids: self._start(uids, action), failed=self._on_failed
            )

        self._ask(action, count, start)

    def stop(self) -> None:
        """Begin nothing more; what was done stays done."""
        if self._job is not None:
            self._job.stop()

    def _ask(self, action: Action, count: int, start: Callable[[], None]) -> None:
        if self._job is not None:
            self.said.emit(
                "Something is still being done with many messages. Wait, or stop it.", "warn"
            )
            return
        if action not in _QUESTIONS:
            start()
            return
        title, text, detail = _QUESTIONS[action]
        dialogs.ask(
            self._window,
            title=title,
            text=text.format(count=plural(count, "message")),
            detail=detail,
            yes=f"{action.label.rstrip('…')} {count:,}",
            danger=True,
            answered=lambda yes: start() if yes else None,
        )

    def _start(self, uids: Sequence[str], action: Action) -> None:
        if not uids or self._job is not None:
            return
        self._job = _Job(uids, action, self._future, self)
        self._job.progressed.connect(self.progressed)
        self._job.complete.connect(self._on_complete)
        self._job.begin()

    def _on_complete(self, text: str, tone: str) -> None:
        self._job = None
        self.finished.emit()
        self.said.emit(text, tone)

    def _on_failed(self, error: AppError) -> None:
        self.said.emit(error_sentence(error), "danger")

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


class _Job(QObject):
    """Goes through the rows and counts answers; `complete(text, tone)` is emitted after the last one."""

    complete = Signal(str, str)
    progressed = Signal(int, int)

    def __init__(
        self,
        uids: Sequence[str],
        action: Action,
        do: Callable[[str, Action], Future[object]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._all = len(uids)
        self._rest = iter(uids)
        self._action = action
        self._do = do
        self._running = 0
        self._done = 0
        self._asked = 0
        self._is_stopped = False
        self._failed = 0
        self._first_error: AppError | None = None

    def begin(self) -> None:
        """Ask for the first few."""
        for uid in islice(self._rest, AT_ONCE):
            self._run(uid)

    def stop(self) -> None:
        """Ask for no more."""
        self._is_stopped = True

    def count(self, result: object) -> None:
        """One more is done, or its provider was asked to give it back."""
        is_asked = result is None and self._action is Action.CANCEL
        self._asked += is_asked
        self._done += not is_asked
        self._answered()

    def count_failed(self, error: AppError) -> None:
        """One more could not be done."""
        self._first_error = self._first_error or error
        self._failed += 1
        self._answered()

    def _run(self, uid: str) -> None:
        self._running += 1
        tasks.run(self, self._do(uid, self._action), done=self.count, failed=self.count_failed)

    def _answered(self) -> None:
        self._running -= 1
        self.progressed.emit(self._done + self._asked + self._failed, self._all)
        following = None if self._is_stopped else next(self._rest, None)
        if following is not None:
            self._run(following)
        elif not self._running:
            self.complete.emit(self._words(), "danger" if self._failed else "ok")
            self.deleteLater()

    def _words(self) -> str:
        parts = []
        if self._done:
            parts.append(_DONE[self._action].format(count=plural(self._done, "message")))
        if self._asked:
            asked = plural(self._asked, "message")
            parts.append(f"Outlook is asked to give {asked} back; see what comes of it here.")
        if self._first_error is not None:
            parts.append(f"Not done for {self._failed:,}: {error_sentence(self._first_error)}")
        left = self._all - self._done - self._asked - self._failed
        if left:
            parts.append(f"Stopped by you; {plural(left, 'message')} left as before.")
        return " ".join(parts)
