"""What the person sees of a bug: a calm sentence and a report to copy. Never stops the program."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from typing import TYPE_CHECKING

import PySide6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout
from shiboken6 import isValid

from app.runtime.logs import redact
from app.ui import tasks
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from types import TracebackType

MOST_REPORTS = 20
log = logging.getLogger("ui")
_TEXT = (
    "Something went wrong in Postrider. What you write is saved as you go and what you sent is on"
    " record, so nothing is lost. You can go on; if it happens again, restart Postrider."
)
_REPORT = "The report below helps to mend it. Addresses and secrets are taken out."


class CrashGuard(QObject):
    """Takes the excepthooks over; `crashed(report)` is emitted on the GUI thread."""

    crashed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._dialog: CrashDialog | None = None
        self._told: set[str] = set()
        self._is_showing = False
        self._post = tasks.from_worker(self, self._show)
        self._hooks = (sys.excepthook, threading.excepthook)

    def start(self) -> None:
        """Take over."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def stop(self) -> None:
        """Give back."""
        sys.excepthook, threading.excepthook = self._hooks

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Runs on the GUI thread, or on a worker by way of `_on_thread_exception`."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("a bug", exc_info=(kind, error, trace))
        self._post(make_report(kind, error, trace))

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        """Runs on the thread that failed."""
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _show(self, report: str) -> None:
        """Show each report once: a bug in a timer must not bury the person, nor one in here itself."""
        if self._is_showing or report in self._told or len(self._told) >= MOST_REPORTS:
            return
        self._told.add(report)
        self._is_showing = True
        try:
            self.crashed.emit(report)
            if self._dialog is not None and isValid(self._dialog):
                self._dialog.add(report)
            else:
                self._dialog = CrashDialog(report)
                self._dialog.finished.connect(self._forget)
                self._dialog.show()
        finally:
            self._is_showing = False

    def _forget(self) -> None:
        self._dialog = None


class CrashDialog(QDialog):
    """The sentence, the report, Copy and Close. Not modal: writing goes on.

    It has no parent, as the window that failed may be the next to go.
    """

    def __init__(self, report: str) -> None:
        super().__init__()
        self.setObjectName("crash")
        self.setWindowTitle("Something went wrong — Postrider")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 420)
        self._report = QPlainTextEdit(report)
        self._report.setObjectName("crash.report")
        self._report.setAccessibleName("Report")
        self._report.setReadOnly(True)
        self._report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 20, 20, 16)
        box.setSpacing(12)
        box.addWidget(label(_TEXT, wrap=True))
        box.addWidget(label(_REPORT, wrap=True, tone="muted"))
        box.addWidget(self._report, 1)
        row = QHBoxLayout()
        row.addWidget(button("Copy report", name="crash.copy", clicked=self._copy))
        row.addStretch(1)
        row.addWidget(button("Close", name="crash.close", role="primary", clicked=self.accept))
        box.addLayout(row)

    def add(self, report: str) -> None:
        """Show one more."""
        self._report.appendPlainText(f"\n{report}")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report.toPlainText())


def make_report(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> str:
    """Give versions and traceback, without secrets and addresses."""
    from app import __doc__ as about

    lines = traceback.format_exception(kind, error, trace)
    head = (
        f"Postrider ({' '.join((about or '').split())[:60]})\n"
        f"Python {platform.python_version()} · PySide6 {PySide6.__version__} · "
        f"{platform.system()} {platform.release()} · {QGuiApplication.platformName()}\n\n"
    )
    return redact(head + "".join(lines))
