"""The quoted original's way in and out of the text, each step with a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.texts import error_sentence
from app.ui import tasks
from app.ui.compose.notice_bar import Notice
from app.ui.compose.pictures import fitted

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.domain.attachment import Attachment
    from app.domain.draft import Draft, Quote
    from app.domain.errors import AppError
    from app.ui.compose.body_editor import BodyEditor
    from app.ui.compose.controller import ComposeController
    from app.ui.compose.quote_block import QuoteBlock


class QuoteFlow(QObject):
    """Shows, inlines and removes the quote of one draft."""

    def __init__(
        self, controller: ComposeController, *, editor: BodyEditor, block: QuoteBlock
    ) -> None:
        super().__init__(controller)
        self._controller = controller
        self._editor = editor
        self._block = block
        self._inlined: Quote | None = None
        self._pictures: set[str] = set()
        controller.changed.connect(self._on_changed)
        self._steps_before = 0
        self._steps_after = 0
        block.wanted.connect(self._on_wanted)
        block.edit_requested.connect(self._on_edit)
        block.remove_requested.connect(self._on_remove)
        editor.rich.contentsChanged.connect(self._on_contents)

    def _on_wanted(self) -> None:
        quote = self._block.quote
        if quote is not None:
            tasks.run(
                self,
                self._controller.host.readable(quote.html, quote.text),
                done=self._on_readable,
                failed=self._complain,
            )

    def _on_readable(self, html: str) -> None:
        self._block.fill(html)
        self._show_pictures(self._controller.draft)

    def _on_changed(self, draft: Draft) -> None:
        if self._block.is_filled and draft.quote is not None:
            self._show_pictures(draft)

    def _show_pictures(self, draft: Draft) -> None:
        """Show the pictures of the original that are here, each as soon as it is."""
        for attachment in draft.attachments:
            if attachment.is_inline and attachment.uid not in self._pictures:
                self._pictures.add(attachment.uid)
                self._show_picture(attachment)

    def _show_picture(self, attachment: Attachment) -> None:
        def show(image: QImage) -> None:
            self._block.add_picture(attachment.content_id, fitted(image))

        tasks.run(
            self,
            self._controller.host.read_picture(attachment.sha256),
            done=show,
            failed=self._complain,
        )

    def _on_remove(self) -> None:
        quote = self._controller.draft.quote
        self._controller.session.set_quote(None)
        self._controller.noticed.emit(
            Notice(
                key="quote",
                tone="ok",
                text="The quoted original is not sent along.",
                actions=(("Undo", lambda: self._restore(quote)), ("Dismiss", _nothing)),
            )
        )

    def _restore(self, quote: Quote | None) -> None:
        if self._controller.draft.quote is None and self._controller.draft.reply is not None:
            self._controller.session.set_quote(quote)

    def _on_edit(self) -> None:
        quote = self._controller.draft.quote
        if quote is not None:
            tasks.run(
                self,
                self._controller.host.inline_html(quote),
                done=lambda html: self._inline(quote, html),
                failed=self._complain,
            )

    def _inline(self, quote: Quote, html: str) -> None:
        if self._controller.draft.quote is not quote:
            return
        if self._editor.is_plain:
            lines = "".join(f"> {line}\n" for line in quote.text.splitlines())
            self._editor.append_text(f"\n{quote.attribution.strip()}\n{lines}")
        else:
            self._inlined = None
            self._steps_before = self._editor.rich.availableUndoSteps()
            self._editor.append_html(html)
            self._steps_after = self._editor.rich.availableUndoSteps()
            self._inlined = quote
        self._controller.session.set_quote(None)

    def _on_contents(self) -> None:
        """Undoing the insertion brings the block back; redoing it takes it away again."""
        if self._inlined is None:
            return
        steps = self._editor.rich.availableUndoSteps()
        quote = self._controller.draft.quote
        if steps <= self._steps_before and quote is None:
            self._controller.session.set_quote(self._inlined)
        elif steps > self._steps_before and quote is self._inlined:
            if steps == self._steps_after:
                self._controller.session.set_quote(None)
            else:
                self._inlined = None  # something else was written instead of redoing

    def _complain(self, error: AppError) -> None:
        self._controller.noticed.emit(
            Notice(key="quote", tone="danger", text=error_sentence(error))
        )


def _nothing() -> None:
    """Only take the notice away."""
