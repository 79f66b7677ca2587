"""The files of a mail as a row of chips, with progress and the sum against the account's limit.

Shows what it is given and reports intents; copying files is the controller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.domain.account import ProviderKind
from app.domain.texts import size_text
from app.ui.compose.file_shelf import CHIP_HEIGHT, LINE_GAP, FileShelf
from app.ui.compose.flow_layout import FlowLayout
from app.ui.theme.tokens import RADIUS_TRAY
from app.ui.widgets import icon_button, label, line, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from app.domain.attachment import Attachment
    from app.ui.theme import Theme

MB = 1_000_000


def limit_of(provider: ProviderKind | None) -> int:
    """Give how many bytes of files an account takes in one mail; the least while none is chosen."""
    return (provider or ProviderKind.GMAIL).files_limit_bytes


class FileChip(QFrame):
    """One file, kept or on its way in."""

    removed = Signal()
    open_requested = Signal()
    renamed = Signal(str)
    retried = Signal()

    def __init__(
        self, *, theme: Theme, uid: str, name: str, size_bytes: int, stage: str = "file"
    ) -> None:
        super().__init__()
        self.uid = uid
        self.filename = name
        self._theme = theme
        self._percent: int | None = None
        self._is_return_used = False
        self.setObjectName(f"{stage}.{name}")
        self.setFixedHeight(CHIP_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 4, 0)
        row.setSpacing(8)
        self._label = label(_short(name))
        self._size = label(size_text(size_bytes) if size_bytes else "", tone="muted", size="small")
        self._mark = QLabel()
        self._again = icon_button(
            theme,
            "refresh",
            name=f"{stage}.{name}.again",
            tip=f"Fetch {name} again",
            clicked=self.retried.emit,
        )
        self._again.hide()
        self._close = icon_button(
            theme,
            "close",
            name=f"{stage}.{name}.remove",
            tip=f"Remove {name}",
            clicked=self.removed.emit,
        )
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._size_bytes = size_bytes
        self._line = QLineEdit(name)
        self._line.setObjectName(f"{stage}.{name}.line")
        self._line.hide()
        self._line.editingFinished.connect(self._on_renamed)
        self._line.returnPressed.connect(self._on_return_in_line)
        parts = (self._label, self._line, self._size, self._mark, self._again, self._close)
        for part in parts:
            row.addWidget(part)
        self.setToolTip(name)
        self._name_it("")
        theme.changed.connect(self._paint_mark)

    @property
    def announced_bytes(self) -> int:
        """Give how large the file was said to be; 0 if nobody said."""
        return self._size_bytes

    def set_progress(self, percent: int) -> None:
        """Show how much is here."""
        self._percent = percent
        self._again.hide()
        look(self._size, tone="muted")
        of = f" of {size_text(self._size_bytes)}" if self._size_bytes else ""
        self._size.setText(f"{percent} %{of}")
        self.setToolTip(self.filename)
        self._name_it(f"{percent} % here")
        self.update()

    def set_failed(self, why: str) -> None:
        """Show that it did not come, and offer to try again."""
        self._percent = None
        self._again.show()
        look(self._size, tone="danger")
        self._size.setText("not fetched")
        self.setToolTip(why)
        self._name_it(f"not fetched. {why}")
        self.update()

    def set_kept(self) -> None:
        """Show that the copy is ours now."""
        self._percent = None
        self._size.setText(size_text(self._size_bytes))
        self._paint_mark()
        self._name_it("")
        self.update()

    def _name_it(self, state: str) -> None:
        parts = [self.filename, size_text(self._size_bytes) if self._size_bytes else "", state]
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.setAccessibleDescription("Enter opens, F2 renames, Delete removes")

    def _paint_mark(self) -> None:
        if self._percent is None:
            self._mark.setPixmap(self._theme.pixmap("check", "ok", 14))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame and the progress along its bottom."""
        del event
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS_TRAY, RADIUS_TRAY)
        if self._percent is not None:
            width = (self.width() - 8) * self._percent / 100
            painter.fillRect(QRectF(4, self.height() - 3, width, 2), QColor(tokens.accent))

    def start_rename(self) -> None:
        """Let the person type another name."""
        self._label.hide()
        self._line.setText(self.filename)
        self._line.setFixedWidth(180)
        self._line.show()
        self._line.setFocus(Qt.FocusReason.OtherFocusReason)
        self._line.setSelection(0, len(self.filename.rpartition(".")[0]) or len(self.filename))

    def _on_return_in_line(self) -> None:
        self._is_return_used = True

    def _on_renamed(self) -> None:
        if self._line.isHidden():
            return
        self._line.hide()
        self._label.show()
        name = self._line.text().strip().replace("/", "_").replace("\\", "_")
        if name and name != self.filename:
            self.renamed.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open, rename, remove."""
        match event.key():
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.removed.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                # The line lets the key that ended the renaming go on to its parent.
                if not self._is_return_used:
                    self.open_requested.emit()
                self._is_return_used = False
            case Qt.Key.Key_F2:
                self.start_rename()
            case _:
                super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open it."""
        del event
        self.open_requested.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with it."""
        menu = QMenu(self)
        menu.addAction("Open").triggered.connect(lambda _on=False: self.open_requested.emit())
        menu.addAction("Rename").triggered.connect(lambda _on=False: self.start_rename())
        menu.addAction("Remove").triggered.connect(lambda _on=False: self.removed.emit())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


class AttachmentTray(QFrame):
    """All files; hidden while there is none."""

    remove_requested = Signal(str)
    open_requested = Signal(str)
    renamed = Signal(str, str)
    cancel_requested = Signal(str)
    retry_requested = Signal(str)

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kept: dict[str, FileChip] = {}
        self._coming: dict[str, FileChip] = {}
        self._attachments: tuple[Attachment, ...] = ()
        self._limit = limit_of(None)
        self.setObjectName("composer.tray")
        look(self, surface="surface")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line())
        row = QHBoxLayout()
        column.addLayout(row)
        row.setContentsMargins(18, 8, 18, 8)
        row.setSpacing(10)
        self._clip = QLabel()
        row.addWidget(self._clip, 0, Qt.AlignmentFlag.AlignVCenter)
        self._box = QWidget()
        self._flow = FlowLayout(self._box, gap=8, line_gap=LINE_GAP)
        hint = label("Drop files anywhere", tone="muted")
        hint.setContentsMargins(4, 0, 0, 0)
        self._flow.addWidget(hint)
        self._shelf = FileShelf(self._box, self._flow)
        row.addWidget(self._shelf, 1)
        self.sum = label(name="composer.tray.sum", tone="muted")
        row.addWidget(self.sum)
        self._paint()
        theme.changed.connect(self._paint)
        self.hide()

    def _paint(self) -> None:
        self._clip.setPixmap(self._theme.pixmap("attach"))

    @property
    def names(self) -> list[str]:
        """Give the names of the kept files."""
        return [attachment.filename for attachment in self._attachments]

    def set_limit(self, limit_bytes: int) -> None:
        """Measure against another account's limit."""
        self._limit = limit_bytes
        self._show_sum()

    def show_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show the kept files of a draft; pictures in the text are counted, not shown."""
        if tuple(attachments) == self._attachments:
            return
        self._attachments = tuple(attachments)
        shown = [attachment for attachment in attachments if not attachment.is_inline]
        named = {(attachment.uid, attachment.filename) for attachment in shown}
        for chip in list(self._kept.values()):
            if (chip.uid, chip.filename) not in named:
                self._take(self._kept, chip.uid)
        for position, attachment in enumerate(shown):
            if attachment.uid not in self._kept:
                self._insert(position, attachment)
        self._refresh()

    def _insert(self, position: int, attachment: Attachment) -> None:
        chip = FileChip(
            theme=self._theme,
            uid=attachment.uid,
            name=attachment.filename,
            size_bytes=attachment.size_bytes,
        )
        chip.set_kept()
        uid = attachment.uid
        chip.removed.connect(lambda: self.remove_requested.emit(uid))
        chip.open_requested.connect(lambda: self.open_requested.emit(uid))
        chip.renamed.connect(lambda name: self.renamed.emit(uid, name))
        self._kept[uid] = chip
        self._flow.insert_widget(position, chip)
        chip.show()

    def show_coming(self, key: str, name: str, size_bytes: int = 0) -> None:
        """Show a file that is being copied or fetched."""
        chip = FileChip(
            theme=self._theme, uid=key, name=name, size_bytes=size_bytes, stage="coming"
        )
        chip.set_progress(0)
        chip.retried.connect(lambda: self.retry_requested.emit(key))
        chip.removed.connect(lambda: self.cancel_requested.emit(key))
        self._coming[key] = chip
        self._flow.insert_widget(self._flow.count() - 1, chip)
        chip.show()
        self._refresh()

    def show_progress(self, key: str, percent: int) -> None:
        """Show how far the copy is."""
        if key in self._coming:
            self._coming[key].set_progress(percent)

    def show_failed(self, key: str, why: str) -> None:
        """Show that a file could not be fetched."""
        if key in self._coming:
            self._coming[key].set_failed(why)

    def drop_coming(self, key: str) -> None:
        """The copy is done, or will not be."""
        self._take(self._coming, key)
        self._refresh()

    def _take(self, chips: dict[str, FileChip], key: str) -> None:
        chip = chips.pop(key, None)
        if chip is not None:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()

    def _refresh(self) -> None:
        self._show_sum()
        self.setVisible(bool(self._kept or self._coming))
        self._box.updateGeometry()

    def _show_sum(self) -> None:
        awaited = [size for chip in self._coming.values() if (size := chip.announced_bytes)]
        count = len(self._attachments) + len(awaited)
        total = sum(awaited) + sum(attachment.size_bytes for attachment in self._attachments)
        files = "1 file" if count == 1 else f"{count} files"
        self.sum.setText(f"{files}, {_megabytes(total)} of {self._limit // MB} MB")
        too_much = total > self._limit
        look(self.sum, tone="danger" if too_much else "muted")


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MB:.1f}"


def _short(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:20]}…{name[-12:]}"
