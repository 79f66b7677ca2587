"""Lays widgets out like words: side by side, wrapping; the last one takes the rest of its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class FlowLayout(QLayout):
    """A wrapping row. Items keep their size; with `stretch_last` the last fills its line."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        gap: int = 6,
        line_gap: int = 4,
        stretch_last: bool = False,
    ) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self._line_gap = line_gap
        self._stretch_last = stretch_last
        self.setContentsMargins(QMargins(0, 0, 0, 0))

    def addItem(self, item: QLayoutItem) -> None:
        """Put one more at the end."""
        self._items.append(item)

    def insert_widget(self, index: int, widget: QWidget) -> None:
        """Put a widget at a place."""
        self.addWidget(widget)
        self._items.insert(index, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        """Give the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Give one item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take one item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Ask for no more room than is needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of all lines."""
        return self._arrange(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place everything."""
        super().setGeometry(rect)
        self._arrange(rect, apply=True)

    def sizeHint(self) -> QSize:
        """Give the size of the largest item."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Give the size of the largest item."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _arrange(self, rect: QRect, *, apply: bool) -> int:
        lines = self._lines(rect.width())
        y = rect.y()
        for number, items in enumerate(lines):
            height = max(item.sizeHint().height() for item in items)
            if apply:
                self._place(items, QRect(rect.x(), y, rect.width(), height))
            y += height + (self._line_gap if number < len(lines) - 1 else 0)
        return y - rect.y()

    def _place(self, items: list[QLayoutItem], line: QRect) -> None:
        x = line.x()
        for item in items:
            size = item.sizeHint()
            width = min(size.width(), line.width())
            if self._stretch_last and item is self._items[-1]:
                width = max(width, line.right() + 1 - x)
            top = line.y() + (line.height() - size.height()) // 2
            item.setGeometry(QRect(QPoint(x, top), QSize(width, size.height())))
            x += width + self._gap

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        x = 0
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            needs = min(item.sizeHint().width(), width)
            if not lines or x + needs > width:
                lines.append([])
                x = 0
            lines[-1].append(item)
            x += needs + self._gap
        return lines
