"""Where a mail is sent from: one button, one menu over every mailbox of every account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from app.domain.account import AccountState
from app.ui.widgets import Dot, label, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.compose.host import Sender
    from app.ui.theme import Theme


class MailboxPicker(QPushButton):
    """Shows the chosen mailbox; reports another choice."""

    chosen = Signal(str)
    accounts_requested = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._senders: list[Sender] = []
        self._mailbox_uid: str | None = None
        self.setObjectName("composer.from")
        self.setAutoDefault(False)
        look(self, role="quiet")
        self._dot = Dot(theme, "gmail")
        self._name = label(name="composer.from.name", weight="strong")
        self._address = label(name="composer.from.address", tone="muted")
        self._chevron = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(8)
        for part in (self._dot, self._name, self._address, self._chevron):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part)
        self._menu = QMenu(self)
        self._menu.setObjectName("composer.from.menu")
        self._menu.aboutToShow.connect(self._fill_menu)
        self.clicked.connect(self._open)
        theme.changed.connect(self._show_choice)
        self._show_choice()

    @property
    def current(self) -> Sender | None:
        """Give the chosen one, if it is connected."""
        return next((s for s in self._senders if s.mailbox.uid == self._mailbox_uid), None)

    def set_senders(self, senders: Sequence[Sender]) -> None:
        """Offer these."""
        self._senders = list(senders)
        self._show_choice()

    def set_current(self, mailbox_uid: str | None) -> None:
        """Show this one as chosen."""
        self._mailbox_uid = mailbox_uid
        self._show_choice()

    def sizeHint(self) -> QSize:
        """Fit what is in it."""
        layout = self.layout()
        inner = layout.sizeHint() if layout is not None else QSize(120, 28)
        return QSize(inner.width(), 28)

    def minimumSizeHint(self) -> QSize:
        """May shrink; the address is elided by its window's edge at worst."""
        return QSize(120, 28)

    def _show_choice(self) -> None:
        sender = self.current
        self._dot.setVisible(sender is not None)
        self._address.setVisible(sender is not None)
        self._chevron.setPixmap(self._theme.pixmap("chevron-down", "text", 14))
        if sender is None:
            self._name.setText("Add an account" if not self._senders else "Choose a mailbox")
            self.setAccessibleName(f"From: {self._name.text()}")
            self.updateGeometry()
            return
        mailbox = sender.mailbox
        self._dot.set_provider(mailbox.provider.value)
        self._name.setText(mailbox.display_name or mailbox.address)
        shown = f"{mailbox.address} · " if mailbox.display_name else ""
        self._address.setText(f"{shown}{mailbox.provider.label}{_state(sender)}")
        self.setAccessibleName(f"From: {_sentence(sender)}")
        self.setToolTip(f"Sent from {_sentence(sender)}")
        self.updateGeometry()

    def _open(self) -> None:
        if not self._senders:
            self.accounts_requested.emit()
            return
        self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _fill_menu(self) -> None:
        self._menu.clear()
        for sender in self._senders:
            action = self._menu.addAction(self._dot_icon(sender), _sentence(sender))
            action.setObjectName(f"composer.from.{sender.mailbox.uid}")
            action.setCheckable(True)
            action.setChecked(sender.mailbox.uid == self._mailbox_uid)
            uid = sender.mailbox.uid
            action.triggered.connect(lambda _checked=False, uid=uid: self.chosen.emit(uid))
        self._menu.addSeparator()
        manage = self._menu.addAction("Accounts…")
        manage.setObjectName("composer.from.accounts")
        manage.triggered.connect(lambda _checked=False: self.accounts_requested.emit())

    def _dot_icon(self, sender: Sender) -> QIcon:
        pixmap = QPixmap(32, 32)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.provider(sender.mailbox.provider.value)))
        painter.drawEllipse(QPointF(16, 16), 9, 9)
        painter.end()
        pixmap.setDevicePixelRatio(2)
        return QIcon(pixmap)


def _state(sender: Sender) -> str:
    return " · signed out" if sender.account.state is AccountState.SIGNED_OUT else ""


def _sentence(sender: Sender) -> str:
    mailbox = sender.mailbox
    name = (
        f"{mailbox.display_name} <{mailbox.address}>" if mailbox.display_name else mailbox.address
    )
    return f"{name} · {mailbox.provider.label}{_state(sender)}"


def row_label(text: str, buddy: QWidget | None = None) -> QLabel:
    """Make the muted word at the start of a header row."""
    made = label(text, tone="muted")
    made.setFixedWidth(68)
    if buddy is not None:
        made.setBuddy(buddy)
    return made
