"""The menu of one row, or of all that are chosen. Knows words and actions, no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.domain.texts import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget


def open_row_menu(
    parent: QWidget,
    labels: Mapping[Action, str],
    at: QPoint,
    chosen: Callable[[Action], None],
) -> None:
    """Open it at a place of the screen; without labels there is none."""
    if not labels:
        return
    menu = QMenu(parent)
    menu.setObjectName("mailroom.menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for action, words in labels.items():
        menu.addAction(words).setData(action.value)
    menu.triggered.connect(lambda entry: chosen(Action(entry.data())))
    menu.popup(at)
