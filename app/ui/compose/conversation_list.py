"""Conversations to pick from: model, two-line rows, and a search field over them. Keyboard only works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.texts import moment_text
from app.ui.compose.conversation_finder import ConversationFinder
from app.ui.widgets import label, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.conversation import Conversation, ThreadRef
    from app.ports import Clock
    from app.ui.compose.host import ComposerHost
    from app.ui.theme import Theme

CONVERSATION = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_SHOWN_PEOPLE = 3


class ConversationModel(QAbstractListModel):
    """The rows that are shown."""

    def __init__(self, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._rows: list[Conversation] = []

    def set_rows(self, rows: Sequence[Conversation]) -> None:
        """Show these; what is shown already is not drawn again."""
        if list(rows) == self._rows:
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    @property
    def rows(self) -> list[Conversation]:
        """Give what is shown."""
        return self._rows

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Give the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the conversation, or its words for screen readers."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == CONVERSATION:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.subject or "(no subject)"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.subject}, {people(row)}, {self.time_of(row)}"
        return row.snippet if role == Qt.ItemDataRole.ToolTipRole else None

    def time_of(self, row: Conversation) -> str:
        """Give the short time of the latest message."""
        words = moment_text(row.last_at, self._clock.now()).split()
        return words[0] if len(words) == 1 or words[0].isalpha() else " ".join(words[:2])


def people(row: Conversation) -> str:
    """Name who takes part and how many messages there are."""
    names = [person.label for person in row.participants[:_SHOWN_PEOPLE]]
    rest = len(row.participants) - len(names)
    shown = ", ".join(names) + (f" +{rest}" if rest > 0 else "")
    return f"{shown} · {row.message_count}" if row.message_count else shown


class ConversationDelegate(QStyledItemDelegate):
    """Draws a row: subject and time above, people and a clip below."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Give the height of two lines."""
        del index
        return QSize(option.rect.width(), 54)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one row."""
        row: Conversation = index.data(CONVERSATION)
        tokens = self._theme.tokens
        box: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(tokens.accent_soft))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(tokens.line_faint))
        painter.fillRect(QRect(box.left(), box.bottom(), box.width(), 1), QColor(tokens.line_faint))
        inner = box.adjusted(14, 8, -14, -8)
        upper = QRect(inner.left(), inner.top(), inner.width(), 19)
        lower = QRect(inner.left(), inner.top() + 19, inner.width(), 18)
        small = QFont(option.font)
        small.setPixelSize(12)
        model = index.model()
        time = model.time_of(row) if isinstance(model, ConversationModel) else ""
        taken = self._right(painter, upper, time, small, tokens.muted)
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        self._left(painter, upper.adjusted(0, 0, -taken, 0), index.data(), strong, tokens.text)
        room = lower.adjusted(0, 0, -22 if row.has_attachments else 0, 0)
        self._left(painter, room, people(row), small, tokens.muted)
        if row.has_attachments:
            clip = self._theme.pixmap("attach", size=14)
            painter.drawPixmap(lower.right() - 14, lower.top() + 2, clip)
        painter.restore()

    @staticmethod
    def _right(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> int:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(
            box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text
        )
        return QFontMetrics(font).horizontalAdvance(text) + 10

    @staticmethod
    def _left(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(
            box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown
        )


class ConversationBrowser(QWidget):
    """A search field over a list. `highlighted` follows the selection, `picked` Enter or double click."""

    highlighted = Signal(object)
    picked = Signal(object)

    def __init__(self, *, theme: Theme, host: ComposerHost, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.search = QLineEdit()
        self.search.setObjectName(f"{name}.search")
        self.search.setPlaceholderText("Search subject, people, text")
        self.search.setAccessibleName("Search conversations")
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        holder = QVBoxLayout()
        holder.setContentsMargins(12, 0, 12, 0)
        holder.addWidget(self.search)
        column.addLayout(holder)
        self.status = label(name=f"{name}.status", tone="muted", size="small", wrap=True)
        self.status.setContentsMargins(14, 0, 14, 0)
        self.status.hide()
        column.addWidget(self.status)
        self.model = ConversationModel(host.clock, self)
        self.list = QListView()
        self.list.setObjectName(f"{name}.list")
        self.list.setAccessibleName("Conversations")
        look(self.list, plain="true")
        self.list.setModel(self.model)
        self.list.setItemDelegate(ConversationDelegate(theme, self.list))
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.installEventFilter(self)
        column.addWidget(self.list, 1)
        self.finder = ConversationFinder(host, self)
        self.finder.found.connect(self._on_found)
        self.finder.status.connect(self._on_status)
        self.search.textChanged.connect(self.finder.set_text)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.doubleClicked.connect(lambda index: self.picked.emit(index.data(CONVERSATION)))
        theme.changed.connect(self.list.viewport().update)

    @property
    def current(self) -> Conversation | None:
        """Give the highlighted conversation."""
        found: Conversation | None = self.list.currentIndex().data(CONVERSATION)
        return found

    def select(self, ref: ThreadRef | None) -> None:
        """Highlight a conversation, or none."""
        for number, row in enumerate(self.model.rows):
            if row.ref == ref:
                self.list.setCurrentIndex(self.model.index(number, 0))
                return
        self.list.setCurrentIndex(QModelIndex())
        self.list.clearSelection()

    def _on_found(self, rows: list[Conversation]) -> None:
        current = self.current
        if rows == self.model.rows:
            return
        self.model.set_rows(rows)
        if current is not None:
            blocked = self.list.selectionModel().blockSignals(True)
            self.select(current.ref)
            self.list.selectionModel().blockSignals(blocked)

    def _on_status(self, text: str) -> None:
        self.status.setText(text)
        self.status.setVisible(bool(text))

    def _on_current(self, index: QModelIndex) -> None:
        self.highlighted.emit(index.data(CONVERSATION) if index.isValid() else None)

    def pick_current(self) -> None:
        """Take the highlighted conversation, or the first."""
        row = self.current or (self.model.rows[0] if self.model.rows else None)
        if row is not None:
            self.picked.emit(row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Walk the list from the search field; type from the list into it; Enter picks."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.pick_current()
            return True
        if watched is self.search and key in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
            self._step(1 if key == Qt.Key.Key_Down else -1)
            return True
        if watched is self.list and event.text().isprintable() and event.text().strip():
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            self.search.insert(event.text())
            return True
        return super().eventFilter(watched, event)

    def _step(self, step: int) -> None:
        current = self.list.currentIndex()
        row = current.row() + step if current.isValid() else 0
        row = max(0, min(row, self.model.rowCount() - 1))
        self.list.setCurrentIndex(self.model.index(row, 0))
