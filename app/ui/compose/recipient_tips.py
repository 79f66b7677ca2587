"""What the provider knows of the recipients: a quiet line under them, and marks on their chips.

Only informs: it never takes the focus, holds nothing up, and says nothing when nothing can be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from app.compose.tips import KEPT_S
from app.domain.account import ProviderKind
from app.domain.texts_tips import tip_sentence, tips_sentence
from app.runtime.cancel import CancelToken
from app.ui import tasks
from app.ui.widgets import button, label, look

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.domain.address import Address
    from app.domain.mail_tips import MailTip
    from app.ui.compose.chip import Chip
    from app.ui.compose.window import ComposeWindow
    from app.ui.theme import Theme

# After the last change: names are added one after the other.
PAUSE_MS = 600
_FIELDS = ("to", "cc", "bcc")


class TipLine(QFrame):
    """One sentence that can be sent away."""

    dismissed = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("composer.tips")
        look(self, surface="raised")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 4, 18, 4)
        row.setSpacing(8)
        self._icon = QLabel()
        self._icon.setContentsMargins(0, 2, 0, 0)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.text = label("", name="composer.tips.text", tone="muted", size="small", wrap=True)
        row.addWidget(self.text, 1)
        dismiss = button(
            "Dismiss", name="composer.tips.dismiss", role="link", clicked=self.dismissed.emit
        )
        dismiss.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        row.addWidget(dismiss, 0, Qt.AlignmentFlag.AlignTop)
        self._paint_icon()
        theme.changed.connect(self._paint_icon)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show a sentence; with an empty one there is no line."""
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))

    def _paint_icon(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("people", "muted"))


class RecipientTips(QObject):
    """Lives with the window; asks some moments after the recipients changed."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._account_uid = ""
        self._found: dict[str, MailTip] = {}
        self._asked: dict[str, float] = {}
        self._dismissed = ""
        self._cancel = CancelToken()
        self._soon = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._soon.timeout.connect(self._ask)
        window.header.tips.dismissed.connect(self._on_dismissed)
        window.closed.connect(self._stop)

    def look(self) -> None:
        """Show what is known of the present recipients; ask about the others soon."""
        account = self._account
        uid = account.uid if account is not None else ""
        if uid != self._account_uid:
            self._stop()
            self._account_uid, self._found, self._asked = uid, {}, {}
        self._show()
        if account is not None and any(map(self._is_due, self._people())):
            self._soon.start()

    def _is_due(self, person: Address) -> bool:
        asked_s = self._asked.get(_key(person))
        return asked_s is None or self._window.host.clock.monotonic() - asked_s > KEPT_S

    @property
    def _account(self) -> Account | None:
        """Give the account mail is sent from, if its provider tells of recipients."""
        sender = self._window.controller.chosen
        if sender is None or sender.account.provider is not ProviderKind.MICROSOFT:
            return None
        return sender.account

    def _chips(self) -> list[Chip]:
        fields = self._window.header.fields
        return [chip for name in _FIELDS for chip in fields[name].chips if chip.address]

    def _people(self) -> list[Address]:
        return [chip.address for chip in self._chips() if chip.address is not None]

    def _ask(self) -> None:
        account, people = self._account, self._people()
        if account is None or not people:
            return
        self._cancel.cancel()
        self._cancel = CancelToken()
        now_s = self._window.host.clock.monotonic()
        self._asked |= dict.fromkeys(map(_key, people), now_s)
        uid = account.uid
        tasks.run(
            self,
            self._window.host.tips(account, people, self._cancel),
            done=lambda found: self._on_found(uid, found),
            failed=_ignore,
        )

    def _on_found(self, account_uid: str, found: dict[str, MailTip]) -> None:
        if account_uid == self._account_uid:
            self._found.update(found)
            self._show()

    def _show(self) -> None:
        now = self._window.host.clock.now()
        rows = []
        for chip in self._chips():
            assert chip.address is not None
            tip = self._found.get(_key(chip.address))
            is_marked = tip is not None and tip.is_worth_a_look(now)
            chip.set_tip(tip_sentence(tip, now) if tip is not None else "", marked=is_marked)
            if tip is not None:
                rows.append((chip.address, tip))
        sentence = tips_sentence(rows, now)
        self._window.header.tips.say("" if sentence == self._dismissed else sentence)

    def _on_dismissed(self) -> None:
        self._dismissed = self._window.header.tips.text.text()
        self._show()

    def _stop(self) -> None:
        self._soon.stop()
        self._cancel.cancel()


def _key(person: Address) -> str:
    return person.addr_spec.casefold()


def _ignore(_error: object) -> None:
    """What is not known is not said; nothing of this may get in the way."""
