"""Hands for a script: find widgets by name, click, type, drop, take pictures. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.theme import Theme

W = TypeVar("W", bound=QWidget)


def window(name: str) -> QWidget | None:
    """Give the visible top-level window of that object name."""
    for one in QApplication.topLevelWidgets():
        if one.objectName() == name and one.isVisible():
            return one
    return None


def find(parent: QWidget, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
    """Give the child of that object name.

    Raises:
        LookupError: there is none.
    """
    found = parent.findChild(kind, name)
    if found is None:
        raise LookupError(name)
    return found


def click(parent: QWidget, name: str) -> None:
    """Press the child of that name with the left button."""
    QTest.mouseClick(find(parent, name), Qt.MouseButton.LeftButton)


def write(widget: QWidget, text: str) -> None:
    """Type into a widget, line breaks as Enter."""
    widget.setFocus()
    for part in text.splitlines(keepends=True):
        QTest.keyClicks(widget, part.rstrip("\n"))
        if part.endswith("\n"):
            QTest.keyClick(widget, Qt.Key.Key_Return)


def drop(target: QWidget, path: Path) -> None:
    """Drop a file on a widget, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where = target.rect().center()
    common = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    entering = QDragEnterEvent(QPoint(where), *common, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, entering)
    dropping = QDropEvent(QPointF(where), *common, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, dropping)


class Camera:
    """Takes a picture of a window in light and in dark."""

    def __init__(self, theme: Theme, out: Path) -> None:
        self._theme = theme
        self._out = out
        self.taken: list[str] = []

    def shoot(self, shown: QWidget, name: str) -> None:
        """Write `name`-light.png and `name`-dark.png."""
        for looks in ("light", "dark"):
            self._theme.choose(looks)
            QApplication.processEvents()
            path = self._out / f"{name}-{looks}.png"
            shown.grab().save(str(path))
            self.taken.append(path.name)
        self._theme.choose("light")
        QApplication.processEvents()
