"""Keeps the signature below the text that of the mailbox the mail is sent from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui import tasks

if TYPE_CHECKING:
    from app.ui.compose.controller import ComposeController
    from app.ui.compose.signature_block import SignatureBlock


class SignatureFlow(QObject):
    """Follows draft and sender; what the person wrote is never touched."""

    def __init__(self, controller: ComposeController, *, block: SignatureBlock) -> None:
        super().__init__(controller)
        self._controller = controller
        self._block = block
        self._shown = ""
        block.wanted.connect(self._on_wanted)
        controller.changed.connect(self._on_changed)
        controller.senders_changed.connect(self._on_changed)

    def _on_wanted(self, is_signed: bool) -> None:
        self._controller.session.set_signed(is_signed=is_signed)

    def _on_changed(self, _what: object) -> None:
        """Show the signature that would be sent now."""
        sender = self._controller.chosen
        signature = sender.mailbox.signature_html.strip() if sender else ""
        self._block.show_state(has_one=bool(signature), is_on=self._controller.draft.is_signed)
        if signature and signature != self._shown:
            self._shown = signature
            tasks.run(
                self,
                self._controller.host.readable(signature, ""),
                done=lambda html: self._fill(signature, html),
            )

    def _fill(self, signature: str, html: str) -> None:
        if signature == self._shown:
            self._block.fill(html)
