"""What Outlook knows of the recipients: the line under them, the marks, and that it stays out of the way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.mail_tips import MailTip

JANE = "jane@northwind.example"
RAJ = "raj@northwind.example"
AWAY = MailTip(address=RAJ, away="I am away. Ask Jane.")


@pytest.fixture
def outlook(desk, page):
    """Write from the Outlook account."""
    desk.tips.known = {RAJ: AWAY}
    page.until(lambda: page.window.controller.senders)
    page.window.controller.choose_mailbox("box-o")
    return page


def line(page):
    return page.window.header.tips


def test_who_is_away_is_said_under_the_recipients(desk, outlook):
    outlook.to(f"{JANE}, {RAJ}")
    outlook.until(lambda: line(outlook).isVisible())
    assert line(outlook).text.text() == f"{RAJ} is out of office."
    assert line(outlook).accessibleName() == f"{RAJ} is out of office."
    first, second = outlook.window.header.fields["to"].chips
    assert not first.is_marked
    assert second.is_marked
    assert "“I am away. Ask Jane”" in second.toolTip()
    assert second.accessibleDescription().startswith("Out of office.")


def test_everybody_is_asked_about_in_one_go_and_once(desk, outlook):
    outlook.to(JANE)
    outlook.to(RAJ)
    outlook.until(lambda: desk.tips.asked)
    assert desk.tips.asked == [("acc-o", [JANE, RAJ])]
    outlook.subject("Pricing")
    outlook.until(lambda: line(outlook).isVisible())
    assert len(desk.tips.asked) == 1


def test_the_line_goes_with_the_recipient(outlook):
    outlook.to(RAJ)
    outlook.until(lambda: line(outlook).isVisible())
    outlook.window.header.fields["to"].chips[0].removed.emit()
    assert line(outlook).isHidden()


def test_dismissed_it_stays_away_until_there_is_something_else_to_say(desk, outlook):
    outlook.to(RAJ)
    outlook.until(lambda: line(outlook).isVisible())
    outlook.click("composer.tips.dismiss")
    assert line(outlook).isHidden()
    outlook.subject("Pricing")
    assert line(outlook).isHidden()
    desk.tips.known[JANE] = MailTip(address=JANE, is_full=True)
    outlook.to(JANE)
    outlook.until(lambda: line(outlook).isVisible())
    assert line(outlook).text.text().startswith(f"{JANE} has a full mailbox;")


def test_gmail_is_not_asked_and_switching_takes_the_line_away(desk, outlook):
    outlook.to(RAJ)
    outlook.until(lambda: line(outlook).isVisible())
    outlook.window.controller.choose_mailbox("box-g")
    outlook.until(lambda: line(outlook).isHidden())
    assert not outlook.window.header.fields["to"].chips[0].is_marked
    assert {uid for uid, _ in desk.tips.asked} == {"acc-o"}


def test_typing_and_sending_do_not_wait_for_it(desk, outlook):
    desk.tips.go.clear()
    outlook.to(RAJ)
    outlook.until(lambda: desk.tips.asked)
    outlook.subject("Pricing")
    outlook.write("Hello")
    focus = QApplication.focusWidget()
    QTest.keyClick(focus, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    outlook.until(desk.records)
    desk.tips.go.set()


def test_it_takes_no_focus(desk, outlook):
    outlook.to(RAJ)
    focus = QApplication.focusWidget()
    outlook.until(lambda: line(outlook).isVisible())
    assert QApplication.focusWidget() is focus
