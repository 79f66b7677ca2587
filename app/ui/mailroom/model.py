"""The table behind each tab: rows in, cells out; knows nothing of where rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.ui.mailroom.rows import COLUMNS, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_TEXT_ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.AccessibleTextRole,
    }
)


class RowModel(QAbstractTableModel):
    """Rows by uid, newest first. `more_wanted` asks for the next page."""

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._has_more = False

    # --- what callers do ---

    def set_rows(self, rows: Sequence[Row], *, has_more: bool = False) -> None:
        """Show these rows instead.

        The same rows in the same order are changed in place, rows that only follow the present ones
        are appended: what is selected and where one has scrolled to stays.
        """
        self._has_more = has_more
        known = len(self._rows)
        if known == len(rows) and all(
            a.uid == b.uid for a, b in zip(rows, self._rows, strict=True)
        ):
            for row in rows:
                self.put(row)
            return
        if known and len(rows) > known and list(rows[:known]) == self._rows:
            self.beginInsertRows(QModelIndex(), known, len(rows) - 1)
            self._rows.extend(rows[known:])
            self._renumber()
            self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = list(rows)
        self._renumber()
        self.endResetModel()

    def append(self, rows: Sequence[Row], *, has_more: bool) -> None:
        """Show a page below the present rows; what came to the top meanwhile is not shown twice."""
        self._has_more = has_more
        fresh = [row for row in rows if row.uid not in self._places]
        if not fresh:
            return
        known = len(self._rows)
        self.beginInsertRows(QModelIndex(), known, known + len(fresh) - 1)
        self._rows.extend(fresh)
        self._places.update((row.uid, known + number) for number, row in enumerate(fresh))
        self.endInsertRows()

    def put(self, row: Row) -> None:
        """Show a changed row in its place, or a new one at the top."""
        place = self._places.get(row.uid)
        if place is None:
            self.beginInsertRows(QModelIndex(), 0, 0)
            self._rows.insert(0, row)
            self._renumber()
            self.endInsertRows()
        elif self._rows[place] != row:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def drop(self, uid: str) -> None:
        """Show a row no more; nothing happens if it is not there."""
        place = self._places.get(uid)
        if place is None:
            return
        self.beginRemoveRows(QModelIndex(), place, place)
        del self._rows[place]
        self._renumber()
        self.endRemoveRows()

    def find(self, uid: str) -> Row | None:
        """Give a row by uid."""
        place = self._places.get(uid)
        return None if place is None else self._rows[place]

    def place(self, uid: str) -> int:
        """Give the number of a row, -1 if it is not there."""
        return self._places.get(uid, -1)

    def row(self, index: Index) -> Row | None:
        """Give the row of an index."""
        return self._rows[index.row()] if index.isValid() else None

    def rows(self) -> tuple[Row, ...]:
        """Give all rows that are loaded."""
        return tuple(self._rows)

    # --- what Qt asks ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Give the number of rows that are loaded."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Give the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give a cell as text, or the whole row."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in _TEXT_ROLES:
            return row.text(index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in {1, 3}:
            return row.title if index.column() == 1 else row.words.why
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Give the name of a column."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether the store has more rows than are loaded."""
        return self._has_more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        """Ask for them; they arrive later by `set_rows`."""
        if self.canFetchMore(parent):
            self._has_more = False
            self.more_wanted.emit()

    def _renumber(self) -> None:
        self._places = {row.uid: number for number, row in enumerate(self._rows)}
