"""One recipient (or one unreadable piece of text, or one link) as a chip.

Reachable and removable by keyboard, named for screen readers, draggable. Knows nothing of the
field it is in.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDrag, QFontMetrics, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.domain.address import Address
from app.ui.theme.tokens import CHIP_HEIGHT

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from app.ui.theme import Theme

MIME_TYPE = "application/x-postrider-address"
_Keys = QKeySequence.StandardKey
_AVATAR = 18
_PAD = 4
_CLOSE = 16
_MAX_WIDTH = 320
# Hues of equal weight under white initials, apart enough to tell people by.
_AVATAR_COLOURS = ("#2f5bea", "#7a52c7", "#b5407d", "#a04a1e", "#2e7d4f", "#1f7a8c", "#5b6475")


def initials(address: Address) -> str:
    """Give one or two letters that stand for a person."""
    words = [word for word in address.name.replace(",", " ").split() if word[:1].isalnum()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    source = words[0] if words else address.addr_spec
    return source[:1].upper()


def avatar_colour(address: Address) -> str:
    """Give the colour of a person, the same everywhere and every time."""
    return _AVATAR_COLOURS[zlib.crc32(address.key.encode()) % len(_AVATAR_COLOURS)]


class Chip(QWidget):
    """A name with an avatar and a cross. `address` is None for text that is no address."""

    removed = Signal()
    edit_requested = Signal()
    step_requested = Signal(int)

    def __init__(self, *, theme: Theme, address: Address | None, text: str = "") -> None:
        super().__init__()
        self.address = address
        self.text = text or (address.format() if address else "")
        self._theme = theme
        self._is_warned = False
        self._why = ""
        self._tip = ""
        self._is_tipped = False
        self._is_link = False
        self._is_close_hot = False
        self._pressed_at: QPoint | None = None
        self.setObjectName("chip")
        # Tab goes from field to field; chips are reached by the arrow keys and Backspace.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setToolTip(self.text)
        self._name_it()
        theme.changed.connect(self.update)

    @property
    def is_readable(self) -> bool:
        """Say whether it is an address."""
        return self.address is not None

    @property
    def label(self) -> str:
        """Give what is written on it."""
        return self.address.label if self.address else self.text

    def set_warned(self, warned: bool, why: str = "") -> None:
        """Mark it as one to look at again."""
        self._is_warned, self._why = warned, why
        self._refresh()

    def set_tip(self, tip: str, *, marked: bool) -> None:
        """Say what the provider knows of the person; `marked` shows it on the chip."""
        if (tip, marked) != (self._tip, self._is_tipped):
            self._tip, self._is_tipped = tip, marked
            self._refresh()

    def _refresh(self) -> None:
        self.setToolTip("\n".join(filter(None, (self.text, self._why, self._tip))))
        self._name_it()
        self.updateGeometry()
        self.update()

    def set_link(self) -> None:
        """Make it stand for a contact or a deal instead of a recipient."""
        self._is_link = True
        self.setAccessibleName(f"Linked: {self.text}")
        self.setAccessibleDescription("Press Delete to remove")

    @property
    def is_marked(self) -> bool:
        """Say whether it shows a warning."""
        return self._is_warned or self._is_tipped or (self.address is None and not self._is_link)

    @property
    def _text_left(self) -> int:
        return 10 if self._is_link else _PAD + _AVATAR + 6

    def _name_it(self) -> None:
        state = (
            "not readable as an address" if not self.is_readable
            else "check this address" if self._is_warned
            else "recipient"
        )  # fmt: skip
        self.setAccessibleName(f"{self.text}, {state}")
        keys = "Press F2 to edit, Delete to remove"
        self.setAccessibleDescription(f"{self._tip} {keys}" if self._tip else keys)

    # --- size and looks ------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Fit the name."""
        text = QFontMetrics(self.font()).horizontalAdvance(self.label)
        return QSize(min(_MAX_WIDTH, self._text_left + text + 4 + _CLOSE + 8), CHIP_HEIGHT)

    def _close_rect(self) -> QRectF:
        return QRectF(self.width() - _CLOSE - 4, (self.height() - _CLOSE) / 2, _CLOSE, _CLOSE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the colours of the theme."""
        del event
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = tokens.warn_soft if self.is_marked else tokens.line_faint
        ink = tokens.warn if self.is_marked else tokens.text
        if self._is_link:
            ground, ink = tokens.accent_soft, tokens.accent
        painter.setPen(QPen(QColor(tokens.accent), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent_soft if self.hasFocus() else ground))
        box = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        self._paint_badge(painter)
        painter.setPen(QColor(ink))
        room = self.rect().adjusted(self._text_left, 0, -(_CLOSE + 8), 0)
        metrics = QFontMetrics(self.font())
        name = metrics.elidedText(self.label, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(
            room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name
        )
        self._paint_close(painter)

    def _paint_badge(self, painter: QPainter) -> None:
        circle = QRectF(_PAD, (self.height() - _AVATAR) / 2, _AVATAR, _AVATAR)
        if self.is_marked:
            painter.drawPixmap(
                circle.toRect().adjusted(2, 2, -2, -2), self._theme.pixmap("warning", "warn", 14)
            )
            return
        if self.address is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(avatar_colour(self.address)))
        painter.drawEllipse(circle)
        painter.save()
        font = self.font()
        font.setPixelSize(9)
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), initials(self.address))
        painter.restore()

    def _paint_close(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        tone = (
            tokens.warn if self.is_marked else tokens.text if self._is_close_hot else tokens.muted
        )
        painter.setPen(QPen(QColor(tone), 1.4))
        cross = self._close_rect().adjusted(5, 5, -5, -5)
        painter.drawLine(cross.topLeft(), cross.bottomRight())
        painter.drawLine(cross.topRight(), cross.bottomLeft())

    # --- mouse and keys ------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove, edit, copy and walk along."""
        key = event.key()
        rtl = self.isRightToLeft()
        if key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.removed.emit()
        elif key in {Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.edit_requested.emit()
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self.step_requested.emit(1 if (key == Qt.Key.Key_Right) != rtl else -1)
        elif event.matches(_Keys.Copy) or event.matches(_Keys.Cut):
            QApplication.clipboard().setText(self.text)
            if event.matches(_Keys.Cut):
                self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        if event.button() == Qt.MouseButton.LeftButton:
            if self._close_rect().contains(event.position()):
                self.removed.emit()
                return
            self._pressed_at = event.position().toPoint()
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Start dragging, or light the cross."""
        hot = self._close_rect().contains(event.position())
        if hot != self._is_close_hot:
            self._is_close_hot = hot
            self.update()
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        way = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if way >= QApplication.startDragDistance():
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Forget the drag."""
        del event
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit it."""
        del event
        self.edit_requested.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Dim the cross."""
        self._is_close_hot = False
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        self.update()
        super().focusOutEvent(event)

    def mime_data(self) -> QMimeData:
        """Give it in the form it is dragged in."""
        data = QMimeData()
        data.setText(self.text)
        data.setData(MIME_TYPE, self.text.encode())
        return data

    def _drag(self) -> None:
        self._pressed_at = None
        drag = QDrag(self)
        drag.setMimeData(self.mime_data())
        drag.setPixmap(self.grab())
        if (
            drag.exec(Qt.DropAction.MoveAction | Qt.DropAction.CopyAction)
            == Qt.DropAction.MoveAction
        ):
            self.removed.emit()
