"""The Mailroom window, driven as a person would: tabs, filter, links, keys, menu, details."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
)

from app.domain.account import ProviderKind
from app.domain.events import DraftsChanged, OutboundChanged, StoreChanged, UploadProgressed
from app.domain.outbound import DeliveryStep, HistoryEntry, Keeper, OutboundState, Reason
from app.domain.texts import Action
from app.ui.mailroom.actions import file_name
from app.ui.mailroom.delegate import FROM, WHY
from app.ui.mailroom.message_view import MessageView
from app.ui.mailroom.window import TABS, MailroomWindow
from tests.support.mailroom_host import MemoryMailroomHost
from tests.support.mailroom_values import make_draft, make_record, minutes

S, R = OutboundState, Reason


class MailroomPage:
    """The window as a person sees it."""

    def __init__(self, qtbot, window, host):
        self.qtbot, self.window, self.host = qtbot, window, host
        self.view = window._view
        self.tabs = window._tabs

    def rows(self):
        return [row.uid for row in self.view.rows().rows()]

    def wait_rows(self, *uids):
        self.qtbot.waitUntil(lambda: self.rows() == list(uids), timeout=10_000)

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=10_000)

    def go(self, tab):
        self.tabs.setCurrentIndex(TABS.index(tab))

    def cell(self, number, column):
        model = self.view.rows()
        return model.data(model.index(number, column))

    def click_link(self, number, action):
        index = self.view.rows().index(number, 3)
        row = self.view.rows().row(index)
        cell = self.view.visualRect(index)
        links = self.view._delegate.links(row, cell, self.view.font())
        rect = next(link.rect for link in links if link.action is action)
        self.qtbot.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())

    def box(self):
        self.wait(lambda: self.window.findChild(QMessageBox, "dialog") is not None)
        return self.window.findChild(QMessageBox, "dialog")

    def answer(self, name):
        box = self.box()
        self.qtbot.mouseClick(box.findChild(QPushButton, name), Qt.MouseButton.LeftButton)

    @property
    def notice(self):
        return self.window._notice.text


@pytest.fixture
def make_page(qtbot, theme):
    hosts = []

    def make(records=(), drafts=(), history=(), host=None):
        host = host or MemoryMailroomHost(list(records), list(drafts), list(history))
        hosts.append(host)
        window = MailroomWindow(host=host, theme=theme)
        # The window deletes itself when closed; qtbot closes it at the end of the test.
        qtbot.addWidget(window)
        window.show()
        page = MailroomPage(qtbot, window, host)
        page.wait(lambda: host.reads >= 3)
        return page

    yield make
    for host in hosts:
        host.close()


def test_each_tab_shows_its_records_and_its_count(make_page):
    page = make_page(
        [
            make_record(uid="queued"),
            make_record(S.SCHEDULED, R.SCHEDULED, uid="later"),
            make_record(S.SENT, uid="gone"),
        ],
        [make_draft("d1"), make_draft("d2")],
    )

    page.wait_rows("queued")
    page.wait(lambda: page.tabs.count_text(2) == "2")
    assert [page.tabs.count_text(number) for number in range(4)] == ["1", "1", "2", ""]
    page.go("Scheduled")
    assert page.rows() == ["later"]
    page.go("Drafts")
    assert page.rows() == ["d1", "d2"]
    page.go("Sent")
    assert page.rows() == ["gone"]
    assert page.cell(0, 0).startswith("Accepted by Gmail")


def test_a_change_re_reads_its_row_and_no_list(make_page):
    page = make_page([make_record(uid="a"), make_record(uid="b")])
    page.wait_rows("a", "b")
    reads = page.host.reads

    page.host.change(make_record(S.UNCERTAIN, R.SETTLING, uid="b"))

    page.wait(lambda: "Not certain" in page.cell(1, 0))
    assert page.host.reads == reads


def test_an_accepted_record_moves_from_outbox_to_sent(make_page):
    page = make_page([make_record(uid="a")])
    page.wait_rows("a")

    page.host.change(make_record(S.SENT, uid="a"))

    page.wait_rows()
    page.go("Sent")
    page.wait_rows("a")
    assert page.tabs.count_text(0) == ""


def test_a_new_record_appears_at_the_top(make_page):
    page = make_page([make_record(uid="a")])
    page.wait_rows("a")

    page.host.change(make_record(uid="b"))

    page.wait_rows("b", "a")


def test_a_change_by_another_process_keeps_what_is_selected(make_page):
    page = make_page([make_record(uid="a"), make_record(uid="b")])
    page.wait_rows("a", "b")
    page.view.select_uid("b")

    page.host.records["c"] = make_record(uid="c")
    page.host.bus.publish(StoreChanged())

    page.wait_rows("a", "b", "c")
    assert page.view.current_row().uid == "b"
    page.host.records.pop("a")
    page.host.bus.publish(StoreChanged())
    page.wait_rows("b", "c")
    assert page.view.current_row().uid == "b"
    assert page.window._detail.uid == "b"


def test_a_row_asked_for_before_it_is_loaded_is_selected_when_it_comes(qtbot, theme):
    host = MemoryMailroomHost([make_record(uid="a"), make_record(S.HELD, R.SIGN_IN, uid="b")])
    window = MailroomWindow(host=host, theme=theme)
    qtbot.addWidget(window)
    window.show()

    window.show_tab("Outbox", "b")

    qtbot.waitUntil(lambda: window._detail.uid == "b", timeout=10_000)
    host.close()


def test_upload_progress_is_shown_as_it_comes(make_page):
    page = make_page([make_record(S.SENDING, uid="a", step=DeliveryStep.DRAFTING)])
    page.wait_rows("a")

    page.host.bus.publish(UploadProgressed("a", 63))

    page.wait(lambda: page.cell(0, 0).startswith("Uploading 63 %"))


def test_the_filter_narrows_the_tab(make_page, qtbot):
    page = make_page([make_record(uid="a"), make_record(uid="b", content={"subject": "Invoice"})])
    page.wait_rows("a", "b")

    qtbot.keyClicks(page.window.findChild(QLineEdit, "mailroom.filter"), "invoice")

    page.wait_rows("b")
    page.wait(lambda: page.tabs.count_text(0) == "2")


def test_a_filter_without_a_hit_says_so(make_page, qtbot):
    page = make_page([make_record(uid="a")])
    page.wait_rows("a")

    qtbot.keyClicks(page.window.findChild(QLineEdit, "mailroom.filter"), "nothing like it")

    page.wait_rows()
    assert page.window._empty.text() == "Nothing matches the filter."


def test_an_empty_outbox_says_so(make_page):
    page = make_page()

    page.wait(lambda: page.window._stack.currentWidget() is page.window._empty)
    assert page.window._empty.text() == "Nothing is waiting to be sent."


def test_undo_takes_back_and_opens_the_draft(make_page):
    page = make_page([make_record(S.SCHEDULED, R.UNDO_WINDOW, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.UNDO)

    page.wait(lambda: page.host.opened == ["draft-of-a"])
    page.wait_rows()


def kept_by_outlook(uid="a"):
    return make_record(
        S.SCHEDULED, R.AT_PROVIDER, uid=uid, provider=ProviderKind.MICROSOFT,
        keeper=Keeper.PROVIDER, step=DeliveryStep.WAITING, planned_at=minutes(60),
        draft_uid=f"draft-of-{uid}",
    )  # fmt: skip


def test_edited_mail_that_outlook_keeps_opens_once_it_is_here(make_page):
    page = make_page([kept_by_outlook()])
    page.go("Scheduled")
    page.wait_rows("a")

    page.click_link(0, Action.EDIT)
    page.wait(lambda: page.notice == "Outlook is asked to give it back.")
    assert page.host.opened == []
    page.host.drafts["draft-of-a"] = make_draft("draft-of-a")
    page.host.change(replace(page.host.records["a"], state=S.CANCELLED, reason=R.BY_PERSON))

    page.wait(lambda: page.host.opened == ["draft-of-a"])
    assert page.notice == "Here again; nothing was sent. It is in Drafts."


def test_cancelled_mail_that_outlook_had_sent_is_said(make_page):
    page = make_page([kept_by_outlook()])
    page.go("Scheduled")
    page.wait_rows("a")

    page.click_link(0, Action.CANCEL)
    page.wait(lambda: page.notice == "Outlook is asked to give it back.")
    page.host.change(replace(page.host.records["a"], state=S.SENT, reason=R.TOO_LATE))

    page.wait(lambda: "gone before it could be stopped" in page.notice)
    assert page.host.opened == []


def test_cancelling_many_tells_those_outlook_was_asked_for_apart(make_page, qtbot):
    here = make_record(S.SCHEDULED, R.SCHEDULED, uid="b")
    page = make_page([kept_by_outlook(), here])
    page.go("Scheduled")
    page.wait_rows("a", "b")

    qtbot.keyClick(page.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    page.answer("dialog.yes")

    page.wait(lambda: page.notice.startswith("1 message cancelled and in Drafts again"))
    assert "Outlook is asked to give 1 message back" in page.notice


def test_cancel_keeps_the_message_as_a_draft(make_page):
    page = make_page([make_record(uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.CANCEL)

    page.wait(lambda: "in Drafts again" in page.notice)
    page.go("Drafts")
    page.wait_rows("draft-of-a")


def test_coming_too_late_is_said(make_page):
    page = make_page([make_record(uid="a")])
    page.wait_rows("a")
    page.host.records["a"] = replace(page.host.records["a"], state=S.SENDING)

    page.click_link(0, Action.CANCEL)

    page.wait(lambda: page.notice.startswith("That can no longer be done"))


def test_sending_again_asks_first_and_no_is_the_default(make_page):
    page = make_page([make_record(S.UNCERTAIN, R.UNSETTLED, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.RESOLVE_AGAIN)
    box = page.box()

    assert box.defaultButton().objectName() == "dialog.no"
    assert "get it twice" in box.informativeText()
    page.answer("dialog.no")
    assert page.host.acts == []


def test_sending_again_after_yes(make_page):
    page = make_page([make_record(S.UNCERTAIN, R.UNSETTLED, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.RESOLVE_AGAIN)
    page.answer("dialog.yes")

    page.wait(lambda: page.host.acts == [("resolve_again", "a")])


def test_it_was_sent_moves_it_to_sent(make_page):
    page = make_page([make_record(S.UNCERTAIN, R.UNSETTLED, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.RESOLVE_SENT)

    page.wait_rows()
    page.go("Sent")
    page.wait_rows("a")


def test_a_refused_message_is_edited_as_a_copy_and_stays(make_page):
    page = make_page([make_record(S.FAILED, R.REJECTED, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.EDIT)

    page.wait(lambda: page.host.opened == ["copy-of-a"])
    assert page.rows() == ["a"]


def test_sign_in_opens_the_account_it_waits_for(make_page):
    page = make_page([make_record(S.HELD, R.SIGN_IN, uid="a", account_uid="outlook-1")])
    page.wait_rows("a")

    page.click_link(0, Action.SIGN_IN)

    assert page.host.opened == [("accounts", "outlook-1")]


def test_a_draft_opens_by_enter_and_is_discarded_by_delete_after_a_question(make_page, qtbot):
    page = make_page(drafts=[make_draft("d1")])
    page.go("Drafts")
    page.wait_rows("d1")
    page.view.select_uid("d1")

    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert page.host.opened == ["d1"]
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    page.answer("dialog.yes")

    page.wait_rows()
    assert page.host.acts == [("discard", "d1")]


def test_a_double_click_opens_a_draft(make_page, qtbot):
    page = make_page(drafts=[make_draft("d1")])
    page.go("Drafts")
    page.wait_rows("d1")
    place = page.view.visualRect(page.view.rows().index(0, 1)).center()

    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert page.host.opened == ["d1"]


def test_a_saved_draft_appears_by_itself(make_page):
    page = make_page()
    page.go("Drafts")
    page.host.drafts["d9"] = make_draft("d9")

    page.host.bus.publish(DraftsChanged("d9"))

    page.wait_rows("d9")


def test_the_menu_lists_every_action_of_the_row(make_page, qtbot):
    page = make_page([make_record(S.HELD, R.SIGN_IN, uid="a")])
    page.wait_rows("a")
    page.view.select_uid("a")

    from PySide6.QtGui import QContextMenuEvent

    page.view.contextMenuEvent(
        QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    )
    menu = page.view.findChild(QMenu, "mailroom.menu")

    assert [entry.text() for entry in menu.actions()] == ["Sign in…", "Edit", "Cancel"]
    menu.actions()[0].trigger()
    assert page.host.opened == [("accounts", "gmail-1")]
    menu.close()


def test_the_details_tell_what_happened_and_follow_the_record(make_page):
    history = [
        HistoryEntry(at=minutes(-1), state=S.QUEUED, event="submitted", detail={"frozen": "3f9c"}),
    ]
    page = make_page([make_record(uid="a")], history=history)
    page.wait_rows("a")

    page.view.select_uid("a")
    page.wait(lambda: "Send pressed; content frozen 3f9c" in page.window._detail.steps())
    page.host.steps.append(
        HistoryEntry(at=minutes(0), state=S.SENDING, event="draft_made", detail={"draft": "r-7"})
    )
    page.host.bus.publish(OutboundChanged("a"))

    page.wait(lambda: "Draft r-7 made at Gmail" in page.window._detail.steps())


def test_open_shows_the_message_and_export_asks_where(make_page, qtbot, tmp_path):
    page = make_page([make_record(S.SENT, uid="a")])
    page.go("Sent")
    page.wait_rows("a")
    page.view.select_uid("a")
    detail = page.window._detail

    detail.findChild(QPushButton, "detail.open").click()
    page.wait(lambda: page.window.findChild(MessageView) is not None)
    view = page.window.findChild(MessageView)
    page.wait(lambda: "Hi Jane" in view._page.toPlainText())
    detail.findChild(QPushButton, "detail.export").click()
    page.wait(lambda: page.window.findChild(QFileDialog, "file_dialog") is not None)
    dialog = page.window.findChild(QFileDialog, "file_dialog")
    dialog.fileSelected.emit(str(tmp_path / "out"))
    dialog.close()

    page.wait(lambda: "Written:" in page.notice)
    assert page.host.exported == [("a", tmp_path / "out.eml")]
    view.close()


def test_new_message_by_button_and_key(make_page, qtbot):
    page = make_page()

    page.window.findChild(QPushButton, "mailroom.new").click()

    assert page.host.opened == ["new"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Pricing for Q3", "Re Pricing for Q3.eml"),
        ("../../etc/passwd", "etc passwd.eml"),
        ("契約更新のご相談", "契約更新のご相談.eml"),
        ("???", "message.eml"),
    ],
)
def test_a_subject_becomes_a_safe_file_name(subject, expected):
    assert file_name(subject) == expected


def choose(page, *numbers):
    """Click rows with Ctrl held, the first without."""
    for at, number in enumerate(numbers):
        keys = Qt.KeyboardModifier.ControlModifier if at else Qt.KeyboardModifier.NoModifier
        rect = page.view.visualRect(page.view.rows().index(number, 1))
        page.qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, keys, rect.center())


def failed_and_held():
    return [
        make_record(S.FAILED, R.REJECTED, uid="f1"),
        make_record(S.FAILED, R.GAVE_UP, uid="f2"),
        make_record(S.HELD, R.SIGN_IN, uid="h1"),
    ]


def test_a_failed_message_is_dismissed(make_page):
    page = make_page([make_record(S.FAILED, R.REJECTED, uid="a")])
    page.wait_rows("a")

    page.click_link(0, Action.DISMISS)

    page.wait_rows()
    assert page.host.acts == [("dismiss", "a")]
    page.wait(lambda: page.notice.startswith("Dismissed"))


def test_several_chosen_rows_are_dismissed_at_once(make_page):
    page = make_page(failed_and_held())
    page.wait_rows("f1", "f2", "h1")

    choose(page, 0, 1)
    detail = page.window._detail
    assert detail.uid == ""
    detail.findChild(QPushButton, "detail.bulk.dismiss").click()

    page.wait_rows("h1")
    assert page.host.acts == [("dismiss", "f1"), ("dismiss", "f2")]
    page.wait(lambda: page.notice == "2 messages dismissed; the history is kept.")


def test_cancelling_many_asks_first_and_says_what_could_not_be_done(make_page, qtbot):
    page = make_page([make_record(S.SCHEDULED, R.SCHEDULED, uid=one) for one in "abc"])
    page.go("Scheduled")
    page.wait_rows("a", "b", "c")
    page.host.refused.add("b")

    qtbot.keyClick(page.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    assert "3 messages" in page.box().text()
    assert page.host.acts == []
    page.answer("dialog.yes")

    page.wait_rows("b")
    page.wait(lambda: page.notice.startswith("2 messages cancelled"))
    assert "Not done for 1:" in page.notice


def test_the_menu_of_several_rows_counts_what_each_entry_is_for(make_page):
    page = make_page(failed_and_held())
    page.wait_rows("f1", "f2", "h1")
    page.view.selectAll()

    center = page.view.viewport().rect().center()
    reason = QContextMenuEvent.Reason.Keyboard
    page.view.contextMenuEvent(QContextMenuEvent(reason, center, center))

    menu = page.view.findChild(QMenu, "mailroom.menu")
    assert [entry.text() for entry in menu.actions()] == [
        "Try now (2)",
        "Cancel (1)…",
        "Dismiss (2)",
    ]
    menu.close()


def test_scrolling_down_brings_the_next_page(make_page):
    records = [make_record(S.SENT, uid=f"s{number:03}") for number in range(250)]
    page = make_page(records)
    page.go("Sent")
    page.wait(lambda: len(page.rows()) == 100)

    page.view.scrollToBottom()

    page.wait(lambda: len(page.rows()) == 200)
    page.view.scrollToBottom()
    page.wait(lambda: len(page.rows()) == 250)
    assert page.rows() == [one.uid for one in records]


def failed(count):
    return [make_record(S.FAILED, R.REJECTED, uid=f"f{number:03}") for number in range(count)]


def choose_everything(page, qtbot):
    qtbot.keyClick(page.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)


def said_of_choice(page):
    return page.window._detail.findChild(QLabel, "detail.message").text()


def test_everything_chosen_are_those_too_that_are_not_loaded(make_page, qtbot):
    page = make_page([*failed(250), make_record(S.HELD, R.SIGN_IN, uid="h")])
    page.wait(lambda: len(page.rows()) == 100)

    choose_everything(page, qtbot)
    page.wait(lambda: said_of_choice(page) == "251 messages chosen.")
    page.window._detail.findChild(QPushButton, "detail.bulk.dismiss").click()

    page.wait(lambda: page.notice == "250 messages dismissed; the history is kept.")
    page.wait_rows("h")
    assert {name for name, _ in page.host.acts} == {"dismiss"}


def test_everything_chosen_stays_so_as_more_is_loaded_and_ends_with_a_click(make_page, qtbot):
    page = make_page(failed(250))
    page.wait(lambda: len(page.rows()) == 100)
    choose_everything(page, qtbot)
    page.view.scrollToBottom()
    page.wait(lambda: len(page.rows()) == 200)

    assert page.view.has_all_chosen
    assert len(page.view.chosen_rows()) == 200

    page.view.select_uid("f003")
    assert not page.view.has_all_chosen
    assert [row.uid for row in page.view.chosen_rows()] == ["f003"]


def test_everything_chosen_under_a_filter_is_what_the_filter_shows(make_page, qtbot):
    others = [
        make_record(S.FAILED, R.REJECTED, uid=f"o{number}", content={"subject": "other"})
        for number in range(20)
    ]
    page = make_page([*failed(150), *others])
    page.wait(lambda: len(page.rows()) == 100)
    page.window._filter.setText("other")
    page.wait(lambda: len(page.rows()) == 20)

    choose_everything(page, qtbot)
    page.window._detail.findChild(QPushButton, "detail.bulk.dismiss").click()

    page.wait(lambda: page.notice == "20 messages dismissed; the history is kept.")
    assert {uid for _, uid in page.host.acts} == {one.uid for one in others}


class SlowHost(MemoryMailroomHost):
    """Dismisses one for each permit."""

    def __init__(self, records):
        super().__init__(records)
        self.permits = threading.Semaphore(0)

    def dismiss(self, uid):
        def work():
            assert self.permits.acquire(timeout=20)
            return self._move(uid, S.CANCELLED, R.BY_PERSON)

        return self._act("dismiss", uid, work)


def test_what_is_done_with_many_shows_how_far_it_is_and_can_be_stopped(make_page, qtbot):
    page = make_page(host=SlowHost(failed(150)))
    host, window = page.host, page.window
    page.wait(lambda: len(page.rows()) == 100)
    choose_everything(page, qtbot)
    page.wait(lambda: said_of_choice(page) == "150 messages chosen.")
    bar = window.findChild(QFrame, "mailroom.progress")
    assert not bar.isVisible()

    window._detail.findChild(QPushButton, "detail.bulk.dismiss").click()
    for _ in range(3):
        host.permits.release()
    page.wait(bar.isVisible)
    page.wait(lambda: bar.findChild(QLabel, "mailroom.progress.text").text() == "3 of 150 done")
    # The store was asked for a few at a time, so that it does other things in between.
    assert len(host.acts) <= 3 + 4
    bar.findChild(QPushButton, "mailroom.progress.stop").click()
    for _ in range(4):
        host.permits.release()

    page.wait(lambda: "Stopped by you; 143 messages left as before." in page.notice)
    assert page.notice.startswith("7 messages dismissed")
    assert not bar.isVisible()
    assert len(host.acts) == 7


def test_what_was_cancelled_or_dismissed_is_found_again(make_page):
    page = make_page(failed_and_held())
    page.wait_rows("f1", "f2", "h1")
    page.click_link(0, Action.DISMISS)
    page.wait_rows("f2", "h1")

    page.go("Not sent")

    page.wait_rows("f1")
    page.click_link(0, Action.WRITE_AGAIN)
    page.wait(lambda: page.host.opened == ["copy-of-f1"])


def test_an_old_record_that_changes_does_not_jump_to_the_top(make_page):
    records = [
        make_record(S.FAILED, R.REJECTED, uid=f"f{number:03}", created_at=minutes(-number))
        for number in range(150)
    ]
    page = make_page(records)
    page.wait(lambda: len(page.rows()) == 100)
    before = page.rows()
    reads = page.host.reads

    page.host.change(replace(records[140], attempts=2))

    page.wait(lambda: page.host.reads > reads)
    assert page.rows() == before


def test_a_narrow_window_shows_what_is_next_rather_than_from_where(make_page, qtbot):
    page = make_page([make_record(S.QUEUED, R.OFFLINE, uid="a")])
    view = page.window._view

    page.window.resize(page.window.minimumSize())
    qtbot.waitUntil(lambda: view.isVisible() and 800 < view.viewport().width() < 1040)
    assert view.isColumnHidden(FROM)

    # The last column ends inside the window, and no tab is behind an arrow.
    assert view.columnViewportPosition(WHY) + view.columnWidth(WHY) <= view.viewport().width()
    assert page.window._tabs.width() >= page.window._tabs.sizeHint().width()
    page.window.resize(1180, 780)
    qtbot.waitUntil(lambda: not view.isColumnHidden(FROM))


def test_a_tab_that_is_not_looked_at_is_counted_and_read_when_one_turns_to_it(make_page, qtbot):
    page = make_page([make_record(S.QUEUED, R.OFFLINE, uid="a")])
    scheduled = page.window._lists["Scheduled"]
    page.wait(lambda: page.window._lists["Outbox"].model.rowCount() == 1)
    page.host.records["later"] = make_record(
        S.SCHEDULED, R.SCHEDULED, uid="later", due_at=minutes(60)
    )

    page.host.bus.publish(StoreChanged())
    page.wait(lambda: page.window._tabs.count_text(1) == "1")
    assert scheduled.model.rowCount() == 0

    page.window.show_tab("Scheduled")
    page.wait(lambda: scheduled.model.rowCount() == 1)
