"""The Mailroom window: tabs, filter, rows, details. Shows what the store says, decides nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.texts import Action, error_sentence
from app.ports import OutboxView
from app.ui import tasks
from app.ui.mailroom.actions import Actions
from app.ui.mailroom.bulk import Bulk
from app.ui.mailroom.bulk_progress import BulkProgress
from app.ui.mailroom.detail import DetailPane
from app.ui.mailroom.lists import DraftList, RecordList, RowList
from app.ui.mailroom.tab_strip import TabStrip
from app.ui.mailroom.view import RowView
from app.ui.notice import Notice
from app.ui.widgets import button, icon_button, label, line, look, surface

if TYPE_CHECKING:
    from app.domain.errors import AppError
    from app.ui.mailroom.host import MailroomHost
    from app.ui.theme import Theme

TABS = ("Outbox", "Scheduled", "Drafts", "Sent", "Not sent")
_UNCOUNTED = frozenset({"Sent", "Not sent"})
_EMPTY = {
    "Outbox": "Nothing is waiting to be sent.",
    "Scheduled": "Nothing is scheduled.",
    "Drafts": "No drafts.",
    "Sent": "Nothing was sent yet.",
    "Not sent": "Nothing was cancelled or dismissed.",
}
_NO_HIT = "Nothing matches the filter."


class MailroomWindow(QMainWindow):
    """One per profile. `closed` is emitted when it goes away."""

    closed = Signal()

    def __init__(self, *, host: MailroomHost, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("mailroom")
        self.setWindowTitle("Mailroom — Postrider")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1180, 780)
        self.setMinimumSize(880, 480)
        self._host = host
        self._wanted_uid = ""
        self._lists = self._make_lists()
        self._actions = Actions(host=host, window=self)
        self._actions.said.connect(self._on_said)
        self._bulk = Bulk(host=host, window=self)
        self._bulk.said.connect(self._on_said)
        self._chosen_number = 0
        self._tabs = TabStrip(theme)
        self._filter = QLineEdit()
        self._view = RowView(theme)
        self._empty = label(name="mailroom.empty", tone="muted")
        self._stack = QStackedWidget()
        self._detail = DetailPane()
        self._notice = Notice(theme, name="mailroom.notice")
        self._progress = BulkProgress()
        self._build(theme)
        self._connect()
        self._tabs.setCurrentIndex(0)
        self._on_tab_changed(0)
        self._view.setFocus()
        for one in self._lists.values():
            one.read()

    def show_tab(self, name: str, uid: str = "") -> None:
        """Bring a tab to the front, with one row selected if it is named."""
        self._tabs.setCurrentIndex(TABS.index(name))
        self._wanted_uid = uid
        self._select_wanted()

    def _select_wanted(self) -> None:
        """Select what was asked for, once it is there."""
        if self._wanted_uid and self._lists[self._tab].model.find(self._wanted_uid) is not None:
            self._view.select_uid(self._wanted_uid)
            self._wanted_uid = ""

    # --- building ---

    def _make_lists(self) -> dict[str, RowList]:
        host = self._host
        return {
            "Outbox": RecordList(host=host, view=OutboxView.OUTBOX, parent=self),
            "Scheduled": RecordList(host=host, view=OutboxView.SCHEDULED, parent=self),
            "Drafts": DraftList(host=host, parent=self),
            "Sent": RecordList(host=host, view=OutboxView.SENT, parent=self),
            "Not sent": RecordList(host=host, view=OutboxView.NOT_SENT, parent=self),
        }

    def _build(self, theme: Theme) -> None:
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._view)
        self._stack.addWidget(self._empty)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._stack)
        splitter.addWidget(self._detail)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([500, 230])
        central = QWidget()
        look(central, surface="background")
        box = QVBoxLayout(central)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._top_bar(theme))
        box.addWidget(line())
        box.addWidget(self._notice)
        box.addWidget(self._progress)
        box.addWidget(splitter, 1)
        self.setCentralWidget(central)

    def _top_bar(self, theme: Theme) -> QWidget:
        for name in TABS:
            self._tabs.addTab(name)
        self._filter.setObjectName("mailroom.filter")
        self._filter.setPlaceholderText("Filter by person or subject")
        self._filter.setAccessibleName("Filter")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMinimumWidth(150)
        self._filter.setMaximumWidth(260)
        new = button(
            "New message", name="mailroom.new", role="primary", clicked=self._host.open_new
        )
        settings = icon_button(
            theme,
            "settings",
            name="mailroom.settings",
            tip="Settings (Ctrl+,)",
            clicked=self._host.open_settings,
        )
        bar = surface("surface")
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(16)
        row.addWidget(self._tabs)
        row.addStretch(1)
        row.addWidget(self._filter, 2)
        row.addWidget(new)
        row.addWidget(settings)
        return bar

    def _connect(self) -> None:
        self._tabs.currentChanged.connect(self._on_tab_changed)
        self._filter.textChanged.connect(self._on_filter_changed)
        self._view.row_chosen.connect(self._on_row_chosen)
        self._view.act_requested.connect(self._on_act_requested)
        self._view.rows_chosen.connect(self._on_rows_chosen)
        self._view.bulk_requested.connect(self._on_bulk_requested)
        self._detail.bulk_requested.connect(self._on_bulk_requested)
        self._detail.act_requested.connect(self._on_act_requested)
        self._detail.export_requested.connect(self._on_export_requested)
        self._bulk.progressed.connect(self._progress.show_progress)
        self._bulk.finished.connect(self._progress.finish)
        self._progress.stop_requested.connect(self._bulk.stop)
        self._host.bridge.outbound_changed.connect(self._on_record_changed)
        for number, name in enumerate(TABS):
            rows = self._lists[name]
            rows.loaded.connect(self._on_loaded)
            rows.failed.connect(self._on_failed)
            if name not in _UNCOUNTED:
                rows.counted.connect(lambda count, at=number: self._tabs.set_count(at, count))
        QShortcut(QKeySequence.StandardKey.New, self, self._host.open_new)
        QShortcut(QKeySequence.StandardKey.Find, self, self._filter.setFocus)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        QShortcut(QKeySequence("Ctrl+,"), self, self._host.open_settings)
        for number in range(len(TABS)):
            QShortcut(
                QKeySequence(f"Ctrl+{number + 1}"),
                self,
                lambda at=number: self._tabs.setCurrentIndex(at),
            )

    # --- what happens ---

    @property
    def _tab(self) -> str:
        return TABS[self._tabs.currentIndex()]

    def _on_tab_changed(self, index: int) -> None:
        rows = self._lists[TABS[index]]
        rows.set_filter(self._filter.text())
        for one in self._lists.values():
            one.set_shown(one is rows)
        self._view.show_model(rows.model)
        self._on_row_chosen("")
        self._on_loaded()

    def _on_filter_changed(self, text: str) -> None:
        self._lists[self._tab].set_filter(text)

    def _on_loaded(self) -> None:
        is_empty = self._lists[self._tab].model.rowCount() == 0
        self._empty.setText(_NO_HIT if self._filter.text() else _EMPTY[self._tab])
        self._stack.setCurrentWidget(self._empty if is_empty else self._view)
        if is_empty:
            self._on_row_chosen("")
        self._select_wanted()

    def _on_row_chosen(self, uid: str) -> None:
        row = self._lists[self._tab].model.find(uid)
        self._detail.show_row(row)
        if row is not None and row.record is not None:
            self._read_history(uid)

    def _on_rows_chosen(self) -> None:
        rows = self._lists[self._tab]
        self._chosen_number += 1
        if self._view.has_all_chosen and rows.has_more:
            rows.count_all(partial(self._on_all_counted, self._chosen_number))
            return
        chosen = self._view.chosen_rows()
        if len(chosen) > 1:
            self._detail.show_many(chosen)

    def _on_all_counted(self, number: int, count: int, offered: dict[Action, int]) -> None:
        """Show what the store has counted, if nothing else was chosen meanwhile."""
        if number == self._chosen_number and self._view.has_all_chosen:
            self._view.offered = offered
            self._detail.show_all(count, offered)

    def _on_bulk_requested(self, action: Action) -> None:
        rows = self._lists[self._tab]
        if not (self._view.has_all_chosen and rows.has_more):
            self._bulk.act(self._view.chosen_rows(), action)
            return

        def ask(_count: int, offered: dict[Action, int]) -> None:
            if action in offered:
                find = partial(rows.find_all, action)
                self._bulk.act_on_all(find, action, offered[action])

        # Counted anew: the question names the number it is about.
        rows.count_all(ask)

    def _on_record_changed(self, uid: str) -> None:
        if uid == self._detail.uid:
            self._read_history(uid)

    def _read_history(self, uid: str) -> None:
        tasks.run(
            self._detail,
            self._host.history(uid),
            done=lambda steps: self._detail.show_history(uid, steps, self._host.clock.now()),
            failed=self._on_failed,
        )

    def _on_act_requested(self, uid: str, action: Action) -> None:
        row = self._lists[self._tab].model.find(uid)
        if row is not None:
            self._view.select_uid(uid)
            self._actions.act(row, action)

    def _on_export_requested(self, uid: str) -> None:
        row = self._lists[self._tab].model.find(uid)
        if row is not None:
            self._actions.export(row)

    def _on_failed(self, error: AppError) -> None:
        self._on_said(error_sentence(error), "danger")

    def _on_said(self, text: str, tone: str) -> None:
        self._notice.say(text, tone=tone)

    def closeEvent(self, event: object) -> None:
        """Tell that the window is gone."""
        super().closeEvent(event)  # type: ignore[arg-type]
        self.closed.emit()
