"""The Accounts dialog: the list, the card to sign in, what can be added. Decides nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.account import ProviderKind
from app.domain.texts import capability_sentence, error_sentence, vault_sentence
from app.domain.texts_account import missing_sentences, removal_sentence
from app.ui import dialogs, tasks
from app.ui.accounts.card import SignInCard
from app.ui.accounts.row import AccountRow
from app.ui.notice import Notice
from app.ui.widgets import button, label, line, look, surface

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from app.domain.account import Account
    from app.domain.errors import AppError
    from app.ui.accounts.host import AccountsHost, Overview
    from app.ui.theme import Theme

# Under load every moment brings a change; the list counts, nobody waits for it.
READ_PAUSE_MS = 250
_EMPTY = "No account is connected yet. Add one below."
_REMOVE = (
    "Postrider forgets its sign-in and what it read from it, and gives the permission back."
    " Mail you sent and drafts stay. {waiting}"
)


class AccountsDialog(QDialog):
    """One per profile, not modal: signing in may take its time."""

    closed = Signal()

    def __init__(self, *, host: AccountsHost, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("accounts")
        self.setWindowTitle("Accounts — Postrider")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        self.setMinimumSize(580, 380)
        self._host = host
        self._theme = theme
        self._overview: Overview | None = None
        self._wanted = ""
        self._list = surface("card", name="accounts.list")
        self._rows = QVBoxLayout(self._list)
        self._card = SignInCard(host)
        self._notice = Notice(theme, name="accounts.notice")
        self._vault = label(name="accounts.vault", tone="muted", size="small", wrap=True)
        self._build()
        self._card.connected.connect(self._on_connected)
        self._soon = QTimer(self, singleShot=True, interval=READ_PAUSE_MS)
        self._soon.timeout.connect(self._read)
        # Bound methods: Qt lets go of them when this dialog goes, of lambdas it does not.
        host.bridge.accounts_changed.connect(self._on_account_changed)
        host.bridge.outbound_changed.connect(self._on_outbound_changed)
        host.bridge.store_changed.connect(self._read_soon)
        theme.changed.connect(self._on_theme_changed)
        self._read()

    def add(self, provider: ProviderKind) -> None:
        """Start connecting a new account."""
        self._card.begin(provider)

    def reconnect(self, account_uid: str) -> None:
        """Start signing in again, as soon as the account is known here."""
        account = self._find(account_uid)
        if account is None:
            self._wanted = account_uid
            return
        self._wanted = ""
        self._card.begin(account.provider, account_uid=account.uid, address=account.address)

    # --- building ---

    def _build(self) -> None:
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        inner = QWidget()
        look(inner, surface="background")
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 20, 24, 20)
        box.setSpacing(16)
        box.addWidget(label("Accounts", size="title"))
        box.addWidget(self._list)
        box.addWidget(self._card)
        box.addLayout(self._foot())
        box.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._notice)
        outer.addWidget(area, 1)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self._add_buttons: dict[ProviderKind, QPushButton] = {}
        for provider in ProviderKind:
            made = button(
                f"Add {provider.label}",
                name=f"accounts.add.{provider.value}",
                clicked=partial(self.add, provider),
            )
            self._add_buttons[provider] = made
            row.addWidget(made)
        self._on_theme_changed()
        row.addSpacing(12)
        self._vault.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._vault, 1)
        return row

    def _on_theme_changed(self) -> None:
        tones = {ProviderKind.GMAIL: "gmail", ProviderKind.MICROSOFT: "outlook"}
        for provider, made in self._add_buttons.items():
            made.setIcon(self._theme.icon("dot-large", tones[provider]))

    # --- content ---

    def _on_account_changed(self, _uid: str) -> None:
        self._read()

    def _on_outbound_changed(self, _uid: str) -> None:
        self._read_soon()

    def _read_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _read(self) -> None:
        tasks.run(self, self._host.overview(), done=self._on_read, failed=self._on_failed)

    def _on_read(self, overview: Overview) -> None:
        self._overview = overview
        self._vault.setText(vault_sentence(overview.vault_kind))
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, account in enumerate(overview.accounts):
            if number:
                self._rows.addWidget(line("h-faint"))
            self._rows.addWidget(self._row(account, overview))
        if not overview.accounts:
            empty = label(_EMPTY, name="accounts.empty", tone="muted")
            empty.setContentsMargins(20, 20, 20, 20)
            self._rows.addWidget(empty)
        if self._wanted:
            self.reconnect(self._wanted)

    def _row(self, account: Account, overview: Overview) -> AccountRow:
        row = AccountRow(
            account=account, overview=overview, theme=self._theme, now=self._host.clock.now()
        )
        row.reconnect_requested.connect(self.reconnect)
        row.remove_requested.connect(self._ask_remove)
        row.default_requested.connect(self._make_default)
        return row

    def _find(self, account_uid: str) -> Account | None:
        accounts = self._overview.accounts if self._overview else ()
        return next((one for one in accounts if one.uid == account_uid), None)

    # --- what happens ---

    def _on_connected(self, account: Account) -> None:
        missing = missing_sentences(account)
        text = f"{account.address} is connected. {capability_sentence(account)}."
        self._notice.say(" ".join((text, *missing)), tone="warn" if missing else "ok")
        self._read()

    def _make_default(self, account_uid: str) -> None:
        boxes = self._overview.mailboxes if self._overview else ()
        mailbox = next((one for one in boxes if one.account_uid == account_uid), None)
        if mailbox is not None:
            tasks.run(self, self._host.make_default(mailbox.uid), failed=self._on_failed)

    def _ask_remove(self, account_uid: str) -> None:
        account = self._find(account_uid)
        if account is None:
            return
        overview = self._overview
        waiting = ""
        if overview is not None:
            open_count = overview.waiting.get(account_uid, 0)
            kept = overview.kept.get(account_uid, 0)
            waiting = removal_sentence(account, open_count, kept)
            waiting += " Cancel first what must not go." if kept else ""
        dialogs.ask(
            self,
            title="Remove account",
            text=f"Remove {account.address}?",
            detail=_REMOVE.format(waiting=waiting).strip(),
            yes="Remove",
            danger=True,
            answered=lambda yes: self._remove(account) if yes else None,
        )

    def _remove(self, account: Account) -> None:
        tasks.run(
            self,
            self._host.remove(account.uid),
            done=lambda _: self._notice.say(f"{account.address} was removed.", tone="ok"),
            failed=self._on_failed,
        )

    def _on_failed(self, error: AppError) -> None:
        self._notice.say(error_sentence(error), tone="danger")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give up a sign-in under way: nobody would see its end."""
        self._card.give_up()
        event.accept()  # a dialog's own way asks `reject`, which asks to close: it would stay open
        self.closed.emit()

    def reject(self) -> None:
        """Close by Escape; a sign-in under way is given up first."""
        if self._card.isVisible():
            self._card.give_up()
        else:
            self.close()
