"""Files that come into the window: dropped anywhere, pasted, or chosen in a dialog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from app.ui import dialogs
from app.ui.compose.body_editor import local_files, picture_in
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from app.ui.compose.window import ComposeWindow

_PICTURES = "Pictures (*.png *.jpg *.jpeg *.gif *.webp *.bmp)"


class FileDrops(QObject):
    """Takes files for a window; remembers the folder last used in it."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._folder = Path.home()
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._connect()

    def _connect(self) -> None:
        attaching, tray, editor = self._window.attaching, self._window.tray, self._window.editor
        attaching.coming.connect(tray.show_coming)
        attaching.progressed.connect(tray.show_progress)
        attaching.arrived.connect(tray.drop_coming)
        tray.cancel_requested.connect(attaching.cancel)
        tray.remove_requested.connect(attaching.remove)
        tray.open_requested.connect(attaching.open)
        tray.renamed.connect(attaching.rename)
        editor.files_pasted.connect(self.take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept files and pictures wherever no field wants them."""
        match event:
            case QDragEnterEvent() | QDragMoveEvent() if _is_wanted(event.mimeData()):
                event.acceptProposedAction()
                return True
            case QDropEvent() if event.type() == QEvent.Type.Drop and _is_wanted(event.mimeData()):
                event.acceptProposedAction()
                self.take_mime(event.mimeData())
                return True
            case _:
                return super().eventFilter(watched, event)

    def take_mime(self, data: QMimeData) -> None:
        """Take what was dropped."""
        paths = local_files(data)
        if paths:
            self.take(paths)
        elif data.hasImage():
            self._window.pictures.keep(picture_in(data))
        else:
            self._window.notices.show_notice(
                Notice(
                    key="attach:web",
                    text="That is an address on the web, not a file. Save it first, then drop it"
                    " here; or paste the address as a link.",
                )
            )

    def take(self, names: list[str]) -> None:
        """Attach files by path."""
        self._window.attaching.attach_paths([Path(name) for name in names])

    def ask(self) -> None:
        """Let the person choose files."""
        dialogs.ask_open_paths(
            self._window, title="Attach files", folder=self._folder, chosen=self._on_chosen
        )

    def ask_picture(self) -> None:
        """Let the person choose a picture for the text."""
        dialogs.ask_open_paths(
            self._window,
            title="Picture in the text",
            folder=self._folder,
            chosen=self._on_pictures,
            name_filter=_PICTURES,
        )

    def _on_chosen(self, paths: list[Path]) -> None:
        self._remember(paths)
        self._window.attaching.attach_paths(paths)

    def _on_pictures(self, paths: list[Path]) -> None:
        self._remember(paths)
        for path in paths:
            self._window.pictures.keep(path)

    def _remember(self, paths: list[Path]) -> None:
        if paths:
            self._folder = paths[0].parent


def _is_wanted(data: QMimeData) -> bool:
    return data.hasUrls() or data.hasImage()
