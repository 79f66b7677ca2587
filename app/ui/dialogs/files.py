"""Where a file is, or where it shall go. Opens and calls back, never blocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


def ask_open_paths(
    parent: QWidget | None,
    *,
    title: str,
    folder: Path,
    chosen: Callable[[list[Path]], None],
    name_filter: str = "",
) -> QFileDialog:
    """Ask for files that exist; `chosen` is not called if the person gives none."""
    dialog = _dialog(parent, title, folder, name_filter)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda names: chosen([Path(name) for name in names]))
    dialog.open()
    return dialog


def ask_save_path(
    parent: QWidget | None,
    *,
    title: str,
    folder: Path,
    suggested: str,
    chosen: Callable[[Path], None],
    name_filter: str = "",
) -> QFileDialog:
    """Ask where to write a file; the system's dialog asks before overwriting."""
    dialog = _dialog(parent, title, folder, name_filter)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(suggested)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.open()
    return dialog


def _dialog(parent: QWidget | None, title: str, folder: Path, name_filter: str) -> QFileDialog:
    dialog = QFileDialog(parent, title, str(folder), name_filter)
    dialog.setObjectName("file_dialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog
