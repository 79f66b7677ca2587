"""The lines the files of a mail stand in: a few of them, then they scroll. Knows no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

if TYPE_CHECKING:
    from app.ui.compose.flow_layout import FlowLayout

CHIP_HEIGHT = 36
LINE_GAP = 6
MOST_LINES = 3
# Windows less high than this have room for two lines of files.
TALL = 640


class FileShelf(QScrollArea):
    """As high as its chips need, up to a few lines; more are scrolled, the text keeps its room."""

    def __init__(self, box: QWidget, flow: FlowLayout) -> None:
        super().__init__()
        self._flow = flow
        self.setObjectName("composer.tray.shelf")
        self.setAccessibleName("Files")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(box)
        for one in (box, self.viewport()):  # the area asks for a ground of its own
            one.setAutoFillBackground(False)
        box.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the chips."""
        if event.type() in {QEvent.Type.LayoutRequest, QEvent.Type.Resize}:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        needs = self._flow.heightForWidth(max(120, self.viewport().width()))
        lines = MOST_LINES if self.window().height() >= TALL else 2
        height = min(needs, lines * (CHIP_HEIGHT + LINE_GAP) - LINE_GAP)
        if height != self.height():
            self.setFixedHeight(height)
