"""Makes the windows of which there is one each, with their hosts. Their modules load when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.account import ProviderKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.services import Services
    from app.ui.accounts.dialog import AccountsDialog
    from app.ui.bridge import Bridge
    from app.ui.mailroom.window import MailroomWindow
    from app.ui.settings.dialog import SettingsDialog
    from app.ui.theme import Theme
    from app.ui.welcome import WelcomePane, WelcomeWindow
    from app.ui.windows import Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every window stands on."""

    services: Services
    bridge: Bridge
    theme: Theme
    opener: Callable[[str], bool]


def make_mailroom(ground: Ground, windows: Windows) -> MailroomWindow:
    """Make the Mailroom."""
    from app.ui.mailroom.service_host import ServiceMailroomHost
    from app.ui.mailroom.window import MailroomWindow

    host = ServiceMailroomHost(
        services=ground.services,
        bridge=ground.bridge,
        open_new=windows.open_new,
        open_draft=windows.open_draft,
        open_accounts=windows.open_accounts,
        open_settings=windows.open_settings,
    )
    return MailroomWindow(host=host, theme=ground.theme)


def make_accounts(ground: Ground) -> AccountsDialog:
    """Make the Accounts dialog."""
    from app.ui.accounts.dialog import AccountsDialog
    from app.ui.accounts.service_host import ServiceAccountsHost

    host = ServiceAccountsHost(services=ground.services, bridge=ground.bridge, opener=ground.opener)
    return AccountsDialog(host=host, theme=ground.theme)


def make_settings(ground: Ground, windows: Windows) -> SettingsDialog:
    """Make the Settings window."""
    from app.ui.settings.dialog import SettingsDialog
    from app.ui.settings.service_host import ServiceSettingsHost

    host = ServiceSettingsHost(
        services=ground.services,
        bridge=ground.bridge,
        opener=ground.opener,
        open_accounts=windows.open_accounts,
    )
    return SettingsDialog(host=host, theme=ground.theme)


def make_welcome(ground: Ground, *, can_try: bool) -> WelcomePane:
    """Make the greeting of somebody who has no account yet."""
    from app.ui.welcome import WelcomePane

    endpoints = ground.services.settings.endpoints
    ready = {
        ProviderKind.GMAIL: endpoints.google_client_id,
        ProviderKind.MICROSOFT: endpoints.microsoft_client_id,
    }
    return WelcomePane(
        theme=ground.theme,
        registered=frozenset(kind for kind, client in ready.items() if client),
        can_try=can_try,
        is_sandbox=bool(ground.services.settings.sandbox_url),
    )


def in_window(pane: WelcomePane) -> WelcomeWindow:
    """Give the pane a window of its own."""
    from app.ui.welcome import WelcomeWindow

    return WelcomeWindow(pane)
