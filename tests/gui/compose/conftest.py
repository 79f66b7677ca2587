"""A desk with a composer on it, and the page object through which tests use the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from tests.support.composer import Desk
from tests.support.waiting import wait_until


class ComposerPage:
    """The window as a person meets it: names, keys, what is to be read."""

    def __init__(self, window, qtbot):
        self.window = window
        self._qtbot = qtbot

    def until(self, condition, timeout=30_000):
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    # --- finding -------------------------------------------------------------------------------

    def find(self, name, kind=QWidget):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def line(self, field):
        return self.find(f"composer.{field}.line", QLineEdit)

    def chips(self, field):
        return [chip.label for chip in self.window.header.fields[field].chips]

    @property
    def draft(self):
        self.window.controller.flush()
        return self.window.controller.draft

    @property
    def notices(self):
        return self.window.notices.texts

    def text_of(self, name):
        return self.find(name, QLabel).text()

    # --- doing ---------------------------------------------------------------------------------

    def type_into(self, widget, text):
        widget.setFocus()
        QTest.keyClicks(widget, text)

    def to(self, text, field="to"):
        line = self.line(field)
        self.type_into(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)

    def subject(self, text):
        self.type_into(self.find("composer.subject", QLineEdit), text)

    def write(self, text):
        self.type_into(self.window.editor, text)

    def press(self, key, widget=None, modifier=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(widget or QApplication.focusWidget(), key, modifier)

    def click(self, name):
        QTest.mouseClick(self.find(name, QPushButton), Qt.MouseButton.LeftButton)

    def act(self, key, verb):
        self.window.notices.act(key, verb)

    def drop(self, data, target=None):
        target = target or self.window
        place = QPoint(40, 40)
        actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        QApplication.sendEvent(target, QDragEnterEvent(place, actions, data, left, none))
        QApplication.sendEvent(target, QDropEvent(place.toPointF(), actions, data, left, none))

    def drop_files(self, *paths, target=None):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop(data, target)

    def ready(self):
        """Wait until accounts and conversations are there."""
        self.until(lambda: self.window.controller.senders)
        self.until(lambda: self.window.panel.browser.model.rows)
        return self


@pytest.fixture
def desk(qapp, tmp_path):
    made = Desk(tmp_path / "profile")
    yield made
    made.close()


@pytest.fixture
def open_page(desk, qtbot):
    pages = []

    def open_one(draft=None):
        window = desk.compose(draft)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        page = ComposerPage(window, qtbot)
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        page.window.after_send._drop_bar()
        page.window.closing.close_now()
        page.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def page(open_page):
    return open_page().ready()


@pytest.fixture
def wait(qapp):
    def wait_for(condition):
        wait_until(lambda: (qapp.processEvents(), condition())[1])

    return wait_for
