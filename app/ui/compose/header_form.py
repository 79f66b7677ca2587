"""From, recipients, subject and links: the rows above the text. Holds no draft, reports intents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.problem import Problem
from app.ui.compose.chip import Chip
from app.ui.compose.mailbox_picker import MailboxPicker, row_label
from app.ui.compose.recipient_edit import RecipientEdit
from app.ui.compose.recipient_tips import TipLine
from app.ui.widgets import button, line, look, surface

if TYPE_CHECKING:
    from app.domain.address import Address
    from app.domain.draft import ContextLink, Draft
    from app.ui.theme import Theme

FIELDS = {"to": "To", "cc": "Cc", "bcc": "Bcc", "reply_to": "Reply-To"}
_OPTIONAL = ("cc", "bcc", "reply_to")
_TIPS = {
    "cc": "Show Cc (Ctrl+Shift+C)",
    "bcc": "Show Bcc (Ctrl+Shift+B)",
    "reply_to": "Show Reply-To",
}


class HeaderForm(QWidget):
    """The header rows."""

    recipients_changed = Signal(str)
    subject_changed = Signal(str)
    links_changed = Signal(tuple)
    edited = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("composer.header")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.mailbox = MailboxPicker(theme=theme)
        self._from_row = self._add_row("From", self.mailbox, height=42)
        self.fields: dict[str, RecipientEdit] = {}
        self._rows: dict[str, QWidget] = {}
        self._expanders: dict[str, QWidget] = {}
        for name, text in FIELDS.items():
            self._add_recipients(name, text)
        self.tips = TipLine(theme=theme)
        self._column.addWidget(self.tips)
        self.subject = QLineEdit()
        self._add_subject()
        self._links_row, self._links_box = self._add_links()
        self._links: tuple[ContextLink, ...] = ()

    # --- building ------------------------------------------------------------------------------

    def _add_row(self, text: str, field: QWidget, *, height: int = 38) -> QHBoxLayout:
        holder = surface("surface")
        row = QHBoxLayout(holder)
        row.setContentsMargins(18, 5, 18, 5)
        row.setSpacing(6)
        name = row_label(text, field)
        name.setFixedHeight(height - 10)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(field)
        self._column.addWidget(holder)
        self._column.addWidget(line("h-faint"))
        return row

    def add_to_from_row(self, widget: QWidget) -> None:
        """Put something at the end of the first row (the conversation button)."""
        self._from_row.addStretch(1)
        self._from_row.addWidget(widget)

    def _add_recipients(self, name: str, text: str) -> None:
        field = RecipientEdit(theme=self._theme, name=f"composer.{name}", label=text)
        field.changed.connect(lambda: self._on_recipients(name))
        field.typing.connect(self.edited)
        self.fields[name] = field
        row = self._add_row(text, field)
        holder = field.parentWidget()
        assert holder is not None
        self._rows[name] = holder
        if name == "to":
            for other in _OPTIONAL:
                expander = button(
                    FIELDS[other],
                    name=f"composer.show_{other}",
                    clicked=partial(self.show_field, other, focus=True),
                    role="quiet",
                    tip=_TIPS[other],
                )
                expander.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
                look(expander, compact="true")
                row.addWidget(expander, 0, Qt.AlignmentFlag.AlignTop)
                self._expanders[other] = expander
        else:
            self._set_row_visible(name, visible=False)

    def _add_subject(self) -> None:
        look(self.subject, plain="true", weight="strong")
        self.subject.setObjectName("composer.subject")
        self.subject.setAccessibleName("Subject")
        self.subject.setMaxLength(2_000)
        self.subject.textEdited.connect(self.subject_changed)
        self._add_row("Subject", self.subject)

    def _add_links(self) -> tuple[QWidget, QHBoxLayout]:
        box = QWidget()
        inner = QHBoxLayout(box)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        row = self._add_row("Linked", box)
        row.addStretch(1)
        holder = box.parentWidget()
        assert holder is not None
        self._rows["links"] = holder
        self._set_row_visible("links", visible=False)
        return holder, inner

    def _set_row_visible(self, name: str, *, visible: bool) -> None:
        holder = self._rows[name]
        holder.setVisible(visible)
        index = self._column.indexOf(holder)
        below = self._column.itemAt(index + 1)
        hairline = below.widget() if below is not None else None
        if hairline is not None:
            hairline.setVisible(visible)

    # --- showing -------------------------------------------------------------------------------

    def show_draft(self, draft: Draft) -> None:
        """Show recipients, subject and links of a draft."""
        for name, field in self.fields.items():
            addresses: tuple[Address, ...] = getattr(draft.recipients, name)
            blocked = field.blockSignals(True)
            field.set_addresses(addresses)
            field.blockSignals(blocked)
            if addresses and name != "to":
                self.show_field(name)
        if self.subject.text() != draft.subject:
            self.subject.setText(draft.subject)
        self._show_links(draft.links)

    def show_field(self, name: str, *, focus: bool = False) -> None:
        """Show Cc, Bcc or Reply-To."""
        if name in self._expanders:
            self._set_row_visible(name, visible=True)
            self._expanders[name].hide()
        if focus:
            self.fields[name].line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _show_links(self, links: tuple[ContextLink, ...]) -> None:
        if links == self._links:
            return
        self._links = links
        while (item := self._links_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for link in links:
            chip = Chip(theme=self._theme, address=None, text=link.label or link.uid)
            chip.set_link()
            chip.removed.connect(lambda link=link: self._drop_link(link))
            self._links_box.addWidget(chip)
        self._set_row_visible("links", visible=bool(links))

    def _drop_link(self, link: ContextLink) -> None:
        self.links_changed.emit(tuple(other for other in self._links if other != link))

    # --- reading -------------------------------------------------------------------------------

    def commit(self) -> None:
        """Make chips of everything half typed."""
        for field in self.fields.values():
            field.commit()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Give what could not be read as an address; the draft does not hold it."""
        return tuple(
            Problem(code="unreadable_address", field=name, params={"text": text})
            for name, field in self.fields.items()
            for text in field.unreadable
        )

    def _on_recipients(self, name: str) -> None:
        if name != "reply_to":
            keys = [address.key for address in self.fields[name].addresses]
            for other in ("to", "cc", "bcc"):
                if other != name:
                    blocked = self.fields[other].blockSignals(True)
                    self.fields[other].remove_keys(keys)
                    self.fields[other].blockSignals(blocked)
        self.recipients_changed.emit(name)

    def focus_first_gap(self) -> None:
        """Put the cursor where writing goes on: To, else Subject."""
        if self.fields["to"].is_empty:
            self.fields["to"].line.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not self.subject.text():
            self.subject.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_field(self, name: str) -> None:
        """Put the cursor into the field a problem is about."""
        if name in self.fields:
            if name != "to":
                self.show_field(name)
            self.fields[name].line.setFocus(Qt.FocusReason.OtherFocusReason)
        elif name == "subject":
            self.subject.setFocus(Qt.FocusReason.OtherFocusReason)
        elif name in {"from", "mailbox"}:
            self.mailbox.setFocus(Qt.FocusReason.OtherFocusReason)
