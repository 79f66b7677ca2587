"""The Accounts dialog: both ways to sign in, every end of them, signing in again, removing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QToolButton
from shiboken6 import isValid

from app.domain.account import AccountState, Capability, ProviderKind
from app.domain.errors import SignInDenied, SignInExpired, SignInFailed, Unavailable
from app.domain.texts import error_sentence
from app.outbox.limits import DayUsage
from app.ports import SignInFlow
from app.ui.accounts.dialog import AccountsDialog
from tests.support.accounts_host import ScriptedAccountsHost
from tests.support.mailroom_values import make_account, minutes

OUTLOOK = make_account(
    uid="outlook-1",
    provider=ProviderKind.MICROSOFT,
    address="ada@acme.onmicrosoft.example",
    state=AccountState.SIGNED_OUT,
    state_since=minutes(-295),
)


class AccountsPage:
    """The dialog as a person sees it."""

    def __init__(self, qtbot, dialog, host):
        self.qtbot, self.dialog, self.host = qtbot, dialog, host

    def button(self, name):
        return self.dialog.findChild(QPushButton, name)

    def press(self, name):
        found = self.button(name) or self.dialog.findChild(QToolButton, name)
        assert found.isVisible(), name
        self.qtbot.mouseClick(found, Qt.MouseButton.LeftButton)

    def text(self, name):
        return self.dialog.findChild(QLabel, name).text()

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=10_000)

    def wait_prompt(self):
        self.wait(lambda: self.text("sign_in.status").startswith("Waiting for you"))

    def texts(self):
        return [one.text() for one in self.dialog.findChildren(QLabel) if one.isVisible()]

    @property
    def card(self):
        return self.dialog._card

    @property
    def notice(self):
        return self.dialog._notice.text


@pytest.fixture
def make_page(qtbot, theme):
    hosts, dialogs = [], []

    def make(accounts=(), **options):
        host = ScriptedAccountsHost(list(accounts), **options)
        hosts.append(host)
        dialog = AccountsDialog(host=host, theme=theme)
        dialogs.append(dialog)
        dialog.show()
        page = AccountsPage(qtbot, dialog, host)
        page.wait(lambda: dialog._overview is not None)
        return page

    yield make
    for dialog in dialogs:
        if isValid(dialog):
            dialog.close()
            dialog.deleteLater()
    for host in hosts:
        host.close()


def test_the_list_says_who_what_and_what_is_wrong(make_page):
    page = make_page([make_account(), OUTLOOK])
    page.host.waiting = {"outlook-1": 1}
    page.host.today = {
        "gmail-1": DayUsage(used=312, cap=2000, frees_at=None, elsewhere=40),
    }
    page.dialog._read()

    page.wait(lambda: any("1 mail is waiting" in text for text in page.texts()))
    shown = page.texts()
    assert "ada@acme.example" in shown
    assert "Gmail · default" in shown
    assert "Sends, drafts, conversations · 312 of 2,000 today, 40 from other programs" in shown
    assert any(text.startswith("Signed out by Microsoft at") for text in shown)
    assert "Tokens are sealed with a key from your system’s keyring." in shown


def test_no_account_says_what_to_do(make_page):
    page = make_page()

    assert "No account is connected yet. Add one below." in page.texts()


def test_an_account_that_may_not_do_everything_says_what_follows(make_page):
    page = make_page([make_account(capabilities=frozenset({Capability.SEND, Capability.DRAFTS}))])

    assert "It may not read mail, so there are no conversations to pick." in page.texts()


def test_reading_can_be_allowed_later(make_page):
    reduced = make_account(capabilities=frozenset({Capability.SEND, Capability.DRAFTS}))
    page = make_page([reduced, OUTLOOK])
    assert page.button("account.gmail-1.widen").text() == "Allow reading too"
    assert page.dialog.findChild(QPushButton, "account.outlook-1.widen") is None

    page.press("account.gmail-1.widen")
    page.wait_prompt()
    assert page.host.started == [("gmail-1", SignInFlow.LOOPBACK)]


def test_reading_is_not_offered_where_it_is_never_asked_for(make_page):
    reduced = make_account(capabilities=frozenset({Capability.SEND}))
    page = make_page([reduced], only_sends=frozenset({reduced.provider}))
    assert page.dialog.findChild(QPushButton, "account.gmail-1.widen") is None


def test_gmail_in_the_browser(make_page):
    page = make_page()

    page.press("accounts.add.gmail")
    page.wait_prompt()

    assert page.host.started == [("gmail", SignInFlow.LOOPBACK)]
    assert page.host.opened == ["https://sign-in.gmail.example/authorize?a=1"]
    assert not page.card._toggle.isVisible()
    assert not page.card._code_frame.isVisible()
    assert page.text("sign_in.status") == "Waiting for your browser…"
    page.host.finish(None)
    page.wait(lambda: page.notice.startswith("new@gmail.example is connected."))
    page.wait(lambda: "new@gmail.example" in page.texts())
    assert not page.card.isVisible()


def test_outlook_with_a_code(make_page):
    page = make_page()

    page.press("accounts.add.microsoft")
    page.wait_prompt()
    page.press("sign_in.flow.device")
    page.wait(lambda: page.text("sign_in.code") == "F7QX-K2MD")

    page.wait(lambda: page.host.cancelled == 1)
    assert page.host.started[-1] == ("microsoft", SignInFlow.DEVICE)
    assert page.text("sign_in.text") == "On any device open microsoft.com/devicelogin and enter"
    assert page.text("sign_in.status") == "Waiting for you to sign in · code valid for 14 min"
    assert len(page.host.opened) == 1  # the code's page opens only when asked for
    page.press("sign_in.copy")
    assert QGuiApplication.clipboard().text() == "F7QX-K2MD"
    page.press("sign_in.open")
    assert page.host.opened[-1] == "https://microsoft.com/devicelogin"
    page.host.finish(None)
    page.wait(lambda: page.notice.startswith("new@microsoft.example is connected."))


def test_the_link_can_be_copied_and_opened_again(make_page):
    page = make_page()
    page.press("accounts.add.gmail")
    page.wait_prompt()

    page.press("sign_in.copy")
    page.press("sign_in.open")

    assert QGuiApplication.clipboard().text() == page.host.opened[0]
    assert page.host.opened[0] == page.host.opened[1]


def test_without_a_browser_it_says_what_to_do(make_page):
    page = make_page(has_browser=False)

    page.press("accounts.add.gmail")
    page.wait_prompt()

    assert page.text("sign_in.text").startswith("No browser could be opened. Copy the link")


def test_cancel_stops_the_worker_and_the_card_goes(make_page):
    page = make_page()
    page.press("accounts.add.gmail")
    page.wait_prompt()

    page.press("sign_in.cancel")

    page.wait(lambda: page.host.cancelled == 1)
    assert not page.card.isVisible()
    assert page.notice == ""


@pytest.mark.parametrize(
    "error",
    [
        SignInDenied(provider="gmail"),
        SignInExpired(provider="gmail"),
        SignInFailed(provider="gmail", detail="server_error"),
        Unavailable(provider="gmail"),
    ],
    ids=lambda error: error.code,
)
def test_every_failure_is_a_sentence_and_can_be_tried_again(make_page, error):
    page = make_page()
    page.press("accounts.add.gmail")
    page.wait_prompt()

    page.host.finish(error)
    page.wait(lambda: page.text("sign_in.text") == error_sentence(error))
    page.press("sign_in.again")
    page.wait_prompt()
    page.host.finish(None)

    page.wait(lambda: page.notice.startswith("new@gmail.example is connected."))


def test_a_missing_registration_names_the_readme_and_offers_no_second_try(make_page):
    page = make_page()
    page.press("accounts.add.gmail")
    page.wait_prompt()

    page.host.finish(SignInFailed(provider="gmail", detail="no client id is set"))

    page.wait(lambda: "README" in page.text("sign_in.text"))
    assert not page.button("sign_in.again").isVisible()
    assert page.button("sign_in.cancel").text() == "Close"


def test_signing_in_again_keeps_the_account(make_page):
    page = make_page([make_account(), OUTLOOK])

    page.press("account.outlook-1.reconnect")
    page.wait_prompt()
    assert page.text("sign_in.title") == "Sign in again: ada@acme.onmicrosoft.example"
    page.host.finish(None)

    page.wait(lambda: page.notice.startswith("ada@acme.onmicrosoft.example is connected."))
    assert page.host.started == [("outlook-1", SignInFlow.LOOPBACK)]
    page.wait(lambda: not any(text.startswith("Signed out") for text in page.texts()))


def test_it_can_be_opened_at_an_account_before_the_list_is_there(qtbot, theme):
    host = ScriptedAccountsHost([OUTLOOK])
    dialog = AccountsDialog(host=host, theme=theme)
    dialog.show()

    dialog.reconnect("outlook-1")

    qtbot.waitUntil(lambda: host.started == [("outlook-1", SignInFlow.LOOPBACK)])
    dialog.close()
    host.close()


def test_removing_asks_and_the_safe_answer_is_the_default(make_page):
    page = make_page([make_account()])

    page.dialog._ask_remove("gmail-1")
    box = page.dialog.findChild(QMessageBox, "dialog")
    assert box.defaultButton().objectName() == "dialog.no"
    box.findChild(QPushButton, "dialog.yes").click()

    page.wait(lambda: page.notice == "ada@acme.example was removed.")
    page.wait(lambda: "No account is connected yet. Add one below." in page.texts())


def test_the_menu_of_an_account_offers_what_fits(make_page):
    page = make_page([make_account(), OUTLOOK])

    menus = {
        uid: [
            one.text()
            for one in page.dialog.findChild(QToolButton, f"account.{uid}.more").menu().actions()
            if one.text()
        ]
        for uid in ("gmail-1", "outlook-1")
    }

    assert menus["gmail-1"] == ["Sign in again…", "Remove…"]
    assert menus["outlook-1"] == ["Sign in again…", "Write from it by default", "Remove…"]


def test_another_default_is_shown(make_page):
    page = make_page([make_account(), OUTLOOK])

    page.dialog._make_default("outlook-1")

    page.wait(lambda: "Outlook · default" in page.texts())
    assert "Gmail" in page.texts()


def test_escape_gives_up_the_sign_in_first_and_closing_cancels_it(make_page, qtbot):
    page = make_page()
    page.press("accounts.add.gmail")
    page.wait_prompt()

    qtbot.keyClick(page.dialog, Qt.Key.Key_Escape)
    page.wait(lambda: page.host.cancelled == 1)
    assert page.dialog.isVisible()
    page.press("accounts.add.microsoft")
    page.wait_prompt()
    with qtbot.waitSignal(page.dialog.closed):
        page.dialog.close()

    page.wait(lambda: page.host.cancelled == 2)


@pytest.mark.parametrize("way", ["button", "escape"])
def test_it_closes_and_tells_once(make_page, way):
    page = make_page()
    told = []
    page.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    page.dialog.closed.connect(lambda: told.append(1))

    if way == "button":
        page.dialog.close()
    else:
        page.qtbot.keyClick(page.dialog, Qt.Key.Key_Escape)

    assert not page.dialog.isVisible()
    assert told == [1]
