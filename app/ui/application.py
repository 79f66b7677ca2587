"""Runs the windows. The start is a story in stages; each does what the next needs, and no more.

1. The profile is opened and three small lists are read, on this thread, before it is the GUI's:
   accounts, mailboxes, and the drafts that were open when the last run ended. A profile that cannot
   be opened is said in one sentence, and the run ends.
2. QApplication, the theme, the collector (cyclic garbage is collected on this thread only) and the
   crash guard stand. From here on slow work on this thread is a bug that is found.
3. The first window is shown: what was asked for, the drafts of a crash, or the welcome.
4. Once it is painted, the rest begins: the dispatcher delivers, the tray icon comes, requests of
   later starts are taken, conversations and aliases are refreshed. Nothing of httpx, msal, google
   or keyring was loaded before.
5. When the last window closes, what is on its way goes out, couriers stop at a safe point, the
   store is closed. What waits goes on at the next start.
"""

from __future__ import annotations

import logging
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QMenu

from app.domain.account import AccountState
from app.domain.errors import AppError
from app.domain.texts import error_sentence
from app.runtime.threads import mark_gui_thread, take_fine_turns, unmark_gui_thread
from app.ui import dialogs, tasks
from app.ui.bridge import Bridge
from app.ui.collector import Collector, collect_everything
from app.ui.crash import CrashGuard
from app.ui.first_paint import FirstPaint
from app.ui.icons import resources_dir
from app.ui.leaving import Leaving
from app.ui.notifier import Notifier
from app.ui.open_drafts import OpenDrafts
from app.ui.settings.watch import SettingsWatch
from app.ui.theme import Theme
from app.ui.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from PySide6.QtWidgets import QWidget

    from app.domain.account import Account, Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.services import Services
    from app.ui.launch import Inbox, LaunchRequest

log = logging.getLogger("ui")
REFRESH_AFTER_MS = 300
CANNOT_OPEN = 69  # EX_UNAVAILABLE (sysexits.h)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The profile as stage 1 found it."""

    services: Services
    accounts: tuple[Account, ...]
    mailboxes: tuple[Mailbox, ...]
    drafts: tuple[Draft, ...]
    remembered: OpenDrafts


def run_gui(
    *,
    open_services: Callable[[], Services],
    launch: LaunchRequest,
    inbox: Inbox,
    start_trial: Callable[[], None] | None = None,
    opener: Callable[[str], bool] | None = None,
    on_ready: Callable[[GuiProgram], None] | None = None,
) -> int:
    """Run the windows until the last one is closed; give the exit code.

    Args:
        open_services: opens the profile; called once, before this thread is the GUI's.
        launch: what to show first.
        inbox: requests of later starts.
        start_trial: starts the sandbox trial in another process; None where there is none to start.
        opener: opens a page in a browser; the desktop's own way if None.
        on_ready: called with the program once everything runs (benches, scripts).
    """
    try:
        opened = _open_profile(open_services)
    except AppError as error:
        return _say_and_end(error)
    app = make_application()
    program = GuiProgram(
        app=app,
        opened=opened,
        opener=opener or _open_in_browser,
        start_trial=start_trial,
        on_ready=on_ready,
    )
    # Not quit(): that asks every window again to close, hidden ones too, and they answer for ever.
    program.finished.connect(app.exit)
    program.start(launch, inbox)
    code = app.exec()
    program.stop()
    del program, opened
    # Icons and pictures have to go before the QApplication does, cycles or not.
    collect_everything()
    return code


def make_application() -> QApplication:
    """Give the QApplication, made if there is none yet."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Postrider")
    app.setApplicationDisplayName("")
    app.setDesktopFileName("postrider")
    app.setWindowIcon(QIcon(str(resources_dir() / "postrider.svg")))
    app.setQuitOnLastWindowClosed(False)
    return app


class GuiProgram(QObject):
    """Everything that lives as long as the windows; `finished` is emitted when all are gone."""

    finished = Signal()

    def __init__(
        self,
        *,
        app: QApplication,
        opened: Opened,
        opener: Callable[[str], bool],
        start_trial: Callable[[], None] | None,
        on_ready: Callable[[GuiProgram], None] | None,
    ) -> None:
        super().__init__(app)
        self._app = app
        self._opened = opened
        self._start_trial = start_trial
        self._on_ready = on_ready
        services = opened.services
        self.services = services
        self.theme = Theme(choice=str(services.settings.theme), parent=self)
        self.theme.apply(app)
        self._collector = Collector(self)
        self._guard = CrashGuard(self)
        self.bridge = Bridge(services.bus, self)
        self.windows = Windows(
            services=services,
            bridge=self.bridge,
            theme=self.theme,
            opener=opener,
            remembered=opened.remembered,
            can_try=start_trial is not None,
            parent=self,
        )
        self._leaving = Leaving(services=services, bridge=self.bridge, parent=self)
        self._refresh_soon = QTimer(self, singleShot=True, interval=REFRESH_AFTER_MS)
        self._refresh_soon.timeout.connect(self._refresh)
        self._settings_watch = SettingsWatch(
            services=services, bridge=self.bridge, theme=self.theme, parent=self
        )
        self._signals: dict[int, object] = {}
        self.notifier: Notifier | None = None
        self._menu: QMenu | None = None

    # --- start ---

    def start(self, launch: LaunchRequest, inbox: Inbox) -> None:
        """Stages 2 to 4."""
        mark_gui_thread()
        take_fine_turns()
        self._collector.start()
        self._guard.start()
        self.windows.emptied.connect(self._on_emptied)
        self.windows.failed.connect(self._on_failed)
        self.windows.trial_wanted.connect(self._on_trial_wanted)
        self._leaving.done.connect(self._on_left)
        first = self._show_first(launch)
        self._inbox = inbox
        FirstPaint(first).painted.connect(self._on_painted)
        # The collector's timer lets Python run, so a signal is seen within a second.
        for number in (signal.SIGINT, signal.SIGTERM):
            self._signals[number] = signal.signal(number, self._on_signal)

    def _show_first(self, launch: LaunchRequest) -> QWidget:
        for draft in self._opened.drafts:
            self.windows.open_draft(draft)
        if launch.is_filled or launch.page == "compose":
            return self.windows.open_first(launch, self._opened.mailboxes)
        if launch.page in {"mailroom", "accounts"}:
            self.windows.open_request(launch)
        elif not self._opened.accounts and not self._opened.drafts:
            return self.windows.open_welcome()
        elif not self._opened.drafts:
            return self.windows.open_first(launch, self._opened.mailboxes)
        return next(one for one in self._app.topLevelWidgets() if one.isVisible())

    def _on_painted(self) -> None:
        """Stage 4: nothing heavy began before the first window was on the screen."""
        run_store, services = self.services.executors.run_store, self.services
        # The outbox is made on the worker: the person types already.
        start = run_store(lambda: services.dispatcher.start)
        tasks.run(self, start, done=lambda begin: begin())
        self.notifier = Notifier(
            bridge=self.bridge,
            find_records=self._find_records,
            clock=self.services.clock,
            parent=self,
        )
        self.notifier.opened.connect(self._on_notification_opened)
        self._menu = self._make_menu()
        self.notifier.show_tray(self._menu)
        self._inbox.listen(tasks.from_worker(self, self._on_request))
        self._refresh_soon.start()
        self._settings_watch.start()
        if self._on_ready is not None:
            self._on_ready(self)

    def _refresh(self) -> None:
        """Bring aliases up to date, and from now on the conversations of every account."""
        services = self.services
        for account in self._opened.accounts:
            if account.state is AccountState.CONNECTED:
                refreshed = services.executors.run_net(services.book.refresh_mailboxes, account.uid)
                tasks.run(self, refreshed, failed=_note)
        services.conversations.start_sync()

    def _find_records(self, uids: Sequence[str]) -> Future[list[OutboundEmail]]:
        find = self.services.records.find
        return self.services.executors.run_store(
            lambda: [one for one in map(find, uids) if one is not None]
        )

    def _make_menu(self) -> QMenu:
        menu = QMenu()
        menu.setObjectName("tray.menu")
        for text, act in (
            ("New message", self.windows.open_new),
            ("Mailroom", self.windows.open_mailroom),
            ("Accounts", self.windows.open_accounts),
            ("Settings", self.windows.open_settings),
            ("Quit", self.quit),
        ):
            menu.addAction(text).triggered.connect(lambda _checked=False, act=act: act())
        return menu

    # --- what happens ---

    def quit(self) -> None:
        """Close every window; the program ends when the last one has saved."""
        if self.windows.count:
            self.windows.close_all()
        else:
            self._leaving.begin()

    def _on_signal(self, _number: int, _frame: object) -> None:
        QTimer.singleShot(0, self, self.quit)

    def _on_request(self, request: LaunchRequest) -> None:
        self._leaving.stay()
        self.windows.open_request(request)

    def _on_notification_opened(self, uid: str) -> None:
        self.windows.open_mailroom("Outbox", uid)

    def _on_emptied(self) -> None:
        QTimer.singleShot(0, self, self._leave_if_empty)

    def _leave_if_empty(self) -> None:
        if not self.windows.count:
            self._leaving.begin()

    def _on_left(self) -> None:
        """End, unless a window was opened meanwhile."""
        if not self.windows.count:
            self.finished.emit()

    def _on_trial_wanted(self) -> None:
        if self._start_trial is not None:
            self._start_trial()
            self.quit()

    def _on_failed(self, error: AppError) -> None:
        dialogs.tell(self._app.activeWindow(), title="Postrider", text=error_sentence(error))

    # --- end ---

    def stop(self) -> None:
        """Stage 5: couriers stop at a safe point, the store is closed."""
        self._refresh_soon.stop()
        self._settings_watch.stop()
        self.bridge.close()
        self._guard.stop()
        for number, handler in self._signals.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._collector.stop()
        # From here on nothing is shown any more, so waiting here harms nobody.
        unmark_gui_thread()
        self.services.close()
        _let_go_of_clipboard()
        self.deleteLater()


def _let_go_of_clipboard() -> None:
    """Leave what we copied as plain text that Qt made itself.

    Qt frees the clipboard when the process ends, after Python is gone; data made by Python would
    then run Python code (a crash, seen with PySide 6.11).
    """
    clipboard = QGuiApplication.clipboard()
    if clipboard.ownsClipboard():
        clipboard.setText(clipboard.text())


def _open_profile(open_services: Callable[[], Services]) -> Opened:
    services = open_services()
    remembered = OpenDrafts(services.paths.profile)
    return Opened(
        services=services,
        accounts=tuple(services.book.list_accounts()),
        mailboxes=tuple(services.book.list_mailboxes()),
        drafts=tuple(remembered.load(services.drafts)),
        remembered=remembered,
    )


def _say_and_end(error: AppError) -> int:
    log.error("the profile cannot be opened: %s", error)
    app = make_application()
    Theme().apply(app)
    box = dialogs.tell(None, title="Postrider cannot start", text=error_sentence(error))
    box.finished.connect(lambda _code: app.quit())
    app.exec()
    return CANNOT_OPEN


def _open_in_browser(url: str) -> bool:
    return QDesktopServices.openUrl(QUrl(url))


def _note(error: AppError) -> None:
    """What could not be refreshed now is refreshed by the next start or on demand."""
    log.info("not refreshed: %s", error.code)
