"""How it looks, how long a send can be taken back, and whom new mail is from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton

from app.domain.texts import span_text
from app.settings import Settings
from app.ui import tasks
from app.ui.controls import Chooser
from app.ui.settings.parts import Page, Row, card, forced_note
from app.ui.widgets import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.account import Mailbox
    from app.ui.settings.host import SettingsHost

_THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))
_UNDO_S = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_UNDO_ABOUT = "For so long Send can be undone. The mail leaves only afterwards."
_LATER = (("provider", "Outlook sends it"), ("computer", "Postrider sends it"))
_LATER_ABOUT = (
    "From Outlook accounts, unless Send later says otherwise. What Outlook sends goes out with this"
    " computer off; from Gmail Postrider sends it."
)
_NO_MAILBOX = "No account is connected yet. Add one under Accounts."


class GeneralPage(Page):
    """`failed` carries AppErrors."""

    failed = Signal(object)

    def __init__(self, host: SettingsHost) -> None:
        super().__init__("General", name="settings.general")
        self._host = host
        self._themes = QButtonGroup(self)
        self._theme_row = Row("Appearance", self._make_themes())
        self._undo = Chooser(name="settings.undo", accessible="Time to undo")
        self._undo_row = Row("Time to undo", self._undo, about=_UNDO_ABOUT)
        self._later = Chooser(name="settings.later_by", accessible="Scheduled mail")
        for key, text in _LATER:
            self._later.addItem(text, key)
        self._later_row = Row("Scheduled mail", self._later, about=_LATER_ABOUT)
        self._mailbox = Chooser(name="settings.mailbox", accessible="New mail is from")
        self._mailbox_row = Row("New mail is from", self._mailbox)
        self.box.addWidget(
            card(self._theme_row, self._undo_row, self._later_row, self._mailbox_row)
        )
        self.box.addStretch(1)
        self._undo.activated.connect(self._on_undo)
        self._later.activated.connect(
            lambda index: self._change(Settings.later_by, str(self._later.itemData(index)))
        )
        self._mailbox.activated.connect(self._on_mailbox)
        host.bridge.settings_changed.connect(lambda _names: self.show_values())
        host.bridge.accounts_changed.connect(lambda _uid: self._read_mailboxes())
        self.show_values()
        self._read_mailboxes()

    def show_values(self) -> None:
        """Show what is in force."""
        theme = str(self._host.value(Settings.theme))
        for number, (key, _) in enumerate(_THEMES):
            self._themes.button(number).setChecked(key == theme)
        self._show_undo(float(self._host.value(Settings.undo_s)))
        forced = self._host.forced_by(Settings.theme)
        for made in self._themes.buttons():
            made.setEnabled(not forced)
        self._theme_row.say(forced_note(forced) if forced else "")
        forced = self._host.forced_by(Settings.undo_s)
        self._undo.setEnabled(not forced)
        self._undo_row.say(forced_note(forced) if forced else _UNDO_ABOUT)
        is_outlook = str(self._host.value(Settings.later_by)) == _LATER[0][0]
        self._later.setCurrentIndex(0 if is_outlook else 1)
        forced = self._host.forced_by(Settings.later_by)
        self._later.setEnabled(not forced)
        self._later_row.say(forced_note(forced) if forced else _LATER_ABOUT)

    def _make_themes(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        edges = ("first", "middle", "last")
        for number, (key, text) in enumerate(_THEMES):
            made = QToolButton()
            made.setText(text)
            made.setCheckable(True)
            made.setObjectName(f"settings.theme.{key}")
            made.setAccessibleName(f"Appearance: {text}")
            look(made, role="segment", edge=edges[number])
            self._themes.addButton(made, number)
            row.addWidget(made)
        row.addStretch(1)
        self._themes.idClicked.connect(
            lambda number: self._change(Settings.theme, _THEMES[number][0])
        )
        return row

    def _show_undo(self, seconds: float) -> None:
        choices = sorted({*_UNDO_S, seconds})
        self._undo.clear()
        for one in choices:
            self._undo.addItem(span_text(one) if one else "None: send at once", one)
        self._undo.setCurrentIndex(choices.index(seconds))

    def _on_undo(self, index: int) -> None:
        self._change(Settings.undo_s, float(self._undo.itemData(index)))

    def _change(self, setting: object, value: object) -> None:
        tasks.run(self, self._host.change(setting, value), failed=self._on_failed)  # type: ignore[arg-type]

    def _on_failed(self, error: object) -> None:
        self.show_values()
        self.failed.emit(error)

    # --- the mailbox ---

    def _read_mailboxes(self) -> None:
        tasks.run(self, self._host.mailboxes(), done=self._show_mailboxes, failed=self.failed.emit)

    def _show_mailboxes(self, boxes: Sequence[Mailbox]) -> None:
        self._mailbox.clear()
        for number, box in enumerate(boxes):
            name = f"{box.display_name} <{box.address}>" if box.display_name else box.address
            self._mailbox.addItem(f"{name} · {box.provider.label}", box.uid)
            if box.is_default:
                self._mailbox.setCurrentIndex(number)
        self._mailbox.setVisible(bool(boxes))
        self._mailbox_row.say("" if boxes else _NO_MAILBOX)

    def _on_mailbox(self, index: int) -> None:
        chosen = self._host.make_default(str(self._mailbox.itemData(index)))
        tasks.run(self, chosen, failed=partial(self._on_failed))
