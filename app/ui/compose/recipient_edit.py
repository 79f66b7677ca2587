"""One address field: chips and a line to type in. Reads whatever people type and paste.

Reports what it holds; de-duplication across fields is the header's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QSizePolicy, QWidget

from app.domain.address import Address, parse_addresses
from app.ui.compose.chip import MIME_TYPE, Chip
from app.ui.compose.flow_layout import FlowLayout
from app.ui.widgets import look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QResizeEvent

    from app.ui.theme import Theme

_COMMIT_KEYS = frozenset(
    {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Comma, Qt.Key.Key_Semicolon}
)
_MAX_LINES_PX = 4 * 28


class RecipientLine(QLineEdit):
    """The typing place at the end of the chips."""

    pasted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        look(self, plain="true")
        self.setMinimumWidth(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Leave room for a few letters; the layout gives the rest of the line."""
        return QSize(90, 26)

    def insertFromClipboard(self, text: str) -> None:
        """Take a pasted list apart."""
        self.pasted.emit(text)


class RecipientEdit(QScrollArea):
    """To, Cc, Bcc or Reply-To."""

    changed = Signal()
    typing = Signal()

    def __init__(self, *, theme: Theme, name: str, label: str) -> None:
        super().__init__()
        self._theme = theme
        self._label = label
        self._chips: list[Chip] = []
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(True)
        self._inside = QWidget()
        for ground in (self._inside, self.viewport()):
            look(ground, surface="surface")
        self._flow = FlowLayout(self._inside, stretch_last=True)
        self.line = RecipientLine()
        self.line.setObjectName(f"{name}.line")
        self.line.setAccessibleName(label)
        self.line.setAcceptDrops(False)
        self.line.installEventFilter(self)
        self.line.pasted.connect(self.insert_text)
        self.line.textEdited.connect(self._on_typed)
        self._flow.addWidget(self.line)
        self.setWidget(self._inside)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    # --- what it holds -------------------------------------------------------------------------

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Give the chips in order."""
        return tuple(self._chips)

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Give the readable addresses in order."""
        return tuple(chip.address for chip in self._chips if chip.address is not None)

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Give what could not be read."""
        return tuple(chip.text for chip in self._chips if chip.address is None)

    @property
    def is_empty(self) -> bool:
        """Say whether there is neither chip nor typed text."""
        return not self._chips and not self.line.text().strip()

    def set_addresses(self, addresses: Sequence[Address]) -> None:
        """Show exactly these; what could not be read stays."""
        if self.addresses == tuple(addresses):
            return
        for chip in [chip for chip in self._chips if chip.address is not None]:
            self._drop(chip)
        for position, address in enumerate(addresses):
            self._add(Chip(theme=self._theme, address=address), at=position)
        self._fit()

    def commit(self) -> None:
        """Make a chip of what is half typed."""
        text = self.line.text().strip(" ,;")
        self.line.clear()
        if text:
            self.insert_text(text)

    def insert_text(self, text: str) -> None:
        """Add everybody a text names; the rest stays as marked chips."""
        read = parse_addresses(text)
        known = {address.key for address in self.addresses}
        for address in read.addresses:
            if address.key not in known:
                known.add(address.key)
                self._add(Chip(theme=self._theme, address=address))
        for piece in read.unreadable:
            if piece.text.strip():
                self._add(Chip(theme=self._theme, address=None, text=piece.text.strip()))
        self._tell()

    def remove_keys(self, keys: Iterable[str]) -> None:
        """Take out whoever is named by these keys (they stand in another field)."""
        unwanted = set(keys)
        doomed = [chip for chip in self._chips if chip.address and chip.address.key in unwanted]
        for chip in doomed:
            self._drop(chip)
        if doomed:
            self._tell()

    def replace_address(self, old: Address, new: Address) -> None:
        """Put a corrected address in place of another."""
        for index, chip in enumerate(self._chips):
            if chip.address == old:
                self._drop(chip)
                self._add(Chip(theme=self._theme, address=new), at=index)
                self._tell()
                return

    # --- chips ---------------------------------------------------------------------------------

    def _add(self, chip: Chip, at: int | None = None) -> None:
        index = len(self._chips) if at is None else at
        self._chips.insert(index, chip)
        chip.setParent(self._inside)
        self._flow.insert_widget(index, chip)
        chip.removed.connect(lambda chip=chip: self._on_removed(chip))
        chip.edit_requested.connect(lambda chip=chip: self.edit(chip))
        chip.step_requested.connect(lambda step, chip=chip: self._on_step(chip, step))
        chip.show()

    def _drop(self, chip: Chip) -> None:
        self._chips.remove(chip)
        self._flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _on_removed(self, chip: Chip) -> None:
        if chip not in self._chips:
            return
        index = self._chips.index(chip)
        had_focus = chip.hasFocus()
        self._drop(chip)
        if had_focus:
            self._focus_at(min(index, len(self._chips)))
        self._tell()

    def edit(self, chip: Chip) -> None:
        """Turn a chip back into text to type in."""
        if chip not in self._chips:
            return
        self.commit()
        text = chip.text
        self._drop(chip)
        self.line.setText(text)
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.selectAll()
        self._tell()

    def _on_step(self, chip: Chip, step: int) -> None:
        self._focus_at(self._chips.index(chip) + step)

    def _focus_at(self, index: int) -> None:
        if 0 <= index < len(self._chips):
            self._chips[index].setFocus(Qt.FocusReason.OtherFocusReason)
            self.ensureWidgetVisible(self._chips[index], 0, 4)
        elif index >= len(self._chips):
            self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self) -> None:
        self._fit()
        self.changed.emit()

    def _on_typed(self, text: str) -> None:
        self.typing.emit()
        if "\n" in text or "\t" in text:
            self.commit()

    # --- keys, mouse, drops --------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Commit on separators and on leaving; step into the chips from the line's start."""
        if watched is self.line:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._on_line_key(event)
            if event.type() == QEvent.Type.FocusOut and self.line.text().strip():
                self.commit()
        return super().eventFilter(watched, event)

    def _on_line_key(self, event: QKeyEvent) -> bool:
        text = self.line.text()
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.matches(QKeySequence.StandardKey.Paste):
            self.insert_text(_clipboard_text())
            return True
        if event.key() in _COMMIT_KEYS and plain and text.count('"') % 2 == 0:
            self.commit()
            return True
        if event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab} and text.strip():
            self.commit()
            return False
        at_start = self.line.cursorPosition() == 0 and not self.line.hasSelectedText()
        if event.key() in {Qt.Key.Key_Backspace, Qt.Key.Key_Left} and at_start and self._chips:
            self._focus_at(len(self._chips) - 1)
            return True
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Type where one clicks."""
        self.line.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take people and text; files are the window's."""
        data = event.mimeData()
        if data.hasFormat(MIME_TYPE) or (data.hasText() and not data.hasUrls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add whoever is dropped; a chip of another field moves here."""
        data = event.mimeData()
        if data.hasFormat(MIME_TYPE):
            if self._is_own(event.source()):
                event.ignore()
                return
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.acceptProposedAction()
        self.insert_text(data.text())

    def _is_own(self, source: object) -> bool:
        return any(chip is source for chip in self._chips)

    # --- size ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        needs = self._flow.heightForWidth(max(120, self.viewport().width()))
        self._flow.invalidate()
        self.setFixedHeight(max(26, min(needs, _MAX_LINES_PX)))
        if not self.line.isHidden() and self.line.hasFocus():
            self.ensureWidgetVisible(self.line, 0, 4)


def _clipboard_text() -> str:
    from PySide6.QtWidgets import QApplication

    return QApplication.clipboard().text()
