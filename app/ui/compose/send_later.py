"""When a mail shall go out: a few usual times, or a date and time of one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import QDateTimeEdit, QDialog, QHBoxLayout, QVBoxLayout

from app.domain.texts import moment_text
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_MORNING = 9
_AFTERNOON = 14


def usual_times(now: datetime) -> list[tuple[str, datetime]]:
    """Give the usual times after `now` (aware), in local time."""
    here = now.astimezone()
    found = []
    afternoon = here.replace(hour=_AFTERNOON, minute=0, second=0, microsecond=0)
    if afternoon - here > timedelta(hours=1):
        found.append((f"Today {_AFTERNOON}:00", afternoon))
    morning = (here + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    found.append((f"Tomorrow 0{_MORNING}:00", morning))
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    if monday > morning:
        found.append((f"Monday 0{_MORNING}:00", monday))
    return [(text, at.astimezone(UTC)) for text, at in found]


class SendLaterDialog(QDialog):
    """Asks for a time; `chosen` gives it in UTC."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget, *, now: datetime) -> None:
        super().__init__(parent)
        self._now = now
        self.setObjectName("send_later")
        self.setWindowTitle("Send later")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(8)
        column.addWidget(label("Send later", size="title"))
        column.addWidget(
            label(
                "This computer sends it. It must be on and online at that time, with Postrider open.",
                tone="muted",
                wrap=True,
            )
        )
        for number, (text, at) in enumerate(usual_times(now)):
            made = button(
                text, name=f"send_later.usual.{number}", clicked=partial(self._choose, at)
            )
            made.setToolTip(moment_text(at, now))
            column.addWidget(made)
        first = usual_times(now)[0][1]
        self.when = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(first.timestamp())))
        self.when.setObjectName("send_later.when")
        self.when.setAccessibleName("Date and time")
        self.when.setCalendarPopup(True)
        self.when.setDisplayFormat("ddd d MMM yyyy  HH:mm")
        column.addWidget(self.when)
        self._hint = label("", name="send_later.hint", tone="danger", size="small")
        self._hint.hide()
        column.addWidget(self._hint)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Cancel", name="send_later.cancel", clicked=self.reject))
        row.addWidget(
            button("Schedule", name="send_later.set", clicked=self._on_set, role="primary")
        )
        column.addLayout(row)
        self.setMinimumWidth(360)

    def _on_set(self) -> None:
        at = datetime.fromtimestamp(self.when.dateTime().toSecsSinceEpoch(), UTC)
        if at <= self._now:
            self._hint.setText("That time is past. Choose a later one.")
            self._hint.show()
            return
        self._choose(at)

    def _choose(self, at: datetime) -> None:
        self.chosen.emit(at)
        self.accept()
