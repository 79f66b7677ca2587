"""A call to copy, in each of the three dialects, with the address filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
)

from app.ui.settings.parts import fixed_font
from app.ui.settings.words import DIALECTS, curl_call
from app.ui.widgets import button, label, look

if TYPE_CHECKING:
    from app.domain.account import Mailbox

FRAME = 32
_KEY_NOTE = "Put your key in place of YOUR_KEY. The message goes to yourself."


class TryCard(QFrame):
    """Shows one call; knows no key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settings.api.try")
        look(self, surface="card")
        self._url = ""
        self._sender: Mailbox | None = None
        self._dialects = QButtonGroup(self)
        self._about = label(tone="muted", size="small", wrap=True)
        self._text = QPlainTextEdit()
        self._text.setObjectName("settings.api.curl")
        self._text.setAccessibleName("Call by curl")
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(fixed_font())  # type: ignore[arg-type]
        look(self._text, text="fixed")
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._copy = button("Copy call", name="settings.api.copy_curl", clicked=self._on_copy)
        self._build()
        self.show_call("http://127.0.0.1:8025", None)

    def show_call(self, url: str, sender: Mailbox | None) -> None:
        """Fill in where it answers and whom new mail is from."""
        if (url, sender) != (self._url, self._sender):
            self._url, self._sender = url, sender
            self._show()

    @property
    def dialect(self) -> str:
        """Give the dialect that is shown."""
        return list(DIALECTS)[max(0, self._dialects.checkedId())]

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(0)
        edges = ("first", "middle", "last")
        for number, (key, (text, about)) in enumerate(DIALECTS.items()):
            made = QToolButton()
            made.setText(text)
            made.setCheckable(True)
            made.setChecked(number == 0)
            made.setObjectName(f"settings.api.dialect.{key}")
            made.setToolTip(about)
            look(made, role="segment", edge=edges[number])
            self._dialects.addButton(made, number)
            head.addWidget(made)
        head.addStretch(1)
        self._dialects.idClicked.connect(lambda _number: self._show())
        box.addLayout(head)
        box.addWidget(self._about)
        box.addWidget(self._text)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(label(_KEY_NOTE, tone="muted", size="small", wrap=True), 1)
        foot.addWidget(self._copy)
        box.addLayout(foot)

    def _show(self) -> None:
        self._about.setText(DIALECTS[self.dialect][1])
        self._text.setPlainText(curl_call(self.dialect, self._url, self._sender))
        lines = self._text.document().blockCount()
        self._text.setFixedHeight(self._text.fontMetrics().lineSpacing() * lines + FRAME)
        self._copy.setText("Copy call")

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
        self._copy.setText("Copied")
