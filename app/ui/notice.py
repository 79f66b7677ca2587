"""A bar that says one thing above the content of a window and goes away when dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from app.ui.widgets import icon_button, label, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.theme import Theme


class Notice(QFrame):
    """Hidden until there is something to say; `tone` is warn, danger or ok."""

    def __init__(self, theme: Theme, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = label(name=f"{name}.text", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = QPushButton()
        self._action.setObjectName(f"{name}.action")
        look(self._action, role="link")
        self._action.clicked.connect(self._on_action)
        self._act: Callable[[], None] | None = None
        close = icon_button(theme, "close", name=f"{name}.close", tip="Dismiss", clicked=self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._action)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """Give what it says now."""
        return self._text.text()

    def say(
        self,
        text: str,
        *,
        tone: str = "ok",
        action: str = "",
        act: Callable[[], None] | None = None,
    ) -> None:
        """Show a sentence, with a link that does something if `action` names it."""
        self._text.setText(text)
        look(self, surface=f"notice-{tone}")
        look(self._text, tone=tone)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self._act = act
        self.show()

    def _on_action(self) -> None:
        act, self._act = self._act, None
        self.hide()
        if act is not None:
            act()
