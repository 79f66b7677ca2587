"""Two stories of one large file: it is on its way when the program dies; the next start goes on with it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.domain.account import ProviderKind
from app.domain.events import UploadProgressed
from app.ports import OutboxView
from app.ui.demo.hands import drop, find, window, write
from app.ui.demo.scene import Scene
from app.ui.demo.story import DECK

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.application import GuiProgram
    from app.ui.demo.player import Story

CATALOGUE = "catalogue.pdf"
CATALOGUE_BYTES = 20_000_000
# Where the line hangs: Gmail has 61 % of its message then, Outlook 58 % of its files.
HANGS_AT_PERCENT = 58
SUBJECTS = {
    ProviderKind.GMAIL: "The new catalogue",
    ProviderKind.MICROSOFT: "Catalogue and deck",
}


class UploadScene(Scene):
    """Watches the progress that the windows are told."""

    def __init__(self, program: GuiProgram, out: Path) -> None:
        super().__init__(program, out)
        self.first: dict[str, int] = {}
        self.percent: dict[str, int] = {}
        # Not the bridge: it tells the windows the newest only, and here the first counts too.
        self._services.bus.subscribe(UploadProgressed, self._on_progress)

    def _on_progress(self, event: UploadProgressed) -> None:
        """Runs on the couriers' threads."""
        self.first.setdefault(event.uid, event.percent)
        self.percent[event.uid] = event.percent

    def by_subject(self, percents: dict[str, int]) -> dict[str, int]:
        """Give percentages by the subjects of their records."""
        records = self._records(OutboxView.ALL)
        return {one.subject: percents[one.uid] for one in records if one.uid in percents}

    def _show(self, tab: str, picture: str) -> Story:
        """Take a picture of the Mailroom with what happened to the mail from Gmail."""
        subject = SUBJECTS[ProviderKind.GMAIL]
        uid = next(one.uid for one in self._records(OutboxView.ALL) if one.subject == subject)
        self._program.windows.open_mailroom(tab, uid)
        mailroom = self._shown("mailroom")
        history: QWidget = find(mailroom, "detail.history")
        yield "what happened", lambda: history.findChildren(QLabel)
        yield "one look more", lambda: True
        self._camera.shoot(mailroom, picture)

    def _uploading(self) -> int:
        """Count the rows of the Mailroom that show an upload."""
        mailroom = window("mailroom")
        if mailroom is None:
            return 0
        return sum("Uploading" in text for text in _first_cells(self._rows(mailroom).model()))


class BeginUploads(UploadScene):
    """Writes a mail with the file from each account; ends by being killed."""

    def steps(self) -> Story:
        """Play until the line hangs."""
        catalogue = self._out / CATALOGUE
        catalogue.write_bytes(random.Random(20).randbytes(CATALOGUE_BYTES))  # noqa: S311  any do
        yield "the blank composer", lambda: self._program.windows.composers
        yield from self._send_catalogue(ProviderKind.GMAIL, CATALOGUE)
        self._program.windows.open_mailroom("Outbox")
        self._program.windows.open_new()
        yield from self._send_catalogue(ProviderKind.MICROSOFT, DECK, CATALOGUE)
        yield "the line to hang", self._hangs
        yield from self._show("Outbox", "upload-interrupted")

    def _send_catalogue(self, provider: ProviderKind, *names: str) -> Story:
        composer = self._composer()
        yield from self._choose(composer, self._boxes(provider)[0])
        write(composer.header.fields["to"].line, "Jane Doe <jane@northwind.example>,")
        write(composer.header.subject, SUBJECTS[provider])
        write(composer.editor, "Hi Jane,\nhere is the whole catalogue.")
        for count, name in enumerate(names, 1):
            drop(find(composer, "composer.body"), self._out / name)
            yield "the file", lambda: len(composer.controller.draft.attachments) == count  # noqa: B023
        yield "the draft to be saved", lambda: not composer.controller.needs_saving
        if provider is ProviderKind.GMAIL:
            self._camera.shoot(composer, "composer-catalogue")
        yield from self._hand_over(composer)

    def _hangs(self) -> bool:
        far = [one for one in self.percent.values() if one >= HANGS_AT_PERCENT]
        return len(far) == len(SUBJECTS) == self._uploading()


class ResumeUploads(UploadScene):
    """Starts again, sees both uploads go on, and both mails accepted."""

    def steps(self) -> Story:
        """Play to the end."""
        yield "both uploads to go on", lambda: self._uploading() == len(SUBJECTS)
        yield from self._show("Outbox", "upload-resumed")
        yield "acceptance", lambda: not self._records(OutboxView.OUTBOX)
        self._program.windows.open_mailroom("Sent")
        yield "the copies in Sent to be read back", self._are_read_back
        yield from self._show("Sent", "upload-sent")


def _first_cells(model: QAbstractItemModel) -> list[str]:
    rows = (model.index(number, 0) for number in range(model.rowCount()))
    return [str(one.data(Qt.ItemDataRole.AccessibleTextRole)) for one in rows]
