"""Settings → Local API: on or off, where, the keys, calls to try. Shows what store and child say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal

from app.domain.local_api import ApiStatus
from app.domain.texts import error_sentence
from app.settings import Settings
from app.ui import dialogs, tasks
from app.ui.settings.key_list import KeyList
from app.ui.settings.new_key import NewKeyDialog
from app.ui.settings.parts import Page
from app.ui.settings.serve_card import DEFAULT_PORT, ServeCard
from app.ui.settings.try_card import TryCard
from app.ui.widgets import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.account import Mailbox
    from app.domain.errors import AppError
    from app.ports.gateway import ApiKey
    from app.ui.settings.host import KeysView, SettingsHost

_ABOUT = (
    "Other programs on this computer can send through Postrider while it is open. What they hand"
    " over is in the Mailroom like your own mail. Nobody else on the network can reach it."
)
# Under load every second brings a change; keys need not be read more often than people look.
READ_PAUSE_MS = 500


class ApiPage(Page):
    """`said(text, tone)` is for the window's notice bar."""

    said = Signal(str, str)

    def __init__(self, host: SettingsHost) -> None:
        super().__init__("Local API", name="settings.api", about=_ABOUT)
        self._host = host
        self._serve = ServeCard()
        self._keys = KeyList()
        self._try = TryCard()
        self._sender: Mailbox | None = None
        for title, part in (("", self._serve), ("Keys", self._keys), ("Try it", self._try)):
            if title:
                self.box.addSpacing(4)
                self.box.addWidget(label(title, weight="strong"))
            self.box.addWidget(part)
        self.box.addStretch(1)
        self._soon = QTimer(self, singleShot=True, interval=READ_PAUSE_MS)
        self._soon.timeout.connect(self._read_keys)
        self._connect()
        self._show_settings()
        self._show_state()
        self._read_keys()
        self._read_sender()

    def _connect(self) -> None:
        host, serve = self._host, self._serve
        serve.enabled_wanted.connect(lambda on: self._change(Settings.gateway_enabled, on))
        serve.port_wanted.connect(lambda port: self._change(Settings.gateway_port, port))
        serve.retry_wanted.connect(host.retry_api)
        serve.page_wanted.connect(self._open_page)
        self._keys.create_wanted.connect(self._create_key)
        self._keys.revoke_wanted.connect(self._ask_revoke)
        host.bridge.settings_changed.connect(lambda _names: self._show_settings())
        host.bridge.local_api_changed.connect(self._show_state)
        host.bridge.accounts_changed.connect(lambda _uid: self._read_sender())
        host.bridge.store_changed.connect(self._on_store_changed)

    # --- serving ---

    def _show_settings(self) -> None:
        host = self._host
        self._serve.show_settings(
            enabled=bool(host.value(Settings.gateway_enabled)),
            port=int(host.value(Settings.gateway_port)),
            forced=host.forced_by(Settings.gateway_enabled),
            port_forced=host.forced_by(Settings.gateway_port),
        )
        self._show_call()

    def _show_state(self) -> None:
        self._serve.show_state(self._host.api_state)
        self._show_call()

    def _show_call(self) -> None:
        state = self._host.api_state
        port = int(self._host.value(Settings.gateway_port)) or DEFAULT_PORT
        is_on = state.status is ApiStatus.ON
        self._try.show_call(state.url if is_on else f"http://127.0.0.1:{port}", self._sender)

    def _change(self, setting: Any, value: object) -> None:
        tasks.run(self, self._host.change(setting, value), failed=self._on_change_failed)

    def _on_change_failed(self, error: AppError) -> None:
        self._show_settings()
        self._on_failed(error)

    def _open_page(self, url: str) -> None:
        if not self._host.open_url(url):
            self.said.emit(f"No browser could be opened. The description is at {url}", "warn")

    def _read_sender(self) -> None:
        tasks.run(self, self._host.mailboxes(), done=self._on_mailboxes, failed=self._on_failed)

    def _on_mailboxes(self, boxes: Sequence[Mailbox]) -> None:
        self._sender = next((box for box in boxes if box.is_default), None)
        self._show_call()

    # --- keys ---

    def _on_store_changed(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _read_keys(self) -> None:
        tasks.run(self, self._host.keys(), done=self._on_keys, failed=self._on_failed)

    def _on_keys(self, view: KeysView) -> None:
        self._keys.show_keys(view, self._host.clock.now())

    def _create_key(self) -> None:
        dialog = NewKeyDialog(self._host, self.window())
        dialog.made.connect(lambda _key: self._read_keys())
        dialog.open()

    def _ask_revoke(self, uid: str) -> None:
        key = self._keys.key(uid)
        if key is None:
            return
        dialogs.ask(
            self.window(),
            title="Revoke key",
            text=f"Revoke the key of “{key.name}”?",
            detail="The program that uses it is refused from now on. It cannot be taken back;"
            " what it handed over already still goes out.",
            yes="Revoke",
            danger=True,
            answered=lambda yes: self._revoke(uid) if yes else None,
        )

    def _revoke(self, uid: str) -> None:
        tasks.run(self, self._host.revoke_key(uid), done=self._on_revoked, failed=self._on_failed)

    def _on_revoked(self, key: ApiKey) -> None:
        self.said.emit(f"The key of “{key.name}” can no longer be used.", "ok")
        self._read_keys()

    def _on_failed(self, error: AppError) -> None:
        self.said.emit(error_sentence(error), "danger")
