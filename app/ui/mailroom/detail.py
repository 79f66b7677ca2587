"""The pane below the list: what happened to a record, what the message is, what can be done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.texts import Action, history_line, people_text, plural, size_text
from app.ui.mailroom.bulk import bulk_label, offers
from app.ui.widgets import button, label, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.domain.outbound import HistoryEntry
    from app.ui.mailroom.rows import Row

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse


class DetailPane(QFrame):
    """Shows one row, or what can be done with several.

    `act_requested(uid, action)`, `bulk_requested(action)` and `export_requested(uid)` are intents.
    """

    act_requested = Signal(str, object)
    bulk_requested = Signal(object)
    export_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mailroom.detail")
        look(self, surface="raised")
        self._row: Row | None = None
        self._steps = QGridLayout()
        self._steps.setContentsMargins(0, 0, 0, 0)
        self._steps.setHorizontalSpacing(16)
        self._steps.setVerticalSpacing(3)
        self._steps.setColumnStretch(1, 1)
        self._lines = label(name="detail.message", wrap=True)
        self._lines.setTextInteractionFlags(_SELECTABLE)
        self._links = QHBoxLayout()
        self._links.setSpacing(12)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(24)
        layout.addLayout(self._column("What happened", self._history()), 1)
        layout.addLayout(self._column("Message", self._message()), 1)
        self.show_row(None)

    @property
    def uid(self) -> str:
        """Give the uid of what is shown."""
        return self._row.uid if self._row else ""

    def show_row(self, row: Row | None) -> None:
        """Show a row's message; its history follows by `show_history`."""
        if row is None or self._row is None or row.uid != self._row.uid:
            self._clear_steps()
        self._row = row
        self._lines.setText(_message_text(row) if row else "Choose a message to see its details.")
        self._fill_links()

    def show_many(self, rows: Sequence[Row]) -> None:
        """Show how many rows are chosen and what can be done with them at once."""
        self.show_all(len(rows), offers(rows))

    def show_all(self, count: int, offered: Mapping[Action, int]) -> None:
        """Show how many are chosen, rows that are not loaded too, and what can be done with them."""
        self.show_row(None)
        self._lines.setText(f"{plural(count, 'message')} chosen.")
        for action, number in offered.items():
            made = button(
                bulk_label(action, number),
                name=f"detail.bulk.{action.value}",
                role="link",
                clicked=partial(self.bulk_requested.emit, action),
            )
            self._links.addWidget(made)
        self._links.addStretch(1)

    def show_history(self, uid: str, entries: Sequence[HistoryEntry], now: datetime) -> None:
        """Show what happened, if the row is still the one in show."""
        row = self._row
        if row is None or row.uid != uid or row.record is None:
            return
        self._clear_steps()
        for number, entry in enumerate(entries):
            line = history_line(entry, row.record.provider, now)
            self._add_step(number, line.time, line.text, line.evidence)

    # --- building ---

    def _column(self, title: str, content: QWidget) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(label(title, tone="muted", weight="strong"))
        column.addWidget(content, 1)
        return column

    def _history(self) -> QScrollArea:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(self._steps)
        box.addStretch(1)
        area = QScrollArea()
        area.setObjectName("detail.history")
        area.setAccessibleName("What happened")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        look(inner, surface="raised")
        return area

    def _message(self) -> QWidget:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self._lines)
        box.addLayout(self._links)
        box.addStretch(1)
        return inner

    # --- content ---

    def _clear_steps(self) -> None:
        _empty(self._steps)

    def _add_step(self, number: int, time: str, text: str, evidence: str) -> None:
        at = label(time, tone="muted")
        shown = label(text, wrap=True)
        shown.setTextInteractionFlags(_SELECTABLE)
        top = Qt.AlignmentFlag.AlignTop
        self._steps.addWidget(at, 2 * number, 0, top)
        self._steps.addWidget(shown, 2 * number, 1)
        if evidence:
            small = label(evidence, wrap=True, tone="muted", size="small")
            small.setTextInteractionFlags(_SELECTABLE)
            self._steps.addWidget(small, 2 * number + 1, 1)

    def steps(self) -> list[str]:
        """Give what is shown of the history, for tests and scripts."""
        items = (self._steps.itemAt(number) for number in range(self._steps.count()))
        found = [item.widget() for item in items if item is not None]
        return [one.text() for one in found if isinstance(one, QLabel)]

    def _fill_links(self) -> None:
        _empty(self._links)
        row = self._row
        if row is None:
            return
        actions = [one for one in row.words.actions if one is not Action.SHOW_EVIDENCE]
        if Action.OPEN not in actions:
            actions.insert(0, Action.OPEN)
        for action in actions:
            self._add_link(action.label, action.value, action)
        if row.record is not None:
            export = button(
                "Export .eml + record",
                name="detail.export",
                role="link",
                clicked=lambda: self.export_requested.emit(self.uid),
            )
            self._links.addWidget(export)
        self._links.addStretch(1)

    def _add_link(self, text: str, key: str, action: Action) -> None:
        self._links.addWidget(
            button(
                text,
                name=f"detail.{key}",
                role="link",
                clicked=lambda: self.act_requested.emit(self.uid, action),
            )
        )


def _empty(layout: QHBoxLayout | QGridLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _message_text(row: Row) -> str:
    if row.record is None:
        return "\n".join(part for part in (row.title, row.subtitle, row.words.why) if part)
    record = row.record
    content = record.message.content
    envelope = record.envelope
    parts = [f"To {people_text(envelope.to)}" if envelope.to else ""]
    parts.append(f"Cc {people_text(envelope.cc)}" if envelope.cc else "")
    parts.append(f"Bcc {people_text(envelope.bcc)}" if envelope.bcc else "")
    if content.attachments:
        parts.append(plural(len(content.attachments), "attachment"))
    parts.append(size_text(record.message.size_bytes))
    about = []
    if record.reply is not None:
        about.append(f"Conversation {record.reply.subject or content.subject}")
    about += [link.label for link in record.links if link.label]
    lines = (
        row.title,
        f"From {envelope.sender.format()}",
        " · ".join(part for part in parts if part),
        " · ".join(about),
    )
    return "\n".join(line for line in lines if line)
