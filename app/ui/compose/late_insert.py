"""Puts things into the text that are ready only later, where the cursor was when they were asked for.

What is typed meanwhile stays behind them. Nothing here waits or works long: large markup goes in by
slices, between which keys are answered, and is one step of undo all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QTextCursor
from shiboken6 import isValid

from app.domain.texts import error_sentence
from app.ui import tasks
from app.ui.compose.loader import Insertion
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.ui.compose.body_editor import BodyEditor
    from app.ui.compose.controller import ComposeController
    from app.ui.tasks import Task

# About 8 ms of work on a slow computer: half a frame.
SLICE_CHARACTERS = 8_000


class Place:
    """Where something is to go. A selection there is taken out at once, as any paste does."""

    def __init__(self, editor: BodyEditor) -> None:
        self._editor = editor
        self.generation = editor.generation
        self.cursor = QTextCursor(editor.textCursor())
        self._joins = self.cursor.hasSelection()
        self.cursor.removeSelectedText()
        self._revision = editor.rich.revision()
        self.rest()

    @property
    def is_gone(self) -> bool:
        """Say whether another draft stands in the editor now."""
        return not isValid(self._editor) or self._editor.generation != self.generation

    def rest(self) -> None:
        """Let what is typed here go behind."""
        self.cursor.setKeepPositionOnInsert(True)

    def begin(self) -> None:
        """Start an edit; one step with the removal of the selection if nothing came between."""
        # The anchor does not keep its position: what was typed would count as selected.
        self.cursor.setPosition(self.cursor.position())
        self.cursor.setKeepPositionOnInsert(False)
        if self._joins and self._editor.rich.revision() == self._revision:
            self.cursor.joinPreviousEditBlock()
        else:
            self.cursor.beginEditBlock()

    def go_on(self) -> None:
        """Continue the edit begun before."""
        self.cursor.setPosition(self.cursor.position())
        self.cursor.setKeepPositionOnInsert(False)
        self.cursor.joinPreviousEditBlock()

    def end(self) -> None:
        """End the edit, for now or for good."""
        self.cursor.endEditBlock()
        self.rest()


class LatePaste(QObject):
    """Cleans large pasted markup on a worker and puts it in when that is done."""

    def __init__(self, controller: ComposeController, *, editor: BodyEditor) -> None:
        super().__init__(controller)
        self._controller = controller
        self._editor = editor
        self._tasks: list[Task] = []
        self._running: list[_SlicedInsert] = []
        editor.markup_pasted.connect(self._on_pasted)

    @property
    def is_busy(self) -> bool:
        """Say whether something pasted is not in the text yet."""
        self._tasks = [task for task in self._tasks if isValid(task)]
        return bool(self._tasks or self._running)

    def _on_pasted(self, html: str, text: str) -> None:
        place = Place(self._editor)
        self._tasks.append(
            tasks.run(
                self,
                self._controller.host.clean_paste(html),
                done=lambda cleaned: self._on_cleaned(place, cleaned, text),
                failed=self._complain,
            )
        )

    def _on_cleaned(self, place: Place, cleaned: str, text: str) -> None:
        if place.is_gone:
            return
        if self._editor.is_plain:
            self._editor.textCursor().insertText(text)
            return
        insert = _SlicedInsert(self, place, cleaned)
        self._running.append(insert)
        insert.step()

    def finished(self, insert: _SlicedInsert) -> None:
        """Note that all of it is in."""
        self._running.remove(insert)
        insert.deleteLater()

    def _complain(self, error: object) -> None:
        self._controller.noticed.emit(
            Notice(key="paste", tone="danger", text=error_sentence(error))  # type: ignore[arg-type]
        )

    @property
    def editor(self) -> BodyEditor:
        """Give the editor."""
        return self._editor


class _SlicedInsert(QObject):
    """One large piece of markup on its way into the document."""

    def __init__(self, owner: LatePaste, place: Place, html: str) -> None:
        super().__init__(owner)
        self._owner = owner
        self._place = place
        self._html = html
        self._at = 0
        self._insertion: Insertion | None = None

    def step(self) -> None:
        """Put the next slice in."""
        document = self._owner.editor.rich
        if self._place.is_gone or (self._insertion is not None and document.isRedoAvailable()):
            self._owner.finished(self)  # undone halfway: what is undone does not go on
            return
        self._begin()
        assert self._insertion is not None
        piece = self._html[self._at : self._at + SLICE_CHARACTERS]
        self._at += len(piece)
        is_last = self._at >= len(self._html)
        self._insertion.feed(piece)
        if is_last:
            self._insertion.finish()
        self._place.end()
        if is_last:
            self._owner.finished(self)
            self._owner.editor.ensureCursorVisible()
        else:
            QTimer.singleShot(0, self, self.step)

    def _begin(self) -> None:
        if self._insertion is None:
            self._place.begin()
            self._insertion = Insertion(self._place.cursor)
        else:
            self._place.go_on()
