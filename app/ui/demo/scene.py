"""What every part of the demo does alike: find the windows, choose a sender, send, read the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractItemView

from app.domain.outbound import OutboundState
from app.ports import OutboxView
from app.ui.demo.hands import Camera, click, find, window

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.domain.account import Mailbox, ProviderKind
    from app.domain.outbound import OutboundEmail
    from app.ui.application import GuiProgram
    from app.ui.compose.window import ComposeWindow
    from app.ui.demo.player import Story


class Scene:
    """A running program and a camera before it."""

    def __init__(self, program: GuiProgram, out: Path) -> None:
        self._program = program
        self._services = program.services
        self._camera = Camera(program.theme, out)
        self._out = out

    @property
    def pictures(self) -> list[str]:
        """Name the pictures taken."""
        return self._camera.taken

    # --- sending ---

    def _choose(self, composer: ComposeWindow, box: Mailbox) -> Story:
        yield "the From list", lambda: composer.controller.chosen
        composer.controller.choose_mailbox(box.uid)
        yield "the sender", lambda: self._sends_from(composer, box)

    @staticmethod
    def _sends_from(composer: ComposeWindow, box: Mailbox) -> bool:
        chosen = composer.controller.chosen
        return chosen is not None and chosen.mailbox.uid == box.uid

    def _hand_over(self, composer: ComposeWindow) -> Story:
        """Press Send and wait until the record stands and the window is hidden."""
        before = len(self._records(OutboxView.ALL))
        click(composer, "composer.send")
        yield "the record", lambda: len(self._records(OutboxView.ALL)) > before
        yield "the window to hide", lambda: not composer.isVisible()

    # --- reading ---

    @staticmethod
    def _shown(name: str) -> QWidget:
        found = window(name)
        if found is None:
            raise LookupError(name)
        return found

    def _composer(self) -> ComposeWindow:
        return self._program.windows.composers[-1]

    def _records(self, view: OutboxView) -> list[OutboundEmail]:
        """Read the records on the store's executor; a script may wait for it, a window may not."""
        future = self._services.executors.run_store(self._services.records.list_records, view)
        return [one for one in future.result() if one.state is not OutboundState.CANCELLED]

    def _boxes(self, provider: ProviderKind) -> list[Mailbox]:
        future = self._services.executors.run_store(self._services.book.list_mailboxes)
        return [one for one in future.result() if one.provider is provider]

    def _are_read_back(self) -> bool:
        """Say whether every copy in Sent was compared."""
        records = self._records(OutboxView.SENT)
        return all(one.receipt and one.receipt.wire_message_id for one in records)

    @staticmethod
    def _rows(mailroom: QWidget) -> QAbstractItemView:
        return find(mailroom, "mailroom.rows", QAbstractItemView)
