"""Brings the result of work on another thread back to the GUI thread. No work is done here.

A worker never holds a reference to a widget of ours: the last reference dropped on a worker would
destroy the QObject there. It knows a number and the post office, which lives as long as the
application; the Task itself is a child of its owner and is gone with it.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from shiboken6 import isValid

from app.domain.errors import AppError, Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

log = logging.getLogger("ui")
T = TypeVar("T")
_OFFICE_NAME = "tasks.post_office"


class Task(QObject):
    """One awaited result. Exactly one of `done` and `failed` is called, or none if the owner is gone."""

    def __init__(
        self,
        owner: QObject,
        done: Callable[[Any], None] | None,
        failed: Callable[[AppError], None] | None,
    ) -> None:
        super().__init__(owner)
        self._done = done
        self._failed = failed

    def drop(self) -> None:
        """Be told nothing any more; the work itself goes on (cancel it by its token)."""
        self._done = self._failed = None

    def deliver(self, future: Future[Any]) -> None:
        """Call whom it concerns. An error that is not expected goes on, to the excepthook."""
        done, failed = self._done, self._failed
        self.drop()
        self.deleteLater()
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            if done is not None:
                done(future.result())
        elif isinstance(error, AppError):
            if failed is None:
                log.warning("nobody was told of %s", error.code)
            else:
                failed(error)
        elif not isinstance(error, Cancelled):
            raise error


class _PostOffice(QObject):
    """One per application, a child of it."""

    _posted = Signal(int, object)
    _called = Signal(int, object)

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self.setObjectName(_OFFICE_NAME)
        self._waiting: dict[int, Task] = {}
        self._lines: dict[int, Callable[[Any], None]] = {}
        self._next = 0
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        self._called.connect(self._on_called, Qt.ConnectionType.QueuedConnection)

    def expect(self, task: Task, future: Future[Any]) -> None:
        """Keep the task until its future is done."""
        self._next += 1
        self._waiting[self._next] = task
        future.add_done_callback(partial(self._post, self._next))

    def open_line(self, owner: QObject, receive: Callable[[Any], None]) -> int:
        """Keep whom to tell for as long as the owner lives."""
        self._next += 1
        number = self._next
        self._lines[number] = receive
        owner.destroyed.connect(lambda *_: self._lines.pop(number, None))
        return number

    def call(self, number: int, value: object) -> None:
        """Runs on any thread."""
        if isValid(self):
            self._called.emit(number, value)

    def _on_called(self, number: int, value: object) -> None:
        receive = self._lines.get(number)
        if receive is not None:
            receive(value)

    def _post(self, number: int, future: Future[Any]) -> None:
        """Runs on the worker (or here, if the work was done already)."""
        if isValid(self):
            self._posted.emit(number, future)

    def _on_posted(self, number: int, future: Future[Any]) -> None:
        task = self._waiting.pop(number, None)
        if task is not None and isValid(task):
            task.deliver(future)


def run(
    owner: QObject,
    future: Future[T],
    *,
    done: Callable[[T], None] | None = None,
    failed: Callable[[AppError], None] | None = None,
) -> Task:
    """Call `done` with the result or `failed` with the error, later, on the GUI thread.

    Nothing is called once `owner` is gone or the work was cancelled. Anything that is no AppError
    is a bug and raised in the event loop, where the crash dialog picks it up.
    """
    task = Task(owner, done, failed)
    _post_office().expect(task, future)
    return task


def from_worker(owner: QObject, receive: Callable[[T], None]) -> Callable[[T], None]:
    """Give a function that a worker may call; `receive` gets the value later, on the GUI thread.

    Nothing is received once `owner` is gone.
    """
    office = _post_office()
    return partial(office.call, office.open_line(owner, receive))


def _post_office() -> _PostOffice:
    app = QCoreApplication.instance()
    if app is None:
        message = "tasks need an application"
        raise RuntimeError(message)
    office = app.findChild(QObject, _OFFICE_NAME, Qt.FindChildOption.FindDirectChildrenOnly)
    return office if isinstance(office, _PostOffice) else _PostOffice(app)
