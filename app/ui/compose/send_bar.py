"""Send, Attach, and on the right how things stand. Says what is wanted, sends nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from app.domain.texts import usage_text
from app.ui.widgets import button, icon_button, label, look

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from app.ui.theme import Theme


class SendBar(QFrame):
    """The bottom row of the window."""

    send_requested = Signal()
    send_now_requested = Signal()
    send_later_requested = Signal()
    attach_requested = Signal()
    discard_requested = Signal()
    mailroom_requested = Signal()
    settings_requested = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        look(self, surface="bar")
        self.setObjectName("composer.send_bar")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 11, 18, 11)
        row.setSpacing(10)
        row.addLayout(self._send_group())
        self.attach = button(
            "Attach",
            name="composer.attach",
            clicked=self.attach_requested.emit,
            tip="Attach files (Ctrl+Shift+A)",
        )
        row.addWidget(self.attach)
        self.discard = icon_button(
            theme,
            "trash",
            name="composer.discard",
            tip="Discard draft",
            clicked=self.discard_requested.emit,
        )
        row.addWidget(self.discard)
        row.addStretch(1)
        self.saved = label(name="composer.saved", tone="muted")
        self.usage = label(name="composer.usage", tone="muted")
        self.usage.setToolTip(
            "Recipients this account reached in the last 24 hours, by Postrider and by other"
            " programs, and how many it may reach."
        )
        self.carrier = label(name="composer.carrier", tone="muted")
        self.waiting = button(
            "", name="composer.waiting", clicked=self.mailroom_requested.emit, role="link"
        )
        self._parts: list[tuple[QWidget, QLabel | QPushButton]] = []
        for part in (self.saved, self.usage, self.carrier, self.waiting):
            dot = label("·", tone="muted")
            row.addWidget(dot)
            row.addWidget(part)
            self._parts.append((dot, part))
        self.settings = icon_button(
            theme,
            "settings",
            name="composer.settings",
            tip="Settings (Ctrl+,)",
            clicked=self.settings_requested.emit,
        )
        row.addWidget(self.settings)
        self._refresh()

    def _send_group(self) -> QHBoxLayout:
        group = QHBoxLayout()
        group.setSpacing(1)
        self.send = button(
            "Send",
            name="composer.send",
            clicked=self.send_requested.emit,
            role="primary",
            tip="Send (Ctrl+Enter)",
        )
        look(self.send, edge="first")
        self.more = QPushButton()
        self.more.setObjectName("composer.send_more")
        self.more.setAccessibleName("More ways to send")
        self.more.setAutoDefault(False)
        look(self.more, role="primary", edge="last")
        self.more.setFixedWidth(28)
        self._paint_chevron()
        self._theme.changed.connect(self._paint_chevron)
        menu = QMenu(self.more)
        menu.setObjectName("composer.send_menu")
        self.now_action = self._action(menu, "Send now, without time to undo", "composer.send_now")
        self.now_action.triggered.connect(lambda _on=False: self.send_now_requested.emit())
        self.later_action = self._action(menu, "Send later…", "composer.send_later")
        self.later_action.triggered.connect(lambda _on=False: self.send_later_requested.emit())
        self.more.setMenu(menu)
        group.addWidget(self.send)
        group.addWidget(self.more)
        return group

    @staticmethod
    def _action(menu: QMenu, text: str, name: str) -> QAction:
        action = menu.addAction(text)
        action.setObjectName(name)
        return action

    def _paint_chevron(self) -> None:
        self.more.setIcon(self._theme.icon("chevron-down", "on_accent"))

    # --- status --------------------------------------------------------------------------------

    def show_saved(self, text: str, *, failed: bool = False) -> None:
        """Say when the draft was saved, or that it was not."""
        self.saved.setText(text)
        look(self.saved, tone="danger" if failed else "muted")
        self._refresh()

    def show_carrier(self, text: str) -> None:
        """Say who carries it."""
        self.carrier.setText(text)
        self._refresh()

    def show_usage(self, used: int, cap: int, elsewhere: int = 0) -> None:
        """Say how much of the day's limit is used; nothing before the first mail."""
        self.usage.setText(usage_text(used, cap, elsewhere) if used else "")
        look(self.usage, tone="warn" if cap and used >= cap * 0.9 else "muted")
        self._refresh()

    def show_waiting(self, count: int) -> None:
        """Say how many wait in the Outbox."""
        self.waiting.setText(f"{count} waiting in Outbox" if count else "")
        self._refresh()

    def set_busy(self, busy: bool) -> None:
        """Grey what must not be pressed twice."""
        self.send.setEnabled(not busy)
        self.more.setEnabled(not busy)
        self.send.setText("Sending…" if busy else "Send")

    def _refresh(self) -> None:
        is_first = True
        for dot, part in self._parts:
            is_shown = bool(part.text())
            part.setVisible(is_shown)
            dot.setVisible(is_shown and not is_first)
            is_first = is_first and not is_shown
        self.waiting.setCursor(Qt.CursorShape.PointingHandCursor)
