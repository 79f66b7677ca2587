"""When a mail shall go out, and who keeps it until then: usual times, or one of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import QDateTimeEdit, QDialog, QHBoxLayout, QRadioButton, QVBoxLayout

from app.domain.outbound import Keeper
from app.domain.texts import moment_text
from app.ui.widgets import button, label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.outbox.kept import Keeping

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


@dataclass(frozen=True, slots=True)
class Planned:
    """When a mail shall go out (UTC), and who keeps it until then."""

    at: datetime
    keeper: Keeper


class SendLaterDialog(QDialog):
    """Asks for a time; `chosen` gives it, `Planned`.

    `keeping` is how it stands at first; None: only this computer can.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget, *, now: datetime, keeping: Keeping | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.setObjectName("send_later")
        self.setWindowTitle("Send later")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(8)
        column.addWidget(label("Send later", size="title"))
        self._by_outlook: QRadioButton | None = None
        self._add_keepers(column, keeping)
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
        self.setMinimumWidth(380)

    def _add_keepers(self, column: QVBoxLayout, keeping: Keeping | None) -> None:
        if keeping is None:
            text = "This computer sends it. It must be on and online at that time, with Postrider open."
            column.addWidget(label(text, tone="muted", wrap=True))
            return
        self._by_outlook = QRadioButton("Outlook sends it, even if this computer is off")
        self._by_outlook.setObjectName("send_later.by_outlook")
        by_computer = QRadioButton("Postrider sends it, if this computer is on")
        by_computer.setObjectName("send_later.by_computer")
        is_outlook = keeping.keeper is Keeper.PROVIDER
        for choice, is_chosen in ((self._by_outlook, is_outlook), (by_computer, not is_outlook)):
            choice.setChecked(is_chosen)
            column.addWidget(choice)
        text = f"What is to go within {keeping.lead_s / 60:.0f} minutes stays on this computer."
        column.addWidget(label(text, tone="muted", size="small", wrap=True))

    def _on_set(self) -> None:
        at = datetime.fromtimestamp(self.when.dateTime().toSecsSinceEpoch(), UTC)
        if at <= self._now:
            self._hint.setText("That time is past. Choose a later one.")
            self._hint.show()
            return
        self._choose(at)

    def _choose(self, at: datetime) -> None:
        is_outlook = self._by_outlook is not None and self._by_outlook.isChecked()
        self.chosen.emit(Planned(at, Keeper.PROVIDER if is_outlook else Keeper.COMPUTER))
        self.accept()
