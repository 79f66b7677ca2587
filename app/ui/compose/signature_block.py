"""The signature of the chosen mailbox, below the text. Shows it and reports what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.compose.safe_view import SafeView
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from app.ui.theme import Theme

_MOST_HEIGHT = 160


class SignatureBlock(QWidget):
    """Hidden where the mailbox has no signature."""

    wanted = Signal(bool)
    resized = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composer.signature")
        self.setAccessibleName("Signature")
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 2, 22, 8)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._text = label(name="composer.signature.text", tone="muted", size="small")
        row.addWidget(self._text)
        self.toggle = button(
            "", name="composer.signature.toggle", clicked=self._on_toggle, role="link"
        )
        row.addWidget(self.toggle)
        row.addStretch(1)
        column.addLayout(row)
        self.view = SafeView(theme=theme, name="composer.signature.view", label="Signature")
        column.addWidget(self.view)
        self._is_on = False
        self.hide()

    def show_state(self, *, has_one: bool, is_on: bool) -> None:
        """Show whether there is a signature, and whether it is sent."""
        self._is_on = is_on
        self._text.setText("Signature" if is_on else "No signature is sent.")
        self.toggle.setText("Leave it out" if is_on else "Add it")
        self.view.setVisible(is_on)
        self.setVisible(has_one)
        self.resized.emit()

    def fill(self, html: str) -> None:
        """Show the signature, made safe."""
        self.view.show_html(html)
        height = round(self.view.document().size().height()) + 4
        self.view.setFixedHeight(min(_MOST_HEIGHT, height))
        self.resized.emit()

    def _on_toggle(self) -> None:
        self.wanted.emit(not self._is_on)
