"""What the Settings window asks of the program around it. Everything slow gives a Future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.local_api import LocalApiState
    from app.domain.permission import Permission
    from app.ports import Clock
    from app.ports.gateway import ApiKey
    from app.settings import Setting
    from app.ui.bridge import Bridge


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysView:
    """The keys, oldest first; `used` counts what each sent today (UTC), `per_day` is its limit."""

    keys: tuple[ApiKey, ...]
    used: dict[str, int]
    per_day: int


class SettingsHost(Protocol):
    """Futures may fail with SettingError, NotFound and StoreErrors."""

    @property
    def clock(self) -> Clock: ...
    @property
    def bridge(self) -> Bridge: ...

    def value(self, setting: Setting[Any]) -> Any:
        """Give the value in force."""
        ...

    def forced_by(self, setting: Setting[Any]) -> str:
        """Name what the file cannot change the setting against, or give nothing."""
        ...

    def change(self, setting: Setting[Any], value: object) -> Future[None]: ...
    def mailboxes(self) -> Future[list[Mailbox]]: ...
    def make_default(self, mailbox_uid: str) -> Future[None]: ...
    def open_accounts(self) -> None: ...
    def open_url(self, url: str) -> bool:
        """Open a page in the person's browser; False if there is none."""
        ...

    @property
    def api_state(self) -> LocalApiState: ...
    def retry_api(self) -> None: ...
    def keys(self) -> Future[KeysView]: ...
    def create_key(
        self, name: str, permissions: Iterable[Permission], expires_at: datetime | None
    ) -> Future[tuple[ApiKey, str]]:
        """Make a key; give it with the text that cannot be given again."""
        ...

    def revoke_key(self, uid: str) -> Future[ApiKey]: ...
