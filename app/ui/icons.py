"""Icons from resources/icons, tinted and kept. Drawn with `currentColor`, in a 16 x 16 box."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

import app

_RATIOS = (1.0, 2.0, 3.0)


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


class IconSet:
    """Icons by name and colours, each drawn once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str, str, int], QIcon] = {}

    def icon(self, name: str, *, color: str, active: str, disabled: str, size: int = 16) -> QIcon:
        """Give an icon: `color` at rest, `active` when switched on, `disabled` when greyed."""
        key = (name, color, active, disabled, size)
        if key not in self._made:
            self._made[key] = _make(*key)
        return self._made[key]


def _make(name: str, color: str, active: str, disabled: str, size: int) -> QIcon:
    icon = QIcon()
    looks = (
        (color, QIcon.Mode.Normal, QIcon.State.Off),
        (active, QIcon.Mode.Normal, QIcon.State.On),
        (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
    )
    for colour, mode, state in looks:
        if colour:
            for ratio in _RATIOS:
                icon.addPixmap(draw(name, colour, size, ratio), mode, state)
    return icon
