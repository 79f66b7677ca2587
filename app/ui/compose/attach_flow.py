"""Takes files into the draft: copies run on a worker, one notice tells what was refused and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from shiboken6 import isValid

from app.domain.texts import error_sentence, size_text
from app.runtime.cancel import CancelToken
from app.ui import tasks
from app.ui.compose.attachment_tray import MB, limit_of
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.attachment import Attachment
    from app.domain.errors import AppError
    from app.ui.compose.controller import ComposeController


class AttachFlow(QObject):
    """Files of one draft."""

    coming = Signal(str, str)
    progressed = Signal(str, int)
    arrived = Signal(str)
    _copied = Signal(str, int, int)

    def __init__(self, controller: ComposeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self._tokens: dict[str, CancelToken] = {}
        self._serial = 0
        self._numbers: dict[str, int] = {}
        self._copied.connect(self._on_copied)

    @property
    def is_busy(self) -> bool:
        """Say whether something is still being copied."""
        return bool(self._tokens)

    # --- files ---------------------------------------------------------------------------------

    def attach_paths(self, paths: Iterable[Path]) -> None:
        """Copy these files in, each on its own."""
        self._controller.notice_dropped.emit("attach:")
        for path in paths:
            self._attach(path)

    def _attach(self, path: Path) -> None:
        self._serial += 1
        key = f"coming.{self._serial}"
        token = CancelToken()
        self._tokens[key] = token
        self.coming.emit(key, path.name)

        def progress(done: int, total: int) -> None:
            if isValid(self):  # runs on a worker; the window may be gone
                self._copied.emit(key, done, total)

        future = self._controller.host.attach_file(path, cancel=token, progress=progress)
        tasks.run(
            self,
            future,
            done=lambda attachment: self._on_kept(key, attachment),
            failed=lambda error: self._on_refused(key, path, error),
        )

    def cancel(self, key: str) -> None:
        """Stop copying one file."""
        token = self._tokens.pop(key, None)
        if token is not None:
            token.cancel()
        self.arrived.emit(key)

    def cancel_all(self) -> None:
        """Stop copying."""
        for key in list(self._tokens):
            self.cancel(key)

    def _on_copied(self, key: str, done: int, total: int) -> None:
        if key in self._tokens:
            self.progressed.emit(key, min(100, 100 * done // max(1, total)))

    def _on_kept(self, key: str, attachment: Attachment) -> None:
        if self._tokens.pop(key, None) is None:
            return  # cancelled after the last byte
        self.arrived.emit(key)
        if attachment.size_bytes > self.limit_bytes:
            self._refuse_large(attachment)
            return
        self._add(key, attachment)
        self.check_total()

    def _add(self, key: str, attachment: Attachment) -> None:
        """Add it in the order in which the files were given, whichever copy is done first."""
        number = int(key.rpartition(".")[2])
        self._numbers[attachment.uid] = number
        kept = list(self._controller.draft.attachments)
        at = len(kept)
        while at and self._numbers.get(kept[at - 1].uid, 0) > number:
            at -= 1
        kept.insert(at, attachment)
        self._controller.session.set_attachments(kept)

    def _on_refused(self, key: str, path: Path, error: AppError) -> None:
        self._tokens.pop(key, None)
        self.arrived.emit(key)
        self._controller.noticed.emit(
            Notice(key=f"attach:{path.name}", tone="danger", text=error_sentence(error))
        )

    # --- limits --------------------------------------------------------------------------------

    @property
    def limit_bytes(self) -> int:
        """Give what the chosen account takes in one mail."""
        sender = self._controller.chosen
        return limit_of(sender.mailbox.provider if sender else None)

    @property
    def _carrier(self) -> str:
        sender = self._controller.chosen
        return sender.mailbox.provider.label if sender else "The account"

    def _refuse_large(self, attachment: Attachment) -> None:
        self._controller.noticed.emit(
            Notice(
                key=f"attach:{attachment.filename}",
                tone="danger",
                text=f"{attachment.filename} has {size_text(attachment.size_bytes)}, which is more than"
                f" {self._carrier} takes: {self.limit_bytes // MB} MB of files in a mail. It was not"
                " attached. Send a link to it instead.",
                strong=(attachment.filename,),
            )
        )

    def check_total(self) -> None:
        """Warn when the files together are too much for the chosen account."""
        total = sum(attachment.size_bytes for attachment in self._controller.draft.attachments)
        if total <= self.limit_bytes:
            self._controller.notice_dropped.emit("limit")
            return
        self._controller.noticed.emit(
            Notice(
                key="limit",
                text=f"The files have {size_text(total)} together; {self._carrier} takes"
                f" {self.limit_bytes // MB} MB. Remove some, or send a link.",
                is_dismissable=False,
            )
        )

    # --- what is kept --------------------------------------------------------------------------

    def rename(self, uid: str, name: str) -> None:
        """Send a file under another name."""
        session = self._controller.session
        session.set_attachments(
            [replace(a, filename=name) if a.uid == uid else a for a in session.draft.attachments]
        )

    def remove(self, uid: str) -> None:
        """Take a file out."""
        self._controller.session.remove_attachment(uid)
        self.check_total()

    def open(self, uid: str) -> None:
        """Show a copy of a kept file in the program the system has for it."""
        found = next((a for a in self._controller.draft.attachments if a.uid == uid), None)
        if found is not None:
            tasks.run(
                self,
                self._controller.host.copy_to_open(found),
                done=_open_outside,
                failed=self._complain,
            )

    def _complain(self, error: AppError) -> None:
        self._controller.noticed.emit(
            Notice(key="attach:open", tone="danger", text=error_sentence(error))
        )


def _open_outside(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
