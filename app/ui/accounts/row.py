"""One account in the list: who it is, what it may do, what is wrong. Intents only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from app.domain.account import AccountState, Capability
from app.domain.texts import capability_sentence, state_sentence, usage_text
from app.domain.texts_account import ending_sentence, missing_sentences
from app.ui.widgets import Dot, button, icon_button, label

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.account import Account
    from app.ui.accounts.host import Overview
    from app.ui.theme import Theme


class AccountRow(QWidget):
    """`reconnect_requested`, `remove_requested` and `default_requested` carry the account's uid."""

    reconnect_requested = Signal(str)
    remove_requested = Signal(str)
    default_requested = Signal(str)

    def __init__(
        self, *, account: Account, overview: Overview, theme: Theme, now: datetime
    ) -> None:
        super().__init__()
        self.setObjectName(f"account.{account.uid}")
        self.setAccessibleName(account.address)
        self._account = account
        own = [box for box in overview.mailboxes if box.account_uid == account.uid]
        self._is_default = any(box.is_default for box in own)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(16)
        layout.addWidget(Dot(theme, account.provider.value, 12))
        layout.addLayout(self._words(overview, len(own) - 1, now), 1)
        if account.state is AccountState.SIGNED_OUT:
            layout.addWidget(
                button(
                    "Sign in again",
                    name=f"account.{account.uid}.reconnect",
                    role="primary",
                    clicked=lambda: self.reconnect_requested.emit(account.uid),
                )
            )
        elif _may_read_too(account, overview):
            layout.addWidget(
                button(
                    "Allow reading too",
                    name=f"account.{account.uid}.widen",
                    clicked=lambda: self.reconnect_requested.emit(account.uid),
                )
            )
        layout.addWidget(self._more(theme))

    def _words(self, overview: Overview, aliases: int, now: datetime) -> QVBoxLayout:
        account = self._account
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(label(account.address, weight="strong"))
        suffix = " · default" if self._is_default else ""
        head.addWidget(label(f"{account.provider.label}{suffix}", tone="muted"))
        head.addStretch(1)
        box = QVBoxLayout()
        box.setSpacing(3)
        box.addLayout(head)
        waiting = overview.waiting.get(account.uid, 0)
        trouble = state_sentence(account, waiting, now)
        if trouble:
            box.addWidget(label(trouble, name="account.state", tone="danger", wrap=True))
        else:
            can = capability_sentence(account, max(0, aliases))
            usage = overview.today.get(account.uid)
            if usage is not None and usage.used:
                can += f" · {usage_text(usage.used, usage.cap, usage.elsewhere)}"
            box.addWidget(label(can, name="account.can", tone="muted", wrap=True))
            for text in filter(None, (*missing_sentences(account), ending_sentence(account, now))):
                box.addWidget(label(text, name="account.missing", tone="warn", wrap=True))
        return box

    def _more(self, theme: Theme) -> QToolButton:
        uid = self._account.uid
        made = icon_button(theme, "more", name=f"account.{uid}.more", tip="More for this account")
        menu = QMenu(made)
        again = menu.addAction("Sign in again…")
        again.triggered.connect(lambda _checked=False: self.reconnect_requested.emit(uid))
        if not self._is_default:
            default = menu.addAction("Write from it by default")
            default.triggered.connect(lambda _checked=False: self.default_requested.emit(uid))
        menu.addSeparator()
        remove = menu.addAction("Remove…")
        remove.triggered.connect(lambda _checked=False: self.remove_requested.emit(uid))
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made


def _may_read_too(account: Account, overview: Overview) -> bool:
    """Say whether another sign-in would ask for the permission to read that is missing."""
    lacks = Capability.READ not in account.capabilities
    return lacks and account.provider not in overview.only_sends
