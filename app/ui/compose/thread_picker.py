"""The Conversation button and its pane (Ctrl+Shift+T): which conversation a draft belongs to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.draft import ReplyMode
from app.ui.compose.conversation_list import ConversationBrowser
from app.ui.compose.popup_card import PopupCard
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from app.domain.conversation import Conversation
    from app.domain.draft import ReplyContext
    from app.ui.compose.host import ComposerHost
    from app.ui.theme import Theme

_WIDTH, _HEIGHT = 380, 420
_MAX_TITLE = 220
NEW = "New conversation"
_ICONS = {
    ReplyMode.REPLY: "reply",
    ReplyMode.REPLY_ALL: "reply-all",
    ReplyMode.FORWARD: "forward",
}


class ThreadPicker(QWidget):
    """Shows the conversation, offers others."""

    picked = Signal(object, str)
    leave_requested = Signal()

    def __init__(self, *, theme: Theme, host: ComposerHost) -> None:
        super().__init__()
        self._theme = theme
        self._account_uid = ""
        self._reply: ReplyContext | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._word = label("Conversation", tone="muted")
        row.addWidget(self._word)
        self.button = QPushButton(NEW)
        self.button.setObjectName("composer.conversation")
        self.button.setAutoDefault(False)
        self.button.setToolTip("Choose the conversation to answer in (Ctrl+Shift+T)")
        self.button.clicked.connect(lambda _on=False: self.open())
        row.addWidget(self.button)
        self.popup = PopupCard(self, Qt.WindowType.Popup)
        self.popup.setObjectName("composer.conversation.popup")
        column = QVBoxLayout(self.popup)
        column.setContentsMargins(1, 12, 1, 8)
        self.browser = ConversationBrowser(
            theme=theme, host=host, name="composer.conversation.browser"
        )
        self.browser.picked.connect(lambda row: self._pick(row, ReplyMode.REPLY))
        self.browser.list.clicked.connect(lambda _index: self.browser.pick_current())
        column.addWidget(self.browser)
        self._new = button(
            NEW, name="composer.conversation.new", clicked=self._on_leave, role="link"
        )
        holder = QHBoxLayout()
        holder.setContentsMargins(12, 0, 12, 0)
        for text, mode in (
            ("Reply", ReplyMode.REPLY),
            ("Reply all", ReplyMode.REPLY_ALL),
            ("Forward", ReplyMode.FORWARD),
        ):
            holder.addWidget(self._mode_button(text, mode))
        holder.addStretch(1)
        holder.addWidget(self._new)
        column.addLayout(holder)
        self.popup.resize(_WIDTH, _HEIGHT)
        theme.changed.connect(self._paint)
        self._paint()

    def _mode_button(self, text: str, mode: ReplyMode) -> QPushButton:
        return button(
            text,
            name=f"composer.conversation.{mode.value}",
            clicked=partial(self._pick_current, mode),
            role="link",
            tip="With the latest message of the marked conversation",
        )

    def set_narrow(self, narrow: bool) -> None:
        """Leave the word before the button out."""
        self._word.setHidden(narrow)

    def set_account(self, account_uid: str) -> None:
        """Offer another account's conversations, once the pane opens."""
        self._account_uid = account_uid

    def show_reply(self, reply: ReplyContext | None, subject: str) -> None:
        """Show what the draft answers, if anything."""
        self._reply = reply
        title = (reply.subject or subject or "(no subject)") if reply else NEW
        shown = QFontMetrics(self.button.font()).elidedText(
            title, Qt.TextElideMode.ElideRight, _MAX_TITLE
        )
        self.button.setText(shown)
        self.button.setAccessibleName(f"Conversation: {title}")
        self._paint()

    def _paint(self) -> None:
        name = _ICONS[self._reply.mode] if self._reply else "chevron-down"
        self.button.setIcon(self._theme.icon(name, "text"))

    def open(self) -> None:
        """Open the pane, the search field ready to type in."""
        self._new.setVisible(self._reply is not None)
        self.browser.finder.set_account(self._account_uid)
        corner = self.button.mapToGlobal(
            QPoint(self.button.width() - _WIDTH, self.button.height() + 4)
        )
        self.popup.move(corner)
        self.popup.show()
        self.browser.search.clear()
        self.browser.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _pick_current(self, mode: ReplyMode) -> None:
        row = self.browser.current or next(iter(self.browser.model.rows), None)
        if row is not None:
            self._pick(row, mode)

    def _pick(self, row: Conversation, mode: ReplyMode) -> None:
        self.popup.hide()
        self.picked.emit(row, mode.value)

    def _on_leave(self) -> None:
        self.popup.hide()
        self.leave_requested.emit()
