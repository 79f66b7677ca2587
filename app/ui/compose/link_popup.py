"""A small pane for a link's words and address (Ctrl+K)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from app.mime.html.policy import safe_link
from app.ui.compose.popup_card import PopupCard
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class LinkPopup(PopupCard):
    """Asks for address and words; `accepted(href, text)`, with an empty address to unlink."""

    accepted = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._host = parent
        self.setObjectName("composer.link_popup")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        self.text = QLineEdit()
        self.text.setObjectName("composer.link.text")
        self.text.setPlaceholderText("Words to show")
        self.text.setAccessibleName("Words to show")
        self.href = QLineEdit()
        self.href.setObjectName("composer.link.href")
        self.href.setPlaceholderText("https://")
        self.href.setAccessibleName("Address of the link")
        self._hint = label("", name="composer.link.hint", tone="danger", size="small")
        self._hint.hide()
        column.addWidget(self.text)
        column.addWidget(self.href)
        column.addWidget(self._hint)
        row = QHBoxLayout()
        self._unlink = button("Unlink", name="composer.link.remove", clicked=self._on_unlink)
        row.addWidget(self._unlink)
        row.addStretch(1)
        row.addWidget(
            button("Set link", name="composer.link.set", clicked=self._on_set, role="primary")
        )
        column.addLayout(row)
        self.href.returnPressed.connect(self._on_set)
        self.text.returnPressed.connect(self._on_set)
        self.setFixedWidth(360)

    def _inside(self, place: QPoint) -> QPoint:
        """Keep it within the width of its window."""
        window = self._host.window()
        left = window.mapToGlobal(window.rect().topLeft()).x()
        right = left + window.width() - self.width() - 12
        return QPoint(max(left, min(place.x(), right)), place.y())

    def open_at(self, place: QPoint, *, href: str, text: str) -> None:
        """Show it with the present values."""
        self.text.setText(text)
        self.href.setText(href)
        self._unlink.setVisible(bool(href))
        self._hint.hide()
        self.adjustSize()
        self.move(self._inside(place))
        self.show()
        self.href.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_set(self) -> None:
        typed = self.href.text().strip()
        href = safe_link(_completed(typed)) if typed else ""
        if href is None:
            self._hint.setText("A link goes to a web, mail or telephone address.")
            self._hint.show()
            return
        self.hide()
        self.accepted.emit(href, self.text.text().strip() or typed)

    def _on_unlink(self) -> None:
        self.hide()
        self.accepted.emit("", self.text.text())


def _completed(typed: str) -> str:
    """Add the scheme people leave out."""
    if ":" in typed or typed.startswith("#"):
        return typed
    return f"mailto:{typed}" if "@" in typed and "/" not in typed else f"https://{typed}"
