"""The card in which one signs in: by the browser or, at Microsoft, with a code on any device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.account import ProviderKind
from app.domain.texts import error_sentence, span_text
from app.domain.texts_errors import is_not_registered
from app.ports import SignInFlow
from app.ui.accounts.sign_in import SignInRun
from app.ui.widgets import button, label, look, surface

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.domain.errors import AppError
    from app.ports import SignInPrompt
    from app.ui.accounts.host import SignInHost

_FLOWS = ((SignInFlow.LOOPBACK, "In the browser"), (SignInFlow.DEVICE, "With a code"))
CODE_PX = 30
TICK_MS = 1000


class SignInCard(QFrame):
    """Hidden until `begin`; `connected(account)` and `closed` tell the end."""

    connected = Signal(object)
    closed = Signal()

    def __init__(self, host: SignInHost) -> None:
        super().__init__()
        self.setObjectName("sign_in")
        look(self, surface="card")
        self._host = host
        self._provider = ProviderKind.GMAIL
        self._account_uid = ""
        self._prompt: SignInPrompt | None = None
        self._run = SignInRun(host=host, parent=self)
        self._title = label(name="sign_in.title", weight="strong")
        self._toggle = self._make_toggle()
        self._say = label(name="sign_in.text", wrap=True)
        self._code = QLabel()
        self._status = label(name="sign_in.status", tone="muted", wrap=True)
        self._buttons = self._make_buttons()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_status)
        self._build()
        self._run.started.connect(self._on_started)
        self._run.prompted.connect(self._on_prompted)
        self._run.connected.connect(self._on_connected)
        self._run.failed.connect(self._on_failed)
        self.hide()

    def begin(self, provider: ProviderKind, *, account_uid: str = "", address: str = "") -> None:
        """Start signing in, to a new account or again to a known one."""
        self._provider, self._account_uid = provider, account_uid
        self._title.setText(f"Sign in again: {address}" if address else f"Connect {provider.label}")
        self._toggle.setVisible(provider is ProviderKind.MICROSOFT)
        self._flow_button(SignInFlow.LOOPBACK).setChecked(True)
        self.show()
        self._start()

    def give_up(self) -> None:
        """Cancel what runs and go away."""
        self._run.cancel()
        self._tick.stop()
        self.hide()
        self.closed.emit()

    # --- building ---

    def _make_toggle(self) -> QWidget:
        toggle = QWidget()
        row = QHBoxLayout(toggle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._flows = QButtonGroup(self)
        for number, (flow, text) in enumerate(_FLOWS):
            made = QToolButton()
            made.setText(text)
            made.setCheckable(True)
            made.setObjectName(f"sign_in.flow.{flow.value}")
            look(made, role="segment", edge="last" if number else "first")
            self._flows.addButton(made, number)
            row.addWidget(made)
        self._flows.idClicked.connect(lambda _number: self._start())
        return toggle

    def _make_buttons(self) -> dict[str, QPushButton]:
        return {
            "copy": button("Copy", name="sign_in.copy", clicked=self._copy),
            "open": button("Open page", name="sign_in.open", clicked=self._open),
            "again": button("Try again", name="sign_in.again", role="primary", clicked=self._start),
            "cancel": button("Cancel", name="sign_in.cancel", clicked=self.give_up),
        }

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 16, 20, 16)
        box.setSpacing(14)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._toggle)
        box.addLayout(head)
        self._say.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        box.addWidget(self._say)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        self._code_frame = self._make_code()
        middle.addWidget(self._code_frame)
        for name in ("open", "copy"):
            middle.addWidget(self._buttons[name])
        middle.addStretch(1)
        box.addLayout(middle)
        foot = QHBoxLayout()
        foot.addWidget(self._status, 1)
        foot.addWidget(self._buttons["again"])
        foot.addWidget(self._buttons["cancel"])
        box.addLayout(foot)

    def _make_code(self) -> QFrame:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(CODE_PX)
        font.setWeight(QFont.Weight.DemiBold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 6)
        self._code.setFont(font)
        # The style sheet's font size would win over setFont.
        look(self._code, size="code")
        self._code.setObjectName("sign_in.code")
        self._code.setAccessibleName("Code")
        self._code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        frame = surface("code")
        inside = QHBoxLayout(frame)
        inside.setContentsMargins(22, 10, 16, 10)
        inside.addWidget(self._code)
        return frame

    # --- what happens ---

    def _flow_button(self, flow: SignInFlow) -> QToolButton:
        number = next(number for number, (one, _) in enumerate(_FLOWS) if one is flow)
        found = self._flows.button(number)
        assert isinstance(found, QToolButton)
        return found

    @property
    def _flow(self) -> SignInFlow:
        if self._provider is ProviderKind.GMAIL:
            return SignInFlow.LOOPBACK
        return _FLOWS[max(0, self._flows.checkedId())][0]

    def _start(self) -> None:
        self._prompt = None
        self._run.start(self._provider, self._flow, self._account_uid)

    def _on_started(self) -> None:
        self._show("Preparing the sign-in…", "muted", "")
        self._status.setText("")
        self._tick.stop()

    def _on_prompted(self, prompt: SignInPrompt) -> None:
        self._prompt = prompt
        if prompt.user_code:
            page = prompt.url.removeprefix("https://").removeprefix("http://")
            self._code.setText(prompt.user_code)
            self._show(f"On any device open {page} and enter", "plain", "code open copy")
        else:
            opened = self._host.open_url(prompt.url)
            company = self._provider.company
            text = (
                f"{company}’s page is open in your browser. Sign in there, then come back."
                if opened
                else "No browser could be opened. Copy the link and open it in one yourself."
            )
            self._show(text, "plain", "open copy")
        self._tick.start()
        self._show_status()
        self._buttons["copy"].setFocus()

    def _on_connected(self, account: Account) -> None:
        self._tick.stop()
        self.hide()
        self.connected.emit(account)

    def _on_failed(self, error: AppError) -> None:
        self._tick.stop()
        self._status.setText("")
        again = "" if is_not_registered(error) else "again"
        self._show(error_sentence(error), "danger", again)

    def _show(self, text: str, tone: str, shown: str) -> None:
        """Say something and show these parts alone: code, open, copy, again."""
        self._say.setText(text)
        look(self._say, tone=tone)
        parts = shown.split()
        self._code_frame.setVisible("code" in parts)
        for name in ("open", "copy", "again"):
            self._buttons[name].setVisible(name in parts)
        is_code = "code" in parts
        self._buttons["copy"].setText("Copy" if is_code else "Copy link")
        self._buttons["open"].setText("Open page" if is_code else "Open page again")
        self._buttons["cancel"].setText("Cancel" if self._run.is_running else "Close")

    def _show_status(self) -> None:
        prompt = self._prompt
        if prompt is None:
            return
        if not prompt.user_code:
            self._status.setText("Waiting for your browser…")
            return
        text = "Waiting for you to sign in"
        if prompt.expires_at is not None:
            left_s = (prompt.expires_at - self._host.clock.now()).total_seconds()
            text += f" · code valid for {span_text(left_s)}" if left_s > 0 else " · code expired"
        self._status.setText(text)

    def _copy(self) -> None:
        if self._prompt is not None:
            QGuiApplication.clipboard().setText(self._prompt.user_code or self._prompt.url)
            self._status.setText("Copied.")

    def _open(self) -> None:
        prompt = self._prompt
        if prompt is not None and not self._host.open_url(prompt.url):
            self._status.setText("No browser could be opened. Type the address into one yourself.")
