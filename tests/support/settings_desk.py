"""The Settings window over the real core of a profile on disk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent

from app.domain.permission import Permission
from app.paths import Paths
from app.ui.bridge import Bridge
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.service_host import ServiceSettingsHost
from app.ui.settings.watch import SettingsWatch
from app.ui.theme import Theme
from app.wiring import open_services
from tests.support.composer import GMAIL, MAILBOXES, OUTLOOK, on_worker


class SettingsDesk:
    """A profile with two accounts, and its Settings window."""

    def __init__(
        self,
        folder: Path,
        theme: Theme,
        *,
        accounts: Any = (GMAIL, OUTLOOK),
        flags: dict[str, object] | None = None,
    ) -> None:
        self.services = on_worker(open_services, Paths(folder), flags or {})
        for one in accounts:
            on_worker(self.services.accounts.save, one, MAILBOXES[one.uid])
        self.opened: list[str] = []
        self.theme = theme
        self.bridge = Bridge(self.services.bus)
        self.host = ServiceSettingsHost(
            services=self.services,
            bridge=self.bridge,
            opener=lambda url: bool(self.opened.append(url)) or True,
            open_accounts=lambda: self.opened.append("accounts"),
        )
        self.watch = SettingsWatch(
            services=self.services, bridge=self.bridge, theme=theme, parent=self.bridge
        )
        self.watch.start()

    def show(self, page: str = "general") -> SettingsDialog:
        dialog = SettingsDialog(host=self.host, theme=self.theme)
        dialog.show_page(page)
        dialog.show()
        return dialog

    def key(self, name: str, *permissions: Permission, days: int = 0) -> tuple[Any, str]:
        """Make a key; a negative number of days makes one that has ended."""
        ends = self.services.clock.now() + timedelta(days=days) if days else None
        made: tuple[Any, str] = on_worker(self.services.keys.create, name, permissions, ends)
        return made

    def keys(self) -> list[Any]:
        found: list[Any] = on_worker(self.services.keys.list_keys)
        return found

    def close(self) -> None:
        self.watch.stop()
        self.bridge.close()
        self.bridge.deleteLater()
        # Closed windows and their timers are gone before the services are.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        on_worker(self.services.close)
