"""One sign-in as the person sees it: started, waiting for them, done or failed. No widgets.

Each try has its own cancel token; a try that was given up is heard of no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ports import SignInFlow
from app.runtime.cancel import CancelToken
from app.ui import tasks

if TYPE_CHECKING:
    from app.domain.account import Account, ProviderKind
    from app.domain.errors import AppError
    from app.ports import SignInPrompt
    from app.ui.accounts.host import SignInHost


class SignInRun(QObject):
    """Runs one try at a time. `prompted` says what to do, then comes `connected` or `failed`."""

    started = Signal()
    prompted = Signal(object)
    connected = Signal(object)
    failed = Signal(object)

    def __init__(self, *, host: SignInHost, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self._cancel: CancelToken | None = None
        self._task: tasks.Task | None = None
        self._number = 0
        # A child of the run, gone with it: the worker's prompt may come after that.
        self._show = tasks.from_worker(self, self._on_shown)

    @property
    def is_running(self) -> bool:
        """Say whether a try is under way."""
        return self._cancel is not None

    def start(self, provider: ProviderKind, flow: SignInFlow, account_uid: str = "") -> None:
        """Begin; a try under way is given up."""
        self.cancel()
        self._number += 1
        self._cancel = CancelToken()
        number, post = self._number, self._show

        def show(prompt: SignInPrompt) -> None:
            """Runs on the worker."""
            post((number, prompt))

        if account_uid:
            future = self._host.reconnect(account_uid, flow=flow, show=show, cancel=self._cancel)
        else:
            future = self._host.add(provider=provider, flow=flow, show=show, cancel=self._cancel)
        self._task = tasks.run(self, future, done=self._on_done, failed=self._on_failed)
        self.started.emit()

    def cancel(self) -> None:
        """Give up the try under way, if there is one."""
        if self._cancel is not None:
            self._cancel.cancel()
        if self._task is not None:
            self._task.drop()
        self._cancel = self._task = None

    def _on_shown(self, told: tuple[int, SignInPrompt]) -> None:
        number, prompt = told
        if number == self._number and self.is_running:
            self.prompted.emit(prompt)

    def _on_done(self, account: Account) -> None:
        self._cancel = self._task = None
        self.connected.emit(account)

    def _on_failed(self, error: AppError) -> None:
        self._cancel = self._task = None
        self.failed.emit(error)
