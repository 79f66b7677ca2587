"""The Settings window: pages on the left, one of them on the right. Changes apply at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.texts import error_sentence
from app.ui.notice import Notice
from app.ui.settings.api_page import ApiPage
from app.ui.settings.general_page import GeneralPage
from app.ui.settings.parts import Page
from app.ui.widgets import button, line, look, surface

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from app.domain.errors import AppError
    from app.ui.settings.host import SettingsHost
    from app.ui.theme import Theme

PAGES = ("general", "accounts", "api")
_TITLES = {"general": "General", "accounts": "Accounts", "api": "Local API"}
_ICONS = {"general": "settings", "accounts": "people", "api": "key"}
NAV_WIDTH = 152
ROW_HEIGHT = 34


class SettingsDialog(QDialog):
    """One per profile, not modal."""

    closed = Signal()

    def __init__(self, *, host: SettingsHost, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings")
        self.setWindowTitle("Settings — Postrider")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(820, 640)
        self.setMinimumSize(520, 360)
        self._host = host
        self._theme = theme
        self._notice = Notice(theme, name="settings.notice")
        self._nav = QListWidget()
        self._pages = QStackedWidget()
        self._general = GeneralPage(host)
        self._api = ApiPage(host)
        for page in (self._general, self._make_accounts(), self._api):
            self._pages.addWidget(page)
        self._build()
        self._general.failed.connect(self._on_failed)
        self._api.said.connect(lambda text, tone: self._notice.say(text, tone=tone))
        theme.changed.connect(self._show_icons)

    def show_page(self, name: str) -> None:
        """Turn to a page."""
        self._nav.setCurrentRow(PAGES.index(name))

    # --- building ---

    def _build(self) -> None:
        self._make_nav()
        side = surface("surface")
        side.setFixedWidth(NAV_WIDTH)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(8, 14, 8, 14)
        inside.addWidget(self._nav)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._notice)
        right.addWidget(self._pages, 1)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(side)
        across.addWidget(line("v"))
        across.addLayout(right, 1)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        for number in range(len(PAGES)):
            QShortcut(
                QKeySequence(f"Ctrl+{number + 1}"),
                self,
                lambda at=number: self._nav.setCurrentRow(at),
            )
        self._nav.setCurrentRow(0)
        self._nav.setFocus()

    def _make_nav(self) -> None:
        self._nav.setObjectName("settings.pages")
        self._nav.setAccessibleName("Pages")
        look(self._nav, plain="true", role="nav")
        self._nav.setIconSize(QSize(16, 16))
        self._nav.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for name in PAGES:
            item = QListWidgetItem(_TITLES[name])
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            self._nav.addItem(item)
        self._show_icons()
        self._nav.currentRowChanged.connect(self._pages.setCurrentIndex)

    def _show_icons(self) -> None:
        for number, name in enumerate(PAGES):
            self._nav.item(number).setIcon(self._theme.icon(_ICONS[name]))

    def _make_accounts(self) -> Page:
        page = Page(
            "Accounts",
            name="settings.accounts",
            about="Accounts have a window of their own: connecting, signing in again, removing.",
        )
        page.box.addWidget(
            button(
                "Open accounts", name="settings.open_accounts", clicked=self._host.open_accounts
            ),
            0,
            Qt.AlignmentFlag.AlignLeft,
        )
        page.box.addStretch(1)
        return page

    # --- what happens ---

    def _on_failed(self, error: AppError) -> None:
        self._notice.say(error_sentence(error), tone="danger")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the window is gone."""
        event.accept()  # a dialog's own way asks `reject`, which asks to close
        self.closed.emit()

    def reject(self) -> None:
        """Close by Escape."""
        self.close()
