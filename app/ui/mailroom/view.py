"""The table itself: row heights, links by mouse, everything by keyboard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.domain.texts import Action
from app.ui.mailroom.bulk import bulk_label, offers
from app.ui.mailroom.delegate import FROM, MESSAGE, STATE, WHY, RowDelegate
from app.ui.mailroom.model import RowModel
from app.ui.mailroom.row_menu import open_row_menu
from app.ui.widgets import look

if TYPE_CHECKING:
    from PySide6.QtCore import QItemSelection
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent

    from app.ui.mailroom.rows import Row
    from app.ui.theme import Theme

_MIN_WIDTHS = {STATE: 226, FROM: 240, WHY: 330}
# A narrow window rather says what is next than from where; the details below say both.
_FROM_ABOVE = 1040
_REMOVING = (Action.DISCARD, Action.UNDO, Action.CANCEL, Action.DISMISS)
_THIS_ROW = (
    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
)
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class RowView(QTableView):
    """`act_requested(uid, action)` for links, keys and menu; `row_chosen(uid)` for the details.

    Keys: Enter opens a draft or shows a record's evidence, Delete stops or discards,
    Menu or Shift+F10 lists every action of the row. With Shift or Ctrl, or Ctrl+A, several rows
    are chosen: `rows_chosen` tells, `bulk_requested(action)` is for all of them.
    """

    act_requested = Signal(str, object)
    bulk_requested = Signal(object)
    row_chosen = Signal(str)
    rows_chosen = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._delegate = RowDelegate(theme, self)
        self.setObjectName("mailroom.rows")
        self.setAccessibleName("Messages")
        look(self, surface="background")
        self.setItemDelegate(self._delegate)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        self._kept_uid = ""
        # What can be done with everything, while everything is chosen; the store counts it.
        self.offered: dict[Action, int] = {}
        self._is_all = self._kept_all = False
        self._chosen_soon = QTimer(self, singleShot=True, interval=50)
        self._chosen_soon.timeout.connect(self.rows_chosen)
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._fit_all_rows)
        theme.changed.connect(self.viewport().update)

    def show_model(self, model: RowModel) -> None:
        """Show another tab's rows."""
        old = self.rows()
        if old is model:
            return
        self._is_all = False
        if old is not None:
            old.modelAboutToBeReset.disconnect(self._on_about_to_reset)
            old.modelReset.disconnect(self._on_reset)
            old.rowsInserted.disconnect(self._on_rows_inserted)
            old.dataChanged.disconnect(self._on_data_changed)
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)
        model.rowsInserted.connect(self._on_rows_inserted)
        model.dataChanged.connect(self._on_data_changed)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self._fit_columns()
        self._fit_all_rows()

    def rows(self) -> RowModel | None:
        """Give the model in show."""
        model = self.model()
        return model if isinstance(model, RowModel) else None

    def current_row(self) -> Row | None:
        """Give the selected row, if it is one."""
        chosen = self.chosen_rows()
        return chosen[0] if len(chosen) == 1 else None

    def chosen_rows(self) -> list[Row]:
        """Give the selected rows, from the top."""
        rows, selected = self.rows(), self.selectionModel()
        if rows is None or not selected.hasSelection():
            return []
        every = rows.rows()
        return [row for top, end in _spans(selected) for row in every[top:end]]

    @property
    def has_all_chosen(self) -> bool:
        """Say whether everything was chosen, rows that are not loaded too."""
        return self._is_all

    def selectAll(self) -> None:
        """Choose all rows, those too that are loaded later."""
        self._is_all, self.offered = True, {}
        super().selectAll()
        self.rows_chosen.emit()

    def select_uid(self, uid: str) -> None:
        """Select a row if it is there."""
        rows = self.rows()
        if rows is not None and rows.place(uid) >= 0:
            index = rows.index(rows.place(uid), 0)
            # Not selectRow: it takes a row away from several that are selected.
            self.selectionModel().setCurrentIndex(index, _THIS_ROW)

    # --- sizes ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the message column what is left."""
        super().resizeEvent(event)
        self._fit_columns()
        self._settle.start()

    def _fit_columns(self) -> None:
        if self.rows() is None:
            return
        width = self.viewport().width()
        self.setColumnHidden(FROM, width < _FROM_ABOVE)
        for column, size in _widths(width).items():
            self.setColumnWidth(column, size)

    def _fit_all_rows(self) -> None:
        rows = self.rows()
        if rows is not None:
            self._fit_rows(0, rows.rowCount() - 1)

    def _fit_rows(self, first: int, last: int) -> None:
        rows = self.rows()
        if rows is None:
            return
        width, font = self.columnWidth(WHY), self.font()
        for number in range(first, last + 1):
            row = rows.row(rows.index(number, 0))
            if row is not None:
                self.setRowHeight(number, self._delegate.row_height(row, width, font))

    def _on_about_to_reset(self) -> None:
        row = next(iter(self.chosen_rows()), None)
        self._kept_uid = row.uid if row is not None else ""
        self._kept_all = self._is_all

    def _on_reset(self) -> None:
        self._fit_all_rows()
        if self._kept_all:
            self.selectAll()
        else:
            self.select_uid(self._kept_uid)

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self._fit_rows(first, last)
        if self._is_all:
            super().selectAll()

    def _on_data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self._fit_rows(first.row(), last.row())
        row = self.current_row()
        rows = self.rows()
        if (
            row is not None
            and rows is not None
            and first.row() <= rows.place(row.uid) <= last.row()
        ):
            self.row_chosen.emit(row.uid)
        elif row is None:
            self._chosen_soon.start()

    def _on_selection_changed(self, _new: QItemSelection, _old: QItemSelection) -> None:
        if self._is_all and not _has_every_row(self.selectionModel()):
            self._is_all = False
        row = self.current_row() if not self._is_all else None
        self.row_chosen.emit(row.uid if row is not None else "")
        self.rows_chosen.emit()

    # --- mouse ---

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what is a link."""
        super().mouseMoveEvent(event)
        self._hover(self._link_at(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a link."""
        super().mouseReleaseEvent(event)
        link = self._link_at(event.position().toPoint())
        if link is not None and event.button() is Qt.MouseButton.LeftButton:
            self.act_requested.emit(*link)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the row, unless a link was meant."""
        if self._link_at(event.position().toPoint()) is None:
            self._open_current()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the link under the pointer."""
        super().leaveEvent(event)
        self._hover(None)

    def _hover(self, link: tuple[str, Action] | None) -> None:
        if link == self._delegate.hovered:
            return
        self._delegate.hovered = link
        shape = Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        self.viewport().update()

    def _link_at(self, point: QPoint) -> tuple[str, Action] | None:
        rows, index = self.rows(), self.indexAt(point)
        row = rows.row(index) if rows is not None else None
        if row is None or index.column() != WHY:
            return None
        action = self._delegate.link_at(row, self.visualRect(index), self.font(), point)
        return None if action is None else (row.uid, action)

    # --- keyboard ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete stops or discards."""
        if self.current_row() is not None and event.key() in _ENTER:
            self._open_current()
        elif event.key() == Qt.Key.Key_Delete:
            self._remove_chosen()
        else:
            super().keyPressEvent(event)

    def _remove_chosen(self) -> None:
        row, offered = self.current_row(), offers(self.chosen_rows())
        for action in _REMOVING:
            if action in offered:
                if row is not None:
                    self.act_requested.emit(row.uid, action)
                else:
                    self.bulk_requested.emit(action)
                break

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """List every action of the row."""
        row, chosen = self.current_row(), self.chosen_rows()
        if row is not None:
            labels = {action: action.label for action in row.words.actions}
        else:
            offered = self.offered if self._is_all and self.offered else offers(chosen)
            labels = {one: bulk_label(one, count) for one, count in offered.items()}
        uid = row.uid if row is not None else ""
        open_row_menu(self, labels, event.globalPos(), partial(self._on_menu, uid))

    def _on_menu(self, uid: str, action: Action) -> None:
        if uid:
            self.act_requested.emit(uid, action)
        else:
            self.bulk_requested.emit(action)

    def _open_current(self) -> None:
        row = self.current_row()
        if row is not None:
            self.act_requested.emit(row.uid, Action.OPEN)


def _spans(selected: QItemSelectionModel) -> list[tuple[int, int]]:
    """Give the selected rows as ranges, from the top: of 100,000 at once there is one range."""
    ranges = selected.selection()
    found = (ranges.at(number) for number in range(ranges.size()))
    return sorted((one.top(), one.bottom() + 1) for one in found)


def _has_every_row(selected: QItemSelectionModel) -> bool:
    return sum(end - top for top, end in _spans(selected)) >= selected.model().rowCount()


def _widths(width: int) -> dict[int, int]:
    why = max(_MIN_WIDTHS[WHY], round(width * 0.27))
    sender = _MIN_WIDTHS[FROM] if width >= _FROM_ABOVE else 0
    left = width - _MIN_WIDTHS[STATE] - sender - why
    return {**_MIN_WIDTHS, WHY: why, MESSAGE: max(160, left)}
