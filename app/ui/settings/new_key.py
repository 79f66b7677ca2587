"""Makes a key: what it is for and what it may do; then shows it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.permission import Permission
from app.domain.texts import error_sentence
from app.ui import dialogs, tasks
from app.ui.controls import Chooser, TickBox
from app.ui.settings.parts import fixed_font
from app.ui.settings.words import EXPIRIES, PERMISSIONS, expiry_of
from app.ui.widgets import button, label, look

if TYPE_CHECKING:
    from app.domain.errors import AppError
    from app.ports.gateway import ApiKey
    from app.ui.settings.host import SettingsHost

MAX_NAME = 80
_ONCE = (
    "This is the only time the key is shown: Postrider keeps no copy it could show again."
    " Keep it like a password."
)


class NewKeyDialog(QDialog):
    """`made(key)` once there is one."""

    made = Signal(object)

    def __init__(self, host: SettingsHost, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = host
        self._token = ""
        self._is_copied = False
        self.setObjectName("new_key")
        self.setWindowTitle("New key")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self._pages = QStackedWidget()
        self._name = QLineEdit()
        self._rights: dict[Permission, TickBox] = {}
        self._expiry = Chooser(name="new_key.expiry", accessible="It ends")
        self._hint = label(name="new_key.hint", tone="danger", wrap=True)
        self._hint.hide()
        self._secret = QPlainTextEdit()
        self._title = label(size="title", wrap=True)
        self._form = self._make_form()
        self._pages.addWidget(self._form)
        self._pages.addWidget(self._make_secret())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._pages)

    # --- building ---

    def _make_form(self) -> QWidget:
        page, box = _page()
        box.addWidget(label("New key", size="title"))
        self._name.setObjectName("new_key.name")
        self._name.setAccessibleName("Name")
        self._name.setPlaceholderText("The program it is for, as “invoice script”")
        self._name.setMaxLength(MAX_NAME)
        box.addWidget(_field_label("Name", self._name))
        box.addWidget(self._name)
        box.addSpacing(4)
        box.addWidget(label("It may", weight="strong"))
        for permission, (text, about) in PERMISSIONS.items():
            made = TickBox(f"{text}  ({permission.value})")
            made.setObjectName(f"new_key.{permission.value}")
            made.setAccessibleDescription(about)
            made.setChecked(True)
            self._rights[permission] = made
            told = label(about, tone="muted", size="small", wrap=True)
            told.setContentsMargins(24, 0, 0, 4)
            pair = QVBoxLayout()
            pair.setSpacing(0)
            pair.addWidget(made)
            pair.addWidget(told)
            box.addLayout(pair)
        box.addSpacing(4)
        for text, days in EXPIRIES:
            self._expiry.addItem(text, days)
        box.addWidget(_field_label("It ends", self._expiry))
        box.addWidget(self._expiry, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self._hint)
        box.addSpacing(6)
        box.addLayout(self._make_form_foot())
        return page

    def _make_form_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button("Cancel", name="new_key.cancel", clicked=self.reject))
        self._create = button(
            "Make key", name="new_key.create", role="primary", clicked=self._on_create
        )
        self._create.setDefault(True)
        foot.addWidget(self._create)
        return foot

    def _make_secret(self) -> QWidget:
        page, box = _page()
        box.addWidget(self._title)
        self._secret.setObjectName("new_key.secret")
        self._secret.setAccessibleName("The key")
        self._secret.setReadOnly(True)
        self._secret.setTabChangesFocus(True)
        self._secret.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self._secret.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._secret.setFont(fixed_font())  # type: ignore[arg-type]
        look(self._secret, text="fixed")
        self._secret.setFixedHeight(2 * self._secret.fontMetrics().lineSpacing() + 26)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._secret, 1)
        self._copy = button("Copy", name="new_key.copy", role="primary", clicked=self._on_copy)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(row)
        box.addWidget(label(_ONCE, name="new_key.once", tone="warn", wrap=True))
        box.addSpacing(6)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button("Done", name="new_key.done", clicked=self.reject))
        box.addLayout(foot)
        return page

    # --- what happens ---

    def _on_create(self) -> None:
        name = " ".join(self._name.text().split())
        chosen = [one for one, made in self._rights.items() if made.isChecked()]
        if not name:
            self._say("Give the key a name, so that you know later what it is for.")
            self._name.setFocus()
        elif not chosen:
            self._say("Tick at least one thing the key may do.")
            next(iter(self._rights.values())).setFocus()
        else:
            self._create.setEnabled(False)
            expires_at = expiry_of(int(self._expiry.currentData()), self._host.clock.now())
            future = self._host.create_key(name, chosen, expires_at)
            tasks.run(self, future, done=self._on_made, failed=self._on_failed)

    def _on_made(self, made: tuple[ApiKey, str]) -> None:
        key, self._token = made
        self._title.setText(f"The key of “{key.name}”")
        self._secret.setPlainText(self._token)
        self._pages.removeWidget(self._form)  # the window is as high as the highest page
        self._form.deleteLater()
        self.adjustSize()
        self._copy.setFocus()
        self.made.emit(key)

    def _on_failed(self, error: AppError) -> None:
        self._create.setEnabled(True)
        self._say(error_sentence(error))

    def _say(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.show()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._token)
        self._is_copied = True
        self._copy.setText("Copied")

    def reject(self) -> None:
        """Close; ask first if the key was never copied, because nobody can see it again."""
        if not self._token or self._is_copied or self._secret.textCursor().hasSelection():
            super().reject()
            return
        dialogs.ask(
            self,
            title="Close without copying",
            text="Close without copying the key?",
            detail="It cannot be shown again. Without it the key is of no use; make another then.",
            yes="Close",
            no="Go back",
            danger=True,
            answered=lambda yes: super(NewKeyDialog, self).reject() if yes else None,
        )


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    box = QVBoxLayout(page)
    box.setContentsMargins(20, 18, 20, 18)
    box.setSpacing(8)
    return page, box


def _field_label(text: str, field: QWidget) -> QWidget:
    made = label(text, weight="strong")
    made.setBuddy(field)
    return made
