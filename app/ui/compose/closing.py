"""Closing and discarding a composer: nothing written is lost without having been asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui import dialogs

if TYPE_CHECKING:
    from app.ui.compose.window import ComposeWindow


class Closing(QObject):
    """Decides when a window may go."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._is_done = False
        self._is_waiting = False

    def may_close(self) -> bool:
        """Say whether everything is on disk; if not, see to it and close then."""
        if self._is_done:
            return True
        window = self._window
        if window.sending.is_busy or self._is_waiting or window.fetching.keep_window():
            return False
        window.header.commit()
        window.controller.flush()
        if window.controller.draft.is_blank:
            window.controller.discard_stored()
            return self._finish()
        self._is_waiting = True
        window.controller.save_then(self._on_saved)
        return self._is_done

    def set_safe(self, safe: bool) -> None:
        """Note that the mail is in the Outbox (or was taken back from it)."""
        self._is_done = safe

    def _finish(self) -> bool:
        self._is_done = True
        self._window.attaching.cancel_all()
        self._window.fetching.cancel_all()
        for place in (self._window.panel, self._window.thread_picker):
            place.browser.finder.stop()
        self._window.controller.forget()
        return True

    def _on_saved(self, is_saved: bool) -> None:
        self._is_waiting = False
        if is_saved:
            self._finish()
            self._window.close()
            return
        dialogs.ask(
            self._window,
            title="The draft is not saved",
            text="This message could not be saved. Closing now loses what was written.",
            yes="Close and lose it",
            no="Keep it open",
            danger=True,
            answered=self._on_lose,
        )

    def _on_lose(self, lose: bool) -> None:
        if lose:
            self.close_now()

    def close_now(self) -> None:
        """Close without saving: it was sent, or thrown away."""
        self._finish()
        self._window.close()

    def discard(self) -> None:
        """Throw the draft away, after asking if there is anything in it."""
        window = self._window
        window.header.commit()
        window.controller.flush()
        if window.controller.draft.is_blank:
            self._on_discard(True)
            return
        dialogs.ask(
            window,
            title="Discard draft",
            text="Discard this message? What was written cannot be brought back.",
            yes="Discard",
            no="Keep writing",
            danger=True,
            answered=self._on_discard,
        )

    def _on_discard(self, discard: bool) -> None:
        if discard:
            self._window.controller.discard_stored()
            self.close_now()
