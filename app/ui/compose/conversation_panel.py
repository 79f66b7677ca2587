"""The side panel: conversations, and the latest message of the one looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.domain.draft import ReplyMode
from app.domain.texts import error_sentence, moment_text
from app.ui import tasks
from app.ui.compose.conversation_list import ConversationBrowser
from app.ui.compose.safe_view import SafeView
from app.ui.widgets import button, label, line, look, surface

if TYPE_CHECKING:
    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.domain.draft import ReplyContext
    from app.ui.compose.host import ComposerHost
    from app.ui.theme import Theme

_PREVIEW_PAUSE_MS = 150


class ConversationPanel(QFrame):
    """List, preview, and how to answer."""

    reply_requested = Signal(object, str)
    leave_requested = Signal()

    def __init__(self, *, theme: Theme, host: ComposerHost) -> None:
        super().__init__()
        self._host = host
        self._shown: Conversation | None = None
        self._reply: ReplyContext | None = None
        self.setObjectName("composer.panel")
        look(self, surface="raised")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(0)
        title = label("Conversations", tone="muted", weight="strong")
        title.setContentsMargins(14, 0, 14, 8)
        column.addWidget(title)
        self.browser = ConversationBrowser(theme=theme, host=host, name="composer.panel.browser")
        self.browser.highlighted.connect(self._on_highlighted)
        self.browser.picked.connect(
            lambda row: self.reply_requested.emit(row, ReplyMode.REPLY.value)
        )
        column.addWidget(self.browser, 3)
        column.addWidget(line())
        self._preview = self._make_preview(theme)
        column.addWidget(self._preview, 2)
        self._preview.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PREVIEW_PAUSE_MS)
        self._pause.timeout.connect(self._fetch)

    def _make_preview(self, theme: Theme) -> QWidget:
        box = surface("surface", name="composer.panel.preview")
        column = QVBoxLayout(box)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        self.headline = label(name="composer.panel.headline", weight="strong")
        self.when = label(name="composer.panel.when", tone="muted", size="small")
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        top.addWidget(self.when)
        column.addLayout(top)
        self.view = SafeView(theme=theme, name="composer.panel.view", label="Latest message")
        column.addWidget(self.view, 1)
        row = QHBoxLayout()
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self.mode_buttons: dict[ReplyMode, QToolButton] = {}
        for text, mode, edge in (
            ("Reply", ReplyMode.REPLY, "first"),
            ("Reply all", ReplyMode.REPLY_ALL, "middle"),
            ("Forward", ReplyMode.FORWARD, "last"),
        ):
            made = QToolButton()
            made.setText(text)
            made.setObjectName(f"composer.panel.{mode.value}")
            made.setCheckable(True)
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            look(made, role="segment", edge=edge)
            made.clicked.connect(lambda _on=False, mode=mode: self._on_mode(mode))
            self._group.addButton(made)
            self.mode_buttons[mode] = made
            row.addWidget(made)
        row.addStretch(1)
        column.addLayout(row)
        self.leave = button(
            "New conversation",
            name="composer.panel.new",
            clicked=self.leave_requested.emit,
            role="link",
        )
        column.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignLeft)
        return box

    def set_account(self, account_uid: str) -> None:
        """List another account's conversations."""
        self.browser.finder.set_account(account_uid)

    def show_reply(self, reply: ReplyContext | None) -> None:
        """Show what the draft answers, if anything."""
        changed = (reply.ref if reply else None) != (self._reply.ref if self._reply else None)
        self._reply = reply
        if changed and reply is not None and (self._shown is None or self._shown.ref != reply.ref):
            self.browser.select(reply.ref)
        self._refresh()

    def _refresh(self) -> None:
        shown: ThreadRef | None = self._shown.ref if self._shown else None
        for mode, made in self.mode_buttons.items():
            reply = self._reply
            made.setChecked(reply is not None and reply.ref == shown and reply.mode is mode)
        self.leave.setVisible(self._reply is not None)

    def _on_mode(self, mode: ReplyMode) -> None:
        self._refresh()
        if self._shown is not None:
            self.reply_requested.emit(self._shown, mode.value)

    def _on_highlighted(self, row: Conversation | None) -> None:
        self._shown = row
        self._preview.setVisible(row is not None)
        self._refresh()
        if row is None:
            return
        self.headline.setText(
            row.last_sender or (row.participants[0].label if row.participants else "")
        )
        self.when.setText(moment_text(row.last_at, self._host.clock.now()))
        self.view.show_html("")
        self.view.setPlaceholderText("Fetching the latest message…")
        self._pause.start()

    def _fetch(self) -> None:
        row = self._shown
        if row is None:
            return
        tasks.run(
            self,
            self._host.latest(row.ref),
            done=lambda original: self._on_latest(row.ref, original),
            failed=lambda error: self._show_text(row.ref, error_sentence(error)),
        )

    def _on_latest(self, ref: ThreadRef, original: OriginalMessage) -> None:
        if self._shown is None or self._shown.ref != ref:
            return
        if original.sender is not None:
            self.headline.setText(original.sender.label)
        if original.sent_at is not None:
            self.when.setText(moment_text(original.sent_at, self._host.clock.now()))
        tasks.run(
            self,
            self._host.readable(original.html, original.text),
            done=lambda html: self._show_html(ref, html),
            failed=lambda error: self._show_text(ref, error_sentence(error)),
        )

    def _show_html(self, ref: ThreadRef, html: str) -> None:
        if self._shown is not None and self._shown.ref == ref:
            self.view.show_html(html)

    def _show_text(self, ref: ThreadRef, text: str) -> None:
        if self._shown is not None and self._shown.ref == ref:
            self.view.setPlainText(text)
