"""Questions with buttons. Each opens window-modal on its parent and returns at once.

Buttons carry object names (`dialog.yes`, `dialog.no`, `dialog.choice.<key>`, `dialog.close`), the
box itself `dialog`, so that a script can find and press them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPushButton

from app.ui.widgets import look

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

_ROLE = QMessageBox.ButtonRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One button: what it stands for, the verb on it and how it looks."""

    key: str
    label: str
    is_default: bool = False
    is_danger: bool = False


def tell(parent: QWidget | None, *, title: str, text: str, detail: str = "") -> QMessageBox:
    """Say something the person should know; `detail` is shown below in smaller type."""
    box = _box(parent, title, text, detail)
    button = box.addButton("Close", _ROLE.AcceptRole)
    button.setObjectName("dialog.close")
    box.setEscapeButton(button)
    box.open()
    return box


def ask(  # noqa: PLR0913  one question in one call
    parent: QWidget | None,
    *,
    title: str,
    text: str,
    yes: str,
    answered: Callable[[bool], None],
    detail: str = "",
    no: str = "Cancel",
    danger: bool = False,
) -> QMessageBox:
    """Ask a question that `yes` (a verb) or `no` answers; closing the box means no.

    A dangerous answer is never the default button.
    """
    box = _box(parent, title, text, detail)
    accept = _add(box, "dialog.yes", yes, _ROLE.AcceptRole, "danger" if danger else "primary")
    reject = _add(box, "dialog.no", no, _ROLE.RejectRole, "")
    box.setDefaultButton(reject if danger else accept)
    box.setEscapeButton(reject)
    box.finished.connect(lambda _code: answered(box.clickedButton() is accept))
    box.open()
    return box


def choose(  # noqa: PLR0913  one question in one call
    parent: QWidget | None,
    *,
    title: str,
    text: str,
    choices: Sequence[Choice],
    chosen: Callable[[str], None],
    detail: str = "",
    cancel: str = "Cancel",
) -> QMessageBox:
    """Ask for one of several; `chosen` gets its key, or an empty text if the person gave none."""
    box = _box(parent, title, text, detail)
    buttons: dict[QAbstractButton, str] = {}
    for choice in choices:
        role = "danger" if choice.is_danger else "primary" if choice.is_default else ""
        button = _add(box, f"dialog.choice.{choice.key}", choice.label, _ROLE.AcceptRole, role)
        buttons[button] = choice.key
        if choice.is_default:
            box.setDefaultButton(button)
    box.setEscapeButton(_add(box, "dialog.no", cancel, _ROLE.RejectRole, ""))
    box.finished.connect(lambda _code: chosen(buttons.get(box.clickedButton(), "")))
    box.open()
    return box


def _box(parent: QWidget | None, title: str, text: str, detail: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setObjectName("dialog")
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(detail)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def _add(
    box: QMessageBox, name: str, label: str, role: QMessageBox.ButtonRole, style: str
) -> QPushButton:
    button = box.addButton(label, role)
    button.setObjectName(name)
    if style:
        look(button, role=style)
    return button
