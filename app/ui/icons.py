"""Icons from resources/icons, tinted and kept. Drawn with `currentColor`, in a 16 x 16 box.

A look (at rest, switched on, greyed) is drawn when a screen first needs it: a start would otherwise
draw several hundred pictures of which it shows a dozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

import app


@cache
def resources_dir() -> Path:
    """Give the folder of pictures: inside the package in a wheel, beside it in a checkout."""
    package = Path(app.__file__).resolve().parent
    inside = package / "resources"
    return inside if (inside / "icons").is_dir() else package.parent / "resources"


@cache
def _svg(name: str) -> str:
    return (resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def draw(name: str, color: str, size: int, ratio: float) -> QPixmap:
    """Draw one icon in one colour for one pixel ratio."""
    from PySide6.QtSvg import QSvgRenderer  # 6 ms that only the first icon pays

    renderer = QSvgRenderer(QByteArray(_svg(name).replace("currentColor", color).encode()))
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@dataclass(frozen=True, slots=True)
class Colours:
    """Of an icon at rest, switched on and greyed; an empty one is as at rest."""

    rest: str
    active: str = ""
    disabled: str = ""

    def of(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        """Give the colour of a look."""
        if mode is QIcon.Mode.Disabled:
            return self.disabled or self.rest
        return (self.active if state is QIcon.State.On else "") or self.rest


class IconSet:
    """Icons by name and colours; each look is drawn once for each size."""

    def __init__(self) -> None:
        self._icons: dict[tuple[str, Colours], QIcon] = {}
        self._pictures: dict[tuple[str, str, int, float], QPixmap] = {}

    def icon(self, name: str, colours: Colours) -> QIcon:
        """Give an icon in these colours; nothing is drawn yet."""
        if (name, colours) not in self._icons:
            self._icons[name, colours] = QIcon(_Engine(self, name, colours))
        return self._icons[name, colours]

    def picture(self, name: str, color: str, size: int, ratio: float) -> QPixmap:
        """Give one look as a picture."""
        key = (name, color, size, ratio)
        if key not in self._pictures:
            self._pictures[key] = draw(*key)
        return self._pictures[key]


class _Engine(QIconEngine):
    """Draws a look in the size that is asked for, from the pictures that are kept."""

    def __init__(self, icons: IconSet, name: str, colours: Colours) -> None:
        super().__init__()
        self._icons = icons
        self._name = name
        self._colours = colours

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into a rectangle."""
        size = min(rect.width(), rect.height())
        place = QRect(0, 0, size, size)
        place.moveCenter(rect.center())
        color, ratio = self._colours.of(mode, state), painter.device().devicePixelRatio()
        painter.drawPixmap(place, self._icons.picture(self._name, color, size, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Give a picture for a plain screen."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """Give a picture; `size` is in device pixels already."""
        side = round(min(size.width(), size.height()) / scale)
        return self._icons.picture(self._name, self._colours.of(mode, state), side, scale)

    def clone(self) -> QIconEngine:
        """Give another of the same."""
        return _Engine(self._icons, self._name, self._colours)
