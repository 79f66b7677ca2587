"""The act of sending, from the key to the undo bar: commit, check, ask once, submit.

The mail is safe once `submitted` is emitted; until then the window stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.errors import DraftRejected
from app.domain.problem import Problem
from app.domain.submission import Submission
from app.domain.texts import error_sentence, problem_sentence
from app.ui import tasks
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.domain.outbound import OutboundEmail
    from app.ui.compose.controller import ComposeController
    from app.ui.compose.send_later import Planned

_Key = tuple[str, str, tuple[tuple[str, str], ...]]


class SendFlow(QObject):
    """One send at a time."""

    busy = Signal(bool)
    focus_requested = Signal(str)
    submitted = Signal(object, float)

    def __init__(self, controller: ComposeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._is_busy = False
        self._accepted: set[_Key] = set()
        self._undo_s = 0.0
        self._planned: Planned | None = None

    @property
    def is_busy(self) -> bool:
        """Say whether a send is on its way to the store."""
        return self._is_busy

    def start(
        self,
        local: tuple[Problem, ...] = (),
        *,
        undo_s: float,
        planned: Planned | None = None,
    ) -> None:
        """Send what the draft is now; `local` are problems only the window knows."""
        if self._is_busy:
            return
        self._controller.notice_dropped.emit("problem:")
        self._controller.notice_dropped.emit("send")
        self._undo_s, self._planned = undo_s, planned
        if local:
            self._show_errors(local)
            return
        self._set_busy(True)
        self._controller.save()
        draft = self._controller.draft
        tasks.run(
            self,
            self._controller.host.check(draft),
            done=lambda problems: self._on_checked(draft, problems),
            failed=self._on_failed,
        )

    def _set_busy(self, busy: bool) -> None:
        self._is_busy = busy
        self.busy.emit(busy)

    # --- problems ------------------------------------------------------------------------------

    def _on_checked(self, draft: Draft, problems: tuple[Problem, ...]) -> None:
        errors = tuple(problem for problem in problems if problem.is_error)
        warnings = tuple(p for p in problems if not p.is_error and _key(p) not in self._accepted)
        if errors:
            self._set_busy(False)
            self._show_errors(errors)
        elif warnings:
            self._set_busy(False)
            self._ask(warnings)
        else:
            self._submit(draft)

    def _show_errors(self, errors: tuple[Problem, ...]) -> None:
        for number, problem in enumerate(errors):
            self._controller.noticed.emit(
                Notice(
                    key=f"problem:{number}.{problem.field}",
                    tone="danger",
                    text=problem_sentence(problem),
                )
            )
        self.focus_requested.emit(errors[0].field)

    def _ask(self, warnings: tuple[Problem, ...]) -> None:
        text = " ".join(problem_sentence(problem) for problem in warnings)
        self._controller.noticed.emit(
            Notice(
                key="send",
                text=text,
                actions=(
                    ("Send anyway", lambda: self._on_accepted(warnings)),
                    ("Keep writing", lambda: self.focus_requested.emit(warnings[0].field)),
                ),
            )
        )

    def _on_accepted(self, warnings: tuple[Problem, ...]) -> None:
        self._accepted |= {_key(problem) for problem in warnings}
        self.start(undo_s=self._undo_s, planned=self._planned)

    # --- submitting ----------------------------------------------------------------------------

    def _submit(self, draft: Draft) -> None:
        submission = Submission(draft=draft, undo_s=self._undo_s)
        if self._planned is not None:
            submission = replace(
                submission, not_before=self._planned.at, keeper=self._planned.keeper
            )
        tasks.run(
            self,
            self._controller.host.submit(submission),
            done=self._on_submitted,
            failed=self._on_failed,
        )

    def _on_submitted(self, record: OutboundEmail) -> None:
        self._controller.forget()
        self._set_busy(False)
        self.submitted.emit(record, self._undo_s)

    def _on_failed(self, error: AppError) -> None:
        self._set_busy(False)
        if isinstance(error, DraftRejected):
            self._show_errors(error.problems)
            return
        self._controller.noticed.emit(
            Notice(key="send", tone="danger", text=f"Not sent. {error_sentence(error)}")
        )


def _key(problem: Problem) -> _Key:
    return problem.code, problem.field, tuple(sorted(problem.params.items()))
