"""What somebody sees who has no account yet: three ways to begin. Intents only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.account import ProviderKind
from app.domain.texts_errors import not_registered_sentence
from app.ui.icons import resources_dir
from app.ui.widgets import button, label, look, surface

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from app.ui.theme import Theme

WIDTH = 560
LOGO = 56
_TITLE = "Write from the accounts you already have"
_ABOUT = (
    "Postrider sends through your own Gmail or Outlook account. What you press Send on is kept on"
    " this computer until your provider has accepted it."
)
_OFFERS = {
    ProviderKind.GMAIL: "Opens Google’s page in your browser. You sign in there; Postrider never"
    " sees your password.",
    ProviderKind.MICROSOFT: "Work, school or personal. In the browser, or with a code on any"
    " device.",
}
_SANDBOX_ABOUT = (
    "This is the sandbox: its accounts and its mail are made up, and nothing leaves this computer."
    " Connect one of its accounts as you would your own."
)
_SANDBOX_OFFERS = {
    ProviderKind.GMAIL: "Opens the sandbox’s stand-in for Google’s page in your browser.",
    ProviderKind.MICROSOFT: "Opens the stand-in for Microsoft’s page, or gives you a code to enter"
    " there.",
}
_TRIAL = (
    "Two made-up Gmail and two made-up Outlook accounts on this computer. Nothing leaves it, and"
    " your own profile stays as it is."
)


class WelcomePane(QFrame):
    """`provider_chosen(kind)`, `trial_chosen` and `write_chosen` say where to begin."""

    provider_chosen = Signal(object)
    trial_chosen = Signal()
    write_chosen = Signal()

    def __init__(
        self,
        *,
        theme: Theme,
        registered: frozenset[ProviderKind],
        can_try: bool = True,
        is_sandbox: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("welcome")
        look(self, surface="background")
        self._theme = theme
        self._offers = _SANDBOX_OFFERS if is_sandbox else _OFFERS
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        box = QVBoxLayout(inner)
        box.setSpacing(12)
        box.addWidget(_logo())
        box.addWidget(label(_TITLE, wrap=True, size="title"))
        box.addWidget(label(_SANDBOX_ABOUT if is_sandbox else _ABOUT, wrap=True, tone="muted"))
        box.addSpacing(8)
        for kind in ProviderKind:
            box.addWidget(self._provider(kind, is_ready=kind in registered))
        if can_try:
            box.addWidget(self._trial())
        box.addSpacing(4)
        box.addLayout(self._foot())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(inner, 10)
        across.addStretch(1)
        outer.addLayout(across)
        outer.addStretch(3)

    def _provider(self, kind: ProviderKind, *, is_ready: bool) -> QFrame:
        made = button(
            f"Connect {kind.label}",
            name=f"welcome.{kind.value}",
            clicked=lambda: self.provider_chosen.emit(kind),
        )
        made.setEnabled(is_ready)
        text = self._offers[kind] if is_ready else not_registered_sentence(kind)
        return self._offer(made, "gmail" if kind is ProviderKind.GMAIL else "outlook", text)

    def _trial(self) -> QFrame:
        made = button(
            "Try it in the sandbox",
            name="welcome.trial",
            clicked=self.trial_chosen.emit,
        )
        return self._offer(made, "muted", _TRIAL)

    def _offer(self, made: QPushButton, tone: str, text: str) -> QFrame:
        made.setIcon(self._theme.icon("dot-large", tone))
        made.setIconSize(QSize(16, 16))
        made.setFixedWidth(190)
        look(made, align="left")
        card = surface("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(16)
        row.addWidget(made, 0, Qt.AlignmentFlag.AlignVCenter)
        words = label(text, wrap=True, tone="muted")
        made.setAccessibleDescription(text)
        row.addWidget(words, 1)
        return card

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(
            button(
                "Write a draft first",
                name="welcome.write",
                role="link",
                clicked=self.write_chosen.emit,
            )
        )
        row.addStretch(1)
        return row


class WelcomeWindow(QMainWindow):
    """The pane in a window of its own."""

    closed = Signal()

    def __init__(self, pane: WelcomePane) -> None:
        super().__init__()
        self.setObjectName("welcome_window")
        self.setWindowTitle("Welcome — Postrider")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 600)
        self.setCentralWidget(pane)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window is gone."""
        super().closeEvent(event)
        self.closed.emit()


def _logo() -> QLabel:
    from PySide6.QtGui import QIcon

    made = QLabel()
    made.setPixmap(QIcon(str(resources_dir() / "postrider.svg")).pixmap(LOGO, LOGO))
    return made
