"""Keeps the books of the windows: several composers; one each of Mailroom, Accounts, Settings, welcome.

Opens, brings to the front, remembers which drafts are open. Decides nothing about mail.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.compose.replying import new_draft
from app.domain.account import ProviderKind
from app.domain.events import DraftsChanged
from app.ui import tasks
from app.ui import window_makers as makers
from app.ui.launch import LaunchRequest, draft_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from app.domain.account import Mailbox
    from app.domain.draft import ContextLink, Draft
    from app.domain.errors import NotFound
    from app.services import Services
    from app.ui.accounts.dialog import AccountsDialog
    from app.ui.bridge import Bridge
    from app.ui.compose.window import ComposeWindow
    from app.ui.mailroom.window import MailroomWindow
    from app.ui.open_drafts import OpenDrafts
    from app.ui.settings.dialog import SettingsDialog
    from app.ui.theme import Theme
    from app.ui.welcome import WelcomeWindow


class Windows(QObject):
    """Fulfils the WindowHost of composers. `emptied` is emitted when the last window is gone."""

    emptied = Signal()
    failed = Signal(object)
    trial_wanted = Signal()

    def __init__(  # noqa: PLR0913  constructor injection, keyword-only
        self,
        *,
        services: Services,
        bridge: Bridge,
        theme: Theme,
        opener: Callable[[str], bool],
        remembered: OpenDrafts,
        can_try: bool,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._bridge = bridge
        self._theme = theme
        self._ground = makers.Ground(services=services, bridge=bridge, theme=theme, opener=opener)
        self._remembered = remembered
        self._can_try = can_try
        self._composers: list[ComposeWindow] = []
        self._mailroom: MailroomWindow | None = None
        self._accounts: AccountsDialog | None = None
        self._settings: SettingsDialog | None = None
        self._welcome: WelcomeWindow | None = None
        bridge.accounts_changed.connect(self._on_accounts_changed)

    @property
    def composers(self) -> tuple[ComposeWindow, ...]:
        """Give the open composers, the oldest first."""
        return tuple(self._composers)

    @property
    def count(self) -> int:
        """Count the windows."""
        return len(self._composers) + sum(one is not None for one in self._others)

    @property
    def _others(self) -> tuple[QWidget | None, ...]:
        return (self._mailroom, self._accounts, self._settings, self._welcome)

    # --- opening ---

    def open_request(self, request: LaunchRequest) -> None:
        """Open what a later start asks for."""
        match request.page:
            case "mailroom":
                self.open_mailroom()
            case "accounts":
                self.open_accounts()
            case "settings":
                self.open_settings()
            case _ if request.is_filled:
                future = self._services.executors.run_store(self._services.book.list_mailboxes)
                tasks.run(
                    self, future, done=partial(self._open_filled, request), failed=self.failed.emit
                )
            case _ if self._welcome is not None:
                _to_front(self._welcome)
            case _:
                self.open_new()

    def _open_filled(self, request: LaunchRequest, mailboxes: Sequence[Mailbox]) -> None:
        self.open_first(request, mailboxes)

    def open_first(self, request: LaunchRequest, mailboxes: Sequence[Mailbox]) -> QWidget:
        """Open the composer a request describes."""
        draft = draft_for(request, mailboxes, ids=self._services.ids, clock=self._services.clock)
        window = self.open_draft(draft)
        if request.attach:
            window.drops.take(list(request.attach))
        if request.contact or request.deal:
            self._link(window, request)
        return window

    def _link(self, window: ComposeWindow, request: LaunchRequest) -> None:
        """Log the message against the contacts and deals that are named; say who is not known."""
        found = self._services.executors.run_store(
            self._services.contacts.links, request.contact, request.deal
        )

        from app.ui.compose.notice_bar import Notice

        def show(result: tuple[tuple[ContextLink, ...], tuple[NotFound, ...]]) -> None:
            links, unknown = result
            window.controller.session.set_links((*window.controller.draft.links, *links))
            for text in map(_unknown, unknown):
                window.notices.show_notice(Notice(key=f"link:{text}", text=text))

        tasks.run(window, found, done=show, failed=self.failed.emit)

    def open_new(self) -> None:
        """Open a blank composer."""
        self.open_draft(
            new_draft(ids=self._services.ids, clock=self._services.clock, is_signed=True)
        )

    def open_draft(self, draft: Draft) -> ComposeWindow:
        """Open a draft, or bring its window to the front."""
        from app.ui.compose.service_host import ServiceHost
        from app.ui.compose.window import ComposeWindow

        for window in self._composers:
            if window.controller.draft.uid == draft.uid:
                _to_front(window)
                return window
        host = ServiceHost(self._services, bridge=self._bridge, windows=self)
        window = ComposeWindow(host=host, theme=self._theme, draft=draft)
        window.controller.stored.connect(partial(self._on_stored, draft.uid))
        window.closed.connect(partial(self._on_composer_closed, window))
        self._composers.append(window)
        self._remember()
        self._cascade(window)
        window.show()
        self._close_welcome()
        return window

    def open_mailroom(self, tab: str = "", uid: str = "") -> None:
        """Open the Mailroom, at a tab and a row if they are named."""
        if self._mailroom is None:
            self._mailroom = makers.make_mailroom(self._ground, self)
            self._mailroom.closed.connect(self._on_mailroom_closed)
        if tab:
            self._mailroom.show_tab(tab, uid)
        _to_front(self._mailroom)

    def open_accounts(self, account_uid: str = "", add: ProviderKind | None = None) -> None:
        """Open the accounts; sign in again to one, or add one, if it is named."""
        if self._accounts is None:
            self._accounts = makers.make_accounts(self._ground)
            self._accounts.closed.connect(self._on_accounts_closed)
        _to_front(self._accounts)
        if account_uid:
            self._accounts.reconnect(account_uid)
        if add is not None:
            self._accounts.add(add)

    def open_settings(self, page: str = "") -> None:
        """Open the settings, at a page if it is named."""
        if self._settings is None:
            self._settings = makers.make_settings(self._ground, self)
            self._settings.closed.connect(self._on_settings_closed)
        _to_front(self._settings)
        if page:
            self._settings.show_page(page)

    def open_welcome(self) -> QWidget:
        """Greet somebody who has no account yet."""
        pane = makers.make_welcome(self._ground, can_try=self._can_try)
        pane.provider_chosen.connect(self._on_provider_chosen)
        pane.trial_chosen.connect(self.trial_wanted)
        pane.write_chosen.connect(self.open_new)
        self._welcome = makers.in_window(pane)
        self._welcome.closed.connect(self._on_welcome_closed)
        self._welcome.show()
        return self._welcome

    def close_all(self) -> None:
        """Ask every window to close; composers save first."""
        for window in (*self._composers, *self._others):
            if window is not None:
                window.close()

    def _cascade(self, window: ComposeWindow) -> None:
        before = self._composers[:-1]
        if before:
            window.move(before[-1].pos().x() + 28, before[-1].pos().y() + 28)

    # --- what happens ---

    def _on_provider_chosen(self, provider: ProviderKind) -> None:
        self.open_accounts(add=provider)

    def _on_accounts_changed(self, _uid: str) -> None:
        if self._welcome is not None:
            future = self._services.executors.run_store(self._services.book.list_accounts)
            tasks.run(self, future, done=self._on_accounts_read, failed=self.failed.emit)

    def _on_accounts_read(self, accounts: Sequence[object]) -> None:
        if accounts and self._welcome is not None:
            self.open_new()

    def _on_stored(self, uid: str, _revision: int, _at: object) -> None:
        """Runs on the store thread: the bus takes events from any."""
        self._services.bus.publish(DraftsChanged(uid))

    def _on_composer_closed(self, window: ComposeWindow) -> None:
        if window in self._composers:
            self._composers.remove(window)
            self._remember()
        self._check_empty()

    def _on_mailroom_closed(self) -> None:
        self._mailroom = None
        self._check_empty()

    def _on_accounts_closed(self) -> None:
        self._accounts = None
        self._check_empty()

    def _on_settings_closed(self) -> None:
        self._settings = None
        self._check_empty()

    def _on_welcome_closed(self) -> None:
        self._welcome = None
        self._check_empty()

    def _close_welcome(self) -> None:
        if self._welcome is not None:
            self._welcome.close()

    def _check_empty(self) -> None:
        if not self.count:
            self.emptied.emit()

    def _remember(self) -> None:
        uids = [window.controller.draft.uid for window in self._composers]
        tasks.run(self, self._services.executors.run_store(self._remembered.remember, uids))


def _to_front(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()


def _unknown(error: NotFound) -> str:
    kind, name = error.params["kind"], error.params["uid"]
    return f"No {kind} is called “{name}”, so the message will not be logged there."
