"""The Accounts dialog over the real core and the sandbox: real OAuth over real sockets."""

from __future__ import annotations

import threading
import urllib.request

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

from app.domain.account import Capability, ProviderKind
from app.runtime import threads
from app.ui.accounts.dialog import AccountsDialog
from app.ui.accounts.service_host import ServiceAccountsHost
from app.ui.bridge import Bridge
from tests.support.profile import open_profile
from tests.support.sandbox import sandbox

TIMEOUT_MS = 30_000


class Visitor:
    """Opens the page as a browser would, on a thread of its own."""

    def __init__(self, *, goes=True):
        self.urls = []
        self._goes = goes

    def __call__(self, url):
        self.urls.append(url)
        if self._goes:
            threading.Thread(target=self._visit, args=(url,), daemon=True).start()
        return True

    def _visit(self, url):
        with urllib.request.urlopen(url, timeout=20) as page:
            page.read()


@pytest.fixture
def server():
    with sandbox() as made:
        yield made


@pytest.fixture
def make_dialog(qtbot, theme, tmp_path, server):
    opened = []

    def make(visitor):
        threads.unmark_gui_thread()
        profile = open_profile(tmp_path / "profile", server.url)
        services = profile.__enter__()
        threads.mark_gui_thread()
        bridge = Bridge(services.bus)
        host = ServiceAccountsHost(services=services, bridge=bridge, opener=visitor)
        dialog = AccountsDialog(host=host, theme=theme)
        qtbot.addWidget(dialog)
        dialog.show()
        opened.append((profile, bridge))
        return dialog, services

    yield make
    for profile, bridge in opened:
        bridge.close()
        threads.unmark_gui_thread()
        profile.__exit__(None, None, None)


def press(qtbot, dialog, name):
    found = dialog.findChild(QPushButton, name) or dialog.findChild(QToolButton, name)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def texts(dialog):
    return [one.text() for one in dialog.findChildren(QLabel) if one.isVisible()]


def accounts_of(services):
    return services.executors.run_store(services.book.list_accounts).result()


def test_gmail_by_the_browser(qtbot, make_dialog, server):
    server.control.consent("gmail", account="ada@acme.example")
    visitor = Visitor()
    dialog, services = make_dialog(visitor)

    press(qtbot, dialog, "accounts.add.gmail")

    qtbot.waitUntil(lambda: "ada@acme.example" in texts(dialog), timeout=TIMEOUT_MS)
    connected = "ada@acme.example is connected."
    qtbot.waitUntil(lambda: dialog._notice.text.startswith(connected), timeout=TIMEOUT_MS)
    assert [one.provider for one in accounts_of(services)] == [ProviderKind.GMAIL]
    assert len(visitor.urls) == 1
    assert "Tokens of the sandbox are sealed with a key in its folder." in texts(dialog)


def test_outlook_with_a_code(qtbot, make_dialog):
    visitor = Visitor(goes=False)
    dialog, services = make_dialog(visitor)
    press(qtbot, dialog, "accounts.add.microsoft")
    qtbot.waitUntil(lambda: len(visitor.urls) == 1, timeout=TIMEOUT_MS)

    press(qtbot, dialog, "sign_in.flow.device")

    qtbot.waitUntil(lambda: "Outlook · default" in texts(dialog), timeout=TIMEOUT_MS)
    assert [one.provider for one in accounts_of(services)] == [ProviderKind.MICROSOFT]
    assert not dialog._card.isVisible()


def test_saying_no_on_the_page_is_a_sentence_with_a_next_step(qtbot, make_dialog, server):
    server.control.consent("gmail", account="ada@acme.example", deny=True)
    dialog, services = make_dialog(Visitor())

    press(qtbot, dialog, "accounts.add.gmail")

    qtbot.waitUntil(
        lambda: any("Try again and choose Allow" in text for text in texts(dialog)),
        timeout=TIMEOUT_MS,
    )
    assert dialog.findChild(QPushButton, "sign_in.again").isVisible()
    assert accounts_of(services) == []


def test_cancelling_frees_the_receiver_and_nothing_is_kept(qtbot, make_dialog):
    visitor = Visitor(goes=False)
    dialog, services = make_dialog(visitor)
    press(qtbot, dialog, "accounts.add.gmail")
    qtbot.waitUntil(lambda: len(visitor.urls) == 1, timeout=TIMEOUT_MS)

    press(qtbot, dialog, "sign_in.cancel")

    assert not dialog._card.isVisible()
    done = services.executors.run_net(lambda: "free")
    assert done.result(timeout=20) == "free"
    assert accounts_of(services) == []


def test_reading_is_allowed_later_by_one_button(qtbot, make_dialog, server):
    """The account stays the one it was; what it could not do it does now."""
    readonly = "https://www.googleapis.com/auth/gmail.readonly"
    server.control.consent("gmail", account="ada@acme.example", unticked=[readonly])
    dialog, services = make_dialog(Visitor())
    press(qtbot, dialog, "accounts.add.gmail")
    qtbot.waitUntil(lambda: accounts_of(services) != [], timeout=TIMEOUT_MS)
    [before] = accounts_of(services)
    name = f"account.{before.uid}.widen"
    qtbot.waitUntil(lambda: dialog.findChild(QPushButton, name) is not None, timeout=TIMEOUT_MS)
    assert Capability.READ not in before.capabilities
    server.control.consent("gmail", account="ada@acme.example")

    press(qtbot, dialog, name)
    qtbot.waitUntil(
        lambda: Capability.READ in accounts_of(services)[0].capabilities, timeout=TIMEOUT_MS
    )
    qtbot.waitUntil(
        lambda: any("is connected" in text for text in texts(dialog)), timeout=TIMEOUT_MS
    )

    [after] = accounts_of(services)
    assert (after.uid, after.added_at) == (before.uid, before.added_at)
    qtbot.waitUntil(lambda: dialog.findChild(QPushButton, name) is None, timeout=TIMEOUT_MS)
    assert not any("may not read mail" in text for text in texts(dialog))
