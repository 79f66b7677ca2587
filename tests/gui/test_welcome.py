"""Three ways to begin, and what is missing for each."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton

from app.domain.account import ProviderKind
from app.ui.welcome import WelcomePane, WelcomeWindow

BOTH = frozenset(ProviderKind)


def make_pane(qtbot, theme, **options):
    pane = WelcomePane(theme=theme, **{"registered": BOTH, **options})
    qtbot.addWidget(pane)
    return pane


def test_each_way_says_which_was_chosen(qtbot, theme):
    pane = make_pane(qtbot, theme)

    with qtbot.waitSignal(pane.provider_chosen) as gmail:
        pane.findChild(QPushButton, "welcome.gmail").click()
    with qtbot.waitSignal(pane.provider_chosen) as outlook:
        pane.findChild(QPushButton, "welcome.microsoft").click()
    with qtbot.waitSignal(pane.trial_chosen):
        pane.findChild(QPushButton, "welcome.trial").click()
    with qtbot.waitSignal(pane.write_chosen):
        pane.findChild(QPushButton, "welcome.write").click()

    assert gmail.args == [ProviderKind.GMAIL]
    assert outlook.args == [ProviderKind.MICROSOFT]


def test_a_provider_that_is_not_registered_says_what_to_do(qtbot, theme):
    pane = make_pane(qtbot, theme, registered=frozenset({ProviderKind.MICROSOFT}))

    texts = [one.text() for one in pane.findChildren(QLabel)]

    assert not pane.findChild(QPushButton, "welcome.gmail").isEnabled()
    assert pane.findChild(QPushButton, "welcome.microsoft").isEnabled()
    assert any("README, section “Connect a Gmail account”" in text for text in texts)


def test_in_the_trial_itself_there_is_no_offer_to_try(qtbot, theme):
    pane = make_pane(qtbot, theme, can_try=False)

    assert pane.findChild(QPushButton, "welcome.trial") is None


def test_in_the_sandbox_it_says_that_nothing_leaves_the_computer(qtbot, theme):
    pane = make_pane(qtbot, theme, can_try=False, is_sandbox=True)

    texts = [one.text() for one in pane.findChildren(QLabel)]

    assert any(text.startswith("This is the sandbox") for text in texts)
    assert not any("Postrider never sees your password" in text for text in texts)


def test_the_window_tells_when_it_closes(qtbot, theme):
    window = WelcomeWindow(make_pane(qtbot, theme))
    qtbot.addWidget(window)
    window.show()

    with qtbot.waitSignal(window.closed):
        window.close()
