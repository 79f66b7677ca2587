"""Offers people under an address field while one types. Takes no focus, so typing goes on.

Down and Up choose, Enter and Tab take, Delete forgets, Escape closes. Asks the host after a short
pause; an answer that comes late for what is typed is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout

from app.ui import tasks
from app.ui.compose.popup_card import PopupCard
from app.ui.widgets import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.domain.address import Address
    from app.ui.compose.host import PeopleHost, Sender
    from app.ui.compose.recipient_edit import RecipientEdit

_PAUSE_MS = 30
_WIDTH, _ROW = 380, 30
_PERSON = Qt.ItemDataRole.UserRole
_TAKING = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})


class Suggestions(PopupCard):
    """The list under one field."""

    def __init__(
        self,
        *,
        field: RecipientEdit,
        host: PeopleHost,
        sender: Callable[[], Sender | None],
        taken: Callable[[], frozenset[str]],
    ) -> None:
        super().__init__(field, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self._field = field
        self._host = host
        self._sender = sender
        self._taken = taken
        self._serial = 0
        self.setObjectName(f"{field.objectName()}.suggestions")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        self.list = QListWidget()
        look(self.list, plain="true")
        self.list.setMinimumHeight(1)  # Qt's own would leave room for three rows
        self.list.setAccessibleName(f"Suggestions for {field.line.accessibleName()}")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._take)
        column.addWidget(self.list)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        field.line.textEdited.connect(self._on_edited)
        # Installed after the field's own filter, so it sees the keys first.
        field.line.installEventFilter(self)
        self.hide()

    # --- asking --------------------------------------------------------------------------------

    def _on_edited(self, text: str) -> None:
        self._serial += 1
        if text.strip():
            self._pause.start()
        else:
            self.close_list()

    def _ask(self) -> None:
        serial, sender = self._serial, self._sender()
        account_uid = sender.account.uid if sender else ""
        future = self._host.suggest(account_uid, self._field.line.text())
        # What could not be asked is simply not suggested.
        tasks.run(
            self,
            future,
            done=lambda found: self._show(serial, found),
            failed=lambda _error: self.close_list(),
        )

    def _show(self, serial: int, found: Sequence[Address]) -> None:
        if serial != self._serial or not self._field.line.hasFocus():
            return
        taken = self._taken()
        self.list.clear()
        for person in found:
            if person.key not in taken:
                item = QListWidgetItem(person.format())
                item.setData(_PERSON, person)
                self.list.addItem(item)
        if not self.list.count():
            self.close_list()
            return
        # Whoever types an address out means that one, not the first that begins like it.
        self.list.setCurrentRow(-1 if "@" in self._field.line.text() else 0)
        self.resize(_WIDTH, self.list.count() * _ROW + 10)
        line = self._field.line
        self.move(line.mapToGlobal(QPoint(0, line.height() + 4)))
        self.show()

    def close_list(self) -> None:
        """Offer nothing any more for what was typed so far."""
        self._serial += 1
        self._pause.stop()
        self.hide()

    # --- choosing ------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that are the list's while it is open."""
        if watched is self._field.line:
            if event.type() == QEvent.Type.FocusOut:
                self.close_list()
            elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self.isVisible() and self._on_key(event)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        is_chosen = self.list.currentItem() is not None
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if key in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
            self._step(1 if key is Qt.Key.Key_Down else -1)
        elif key in _TAKING and is_chosen:
            self._take(self.list.currentItem())
        elif key is Qt.Key.Key_Escape:
            self.close_list()
        elif key is Qt.Key.Key_Delete and is_chosen and self._is_at_end():
            self._forget(self.list.currentItem())
        else:
            return False
        return True

    def _step(self, step: int) -> None:
        row = self.list.currentRow()
        first = 0 if step > 0 else self.list.count() - 1
        self.list.setCurrentRow(first if row < 0 else (row + step) % self.list.count())

    def _is_at_end(self) -> bool:
        """Elsewhere in the text Delete belongs to the text."""
        line = self._field.line
        return line.cursorPosition() == len(line.text()) and not line.hasSelectedText()

    def _take(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        person: Address = item.data(_PERSON)
        self.close_list()
        self._field.line.clear()
        self._field.insert_text(person.format())

    def _forget(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        self._host.forget_person(item.data(_PERSON))
        self.list.takeItem(self.list.row(item))
        if not self.list.count():
            self.close_list()


def suggest_people(
    fields: Iterable[RecipientEdit], host: PeopleHost, sender: Callable[[], Sender | None]
) -> list[Suggestions]:
    """Give every field its list; nobody who stands in any of the fields is offered."""
    everywhere = list(fields)

    def taken() -> frozenset[str]:
        return frozenset(person.key for field in everywhere for person in field.addresses)

    return [Suggestions(field=field, host=host, sender=sender, taken=taken) for field in everywhere]
