"""Whether the local API answers, where, and what is wrong if it does not. Intents only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QIntValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.domain.local_api import ApiStatus
from app.ui.controls import TickBox
from app.ui.settings.parts import Row, forced_note
from app.ui.widgets import button, label, line, look

if TYPE_CHECKING:
    from app.domain.local_api import LocalApiState

DEFAULT_PORT = 8025
_LOWEST, _HIGHEST = 1, 65_535
_WORDS = {
    ApiStatus.OFF: ("Nothing listens.", "muted"),
    ApiStatus.STARTING: ("Starting…", "muted"),
    ApiStatus.ON: ("Answers at", "ok"),
    ApiStatus.FAILED: ("", "danger"),
}


class ServeCard(QFrame):
    """`enabled_wanted(bool)`, `port_wanted(int)`, `retry_wanted`, `page_wanted(url)`."""

    enabled_wanted = Signal(bool)
    port_wanted = Signal(int)
    retry_wanted = Signal()
    page_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settings.api.serve")
        look(self, surface="card")
        self._url = ""
        self._last_port = DEFAULT_PORT
        self.enabled = TickBox("Answer the local API")
        self.enabled.setObjectName("settings.api.enabled")
        self._status = label(name="settings.api.status")
        self._address = label(name="settings.api.url", weight="strong")
        self._problem = label(name="settings.api.problem", tone="danger", wrap=True)
        self._note = label(name="settings.api.note", tone="muted", size="small", wrap=True)
        self.port = QLineEdit()
        self.any_port = TickBox("Any free port")
        self._make_buttons()
        self._build()
        self.enabled.toggled.connect(self.enabled_wanted)
        self.port.editingFinished.connect(self._on_port)
        self.any_port.toggled.connect(self._on_any_port)

    # --- building ---

    def _make_buttons(self) -> None:
        self._copy = button(
            "Copy", name="settings.api.copy_url", clicked=self._copy_url, tip="Copy the address"
        )
        self._page = button(
            "Description (OpenAPI)",
            name="settings.api.openapi",
            role="link",
            clicked=lambda: self.page_wanted.emit(f"{self._url}/openapi.json"),
            tip="Every endpoint with its fields, for programs that make clients of it",
        )
        self._free = button(
            "Use any free port",
            name="settings.api.use_free",
            clicked=lambda: self.any_port.setChecked(True),
        )
        self._again = button("Try again", name="settings.api.again", clicked=self.retry_wanted.emit)

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        box.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(16, 14, 16, 14)
        head.setSpacing(8)
        look(self.enabled, weight="strong")
        head.addWidget(self.enabled)
        head.addWidget(self._note)
        self._address.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._address.setAccessibleName("Address of the local API")
        where = QHBoxLayout()
        where.setSpacing(8)
        for widget in (self._status, self._address, self._copy):
            where.addWidget(widget)
        where.addStretch(1)
        head.addLayout(where)
        head.addWidget(self._page, 0, Qt.AlignmentFlag.AlignLeft)
        head.addWidget(self._problem)
        help_row = QHBoxLayout()
        help_row.addWidget(self._free)
        help_row.addWidget(self._again)
        help_row.addStretch(1)
        head.addLayout(help_row)
        box.addLayout(head)
        box.addWidget(line("h-faint"))
        box.addWidget(self._make_port_row())

    def _make_port_row(self) -> Row:
        self.port.setObjectName("settings.api.port")
        self.port.setAccessibleName("Port")
        self.port.setValidator(QIntValidator(_LOWEST, _HIGHEST, self.port))
        self.port.setFixedWidth(90)
        self.any_port.setObjectName("settings.api.any_port")
        self.any_port.setToolTip("Taken anew at each start, so programs must be told of it")
        field = QHBoxLayout()
        field.setSpacing(14)
        field.addWidget(self.port)
        field.addWidget(self.any_port)
        field.addStretch(1)
        self._port_row = Row("Port", field)
        return self._port_row

    # --- what it shows ---

    def show_settings(self, *, enabled: bool, port: int, forced: str, port_forced: str) -> None:
        """Show what is set, and what cannot be changed here."""
        for widget in (self.enabled, self.any_port, self.port):
            widget.blockSignals(True)
        self.enabled.setChecked(enabled)
        self.any_port.setChecked(port == 0)
        self._last_port = port or self._last_port
        if not self.port.hasFocus() or port == 0:
            self.port.setText(str(self._last_port))
        for widget in (self.enabled, self.any_port, self.port):
            widget.blockSignals(False)
        self.enabled.setEnabled(not forced)
        self._note.setText(forced_note(forced) if forced else "")
        self._note.setVisible(bool(forced))
        self.any_port.setEnabled(not port_forced)
        self.port.setEnabled(not port_forced and port != 0)
        self._port_row.say(forced_note(port_forced) if port_forced else "")

    def show_state(self, state: LocalApiState) -> None:
        """Show whether it answers."""
        text, tone = _WORDS[state.status]
        self._url = state.url
        self._status.setText(text)
        self._status.setVisible(bool(text))
        look(self._status, tone=tone)
        self._address.setText(state.url)
        is_on = state.status is ApiStatus.ON
        for widget in (self._address, self._copy, self._page):
            widget.setVisible(is_on)
        self._copy.setText("Copy")
        self._problem.setText(state.problem)
        self._problem.setVisible(bool(state.problem))
        has_failed = state.status is ApiStatus.FAILED
        self._again.setVisible(has_failed)
        self._free.setVisible(has_failed and state.is_port and not self.any_port.isChecked())

    # --- what happens ---

    def _on_port(self) -> None:
        # Told for a number within bounds alone, by Enter or by leaving the field.
        if int(self.port.text()) != self._last_port:
            self._last_port = int(self.port.text())
            self.port_wanted.emit(self._last_port)

    def _on_any_port(self, wanted: bool) -> None:
        self.port.setEnabled(not wanted)
        self.port_wanted.emit(0 if wanted else self._last_port)

    def _copy_url(self) -> None:
        QGuiApplication.clipboard().setText(self._url)
        self._copy.setText("Copied")
