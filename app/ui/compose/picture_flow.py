"""Pictures of one draft: pasted, dropped or chosen, kept on a worker, then put into the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from shiboken6 import isValid

from app.domain.attachment import Disposition
from app.domain.texts import error_sentence
from app.ui import tasks
from app.ui.compose.late_insert import Place
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.domain.attachment import Attachment
    from app.domain.draft import Draft
    from app.domain.errors import AppError
    from app.ui.compose.pictures import KeptPicture, PictureSource
    from app.ui.compose.window import ComposeWindow
    from app.ui.tasks import Task


class PictureFlow(QObject):
    """Puts pictures where the cursor was when they came."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._editor = window.editor
        self._tasks: list[Task] = []
        self._asked: set[str] = set()
        window.controller.changed.connect(self._on_changed)
        window.editor.picture_pasted.connect(self.keep)

    @property
    def is_busy(self) -> bool:
        """Say whether a picture is not in the text yet."""
        self._tasks = [task for task in self._tasks if isValid(task)]
        return bool(self._tasks)

    def keep(self, source: PictureSource) -> None:
        """Keep a picture and put it into the text; in plain text it becomes a file."""
        place = None if self._editor.is_plain else Place(self._editor)
        name = source.name if isinstance(source, Path) else "The picture"
        self._tasks.append(
            tasks.run(
                self,
                self._controller.host.keep_picture(source),
                done=lambda kept: self._on_kept(place, name, kept),
                failed=self._complain,
            )
        )

    def _on_kept(self, place: Place | None, name: str, kept: KeptPicture | None) -> None:
        if kept is None:
            self._refuse(name)
            return
        if place is not None and place.is_gone:
            return
        attachment = kept.attachment
        if place is None or self._editor.is_plain:
            attachment = replace(attachment, disposition=Disposition.ATTACHMENT)
        self._controller.session.add_attachment(attachment)
        if place is not None and attachment.is_inline:
            place.begin()
            self._editor.insert_picture(
                attachment.content_id, kept.shown, attachment.filename, place.cursor
            )
            place.end()
        self._window.attaching.check_total()

    def _refuse(self, name: str) -> None:
        self._controller.noticed.emit(
            Notice(
                key=f"attach:{name}",
                tone="danger",
                text=f"{name} is not a picture that can stand in a mail."
                " Attach it as a file instead.",
            )
        )

    def load(self) -> None:
        """Bring the kept pictures of the draft back into its text."""
        for attachment in self._controller.draft.attachments:
            if attachment.is_inline:
                self._load(attachment)

    def _on_changed(self, draft: Draft) -> None:
        """Show the pictures of a forwarded original whose quote became part of the text."""
        if draft.quote is not None:
            return
        for attachment in draft.attachments:
            brought = attachment.is_inline and bool(attachment.brought_by)
            if brought and attachment.uid not in self._asked:
                self._asked.add(attachment.uid)
                self._load(attachment)

    def _load(self, attachment: Attachment) -> None:
        def show(image: QImage) -> None:
            self._editor.rich.add_picture(attachment.content_id, image)

        tasks.run(
            self,
            self._controller.host.read_picture(attachment.sha256),
            done=show,
            failed=self._complain,
        )

    def _complain(self, error: AppError) -> None:
        self._controller.noticed.emit(
            Notice(key="attach:picture", tone="danger", text=error_sentence(error))
        )
