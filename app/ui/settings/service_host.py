"""The Settings window's host over the services: files and store on the store executor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.settings import Settings
from app.ui.settings.host import KeysView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.local_api import LocalApiState
    from app.domain.permission import Permission
    from app.ports import Clock
    from app.ports.gateway import ApiKey
    from app.services import Services
    from app.settings import Setting
    from app.ui.bridge import Bridge


class ServiceSettingsHost:
    """Implements `host.SettingsHost`."""

    def __init__(
        self,
        *,
        services: Services,
        bridge: Bridge,
        opener: Callable[[str], bool],
        open_accounts: Callable[[], None],
    ) -> None:
        self._services = services
        self._bridge = bridge
        self._opener = opener
        self._open_accounts = open_accounts
        self._store = services.executors.run_store

    @property
    def clock(self) -> Clock:
        """Give the clock of the profile."""
        return self._services.clock

    @property
    def bridge(self) -> Bridge:
        """Give the events."""
        return self._bridge

    @property
    def api_state(self) -> LocalApiState:
        """Say where the local API stands."""
        return self._services.local_api.state

    def value(self, setting: Setting[Any]) -> Any:
        """Give the value in force; it is in memory."""
        return self._services.settings.lookup(setting)[0]

    def forced_by(self, setting: Setting[Any]) -> str:
        """Name what overrides the file."""
        return self._services.preferences.forced_by(setting)

    def change(self, setting: Setting[Any], value: object) -> Future[None]:
        """Write a value into the settings file and go on with it."""
        return self._store(self._services.preferences.change, setting, value)

    def mailboxes(self) -> Future[list[Mailbox]]:
        """Read the addresses one may send from."""
        return self._store(self._services.book.list_mailboxes)

    def make_default(self, mailbox_uid: str) -> Future[None]:
        """Write from this mailbox unless told otherwise."""
        return self._store(self._services.book.make_default, mailbox_uid)

    def open_accounts(self) -> None:
        """Open the accounts."""
        self._open_accounts()

    def open_url(self, url: str) -> bool:
        """Open a page in the person's browser."""
        return self._opener(url)

    def retry_api(self) -> None:
        """Try again to serve."""
        self._services.local_api.retry()

    def keys(self) -> Future[KeysView]:
        """Read the keys and what each sent today."""
        return self._store(self._keys)

    def create_key(
        self, name: str, permissions: Iterable[Permission], expires_at: datetime | None
    ) -> Future[tuple[ApiKey, str]]:
        """Make a key."""
        return self._store(self._services.keys.create, name, permissions, expires_at)

    def revoke_key(self, uid: str) -> Future[ApiKey]:
        """Make a key useless."""
        return self._store(self._services.keys.revoke, uid)

    def _keys(self) -> KeysView:
        services = self._services
        keys = tuple(services.keys.list_keys())
        today = services.clock.now().date().isoformat()
        return KeysView(
            keys=keys,
            used={key.uid: services.gateway.uses.used(key.uid, today) for key in keys},
            per_day=int(services.settings.lookup(Settings.gateway_per_day)[0]),  # type: ignore[call-overload]
        )
