"""Sending: what stops it, what asks, what comes back by undo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton

from app.domain.account import AccountState
from app.domain.errors import StoreFull
from app.domain.outbound import Keeper, OutboundState, Reason
from app.ui.compose.send_later import usual_times
from tests.support.composer import CONVERSATIONS, NOON, OUTLOOK, Desk

CTRL = Qt.KeyboardModifier.ControlModifier


def written(page, to="jane@northwind.example", subject="Offer", text="Hi Jane"):
    page.to(to)
    page.subject(subject)
    page.write(text)
    return page


def send(page):
    page.press(Qt.Key.Key_Return, page.window, CTRL)


def bar_of(page):
    page.until(lambda: page.window.after_send.bar is not None)
    return page.window.after_send.bar


def test_send_hands_over_and_counts_down(desk, page):
    written(page)

    send(page)
    bar = bar_of(page)

    assert page.window.isHidden()
    assert bar.isVisible()
    assert bar.findChild(QLabel, "undo_bar.text").text().startswith("Sending in ")
    record = desk.records()[0]
    assert record.state in {OutboundState.SCHEDULED, OutboundState.QUEUED}
    assert record.subject == "Offer"
    assert [a.addr_spec for a in record.envelope.to] == ["jane@northwind.example"]
    assert "Hi Jane" in record.message.content.html
    assert desk.drafts() == []


def test_a_half_typed_address_is_committed_first(desk, page):
    page.subject("Offer")
    page.write("Hi")
    page.type_into(page.line("to"), "raj@northwind.example")

    send(page)
    bar_of(page)

    assert [a.addr_spec for a in desk.records()[0].envelope.to] == ["raj@northwind.example"]


def test_undo_brings_exactly_that_version_back(desk, page):
    written(page)
    before = page.draft
    send(page)
    bar = bar_of(page)

    bar.findChild(QPushButton, "undo_bar.undo").click()
    page.until(page.window.isVisible)

    assert page.window.after_send.bar is None
    assert page.draft.body == before.body
    assert page.draft.recipients == before.recipients
    assert page.draft.subject == before.subject
    assert page.window.editor.html() == before.body.html
    assert desk.records()[0].state is OutboundState.CANCELLED
    assert [draft.uid for draft in desk.drafts()] == [before.uid]


def test_what_was_taken_back_is_written_on_saved_and_sent_again(desk, page):
    written(page)
    send(page)
    bar_of(page).findChild(QPushButton, "undo_bar.undo").click()
    page.until(page.window.isVisible)

    page.write(" again")
    page.until(lambda: "again" in desk.drafts()[0].body.html)
    send(page)
    bar_of(page)

    assert min(record.state.value for record in desk.records()) == "cancelled"
    assert len(desk.records()) == 2
    assert desk.drafts() == []


def test_too_late_to_undo_is_said(desk, page):
    written(page)
    send(page)
    bar = bar_of(page)
    uid = desk.records()[0].uid
    desk.run_store(desk.services.outbox.cancel, uid)

    bar.findChild(QPushButton, "undo_bar.undo").click()

    text = bar.findChild(QLabel, "undo_bar.text")
    page.until(lambda: "Taking" not in text.text())
    assert text.text().endswith(".")
    assert not bar.findChild(QPushButton, "undo_bar.outbox").isHidden()
    bar.findChild(QPushButton, "undo_bar.outbox").click()
    assert desk.windows.opened == ["mailroom"]


def test_send_now_leaves_nothing_to_undo(desk, page):
    written(page)

    page.window.send_bar.now_action.trigger()
    page.until(page.window.isHidden)

    assert page.window.after_send.bar is None
    assert desk.records()[0].state is OutboundState.QUEUED


def test_send_later_schedules(desk, page):
    written(page)
    page.window.send_bar.later_action.trigger()
    dialog = page.find("send_later")
    at = usual_times(desk.services.clock.now())[-1][1]

    # Gmail keeps nothing until a moment.
    assert dialog.findChild(QRadioButton) is None
    dialog.when.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
    page.click("send_later.set")
    bar = bar_of(page)

    record = desk.records()[0]
    assert record.state is OutboundState.SCHEDULED
    assert (record.due_at, record.keeper) == (at, Keeper.COMPUTER)
    assert bar.findChild(QLabel, "undo_bar.text").text().startswith("Goes out ")


@pytest.mark.parametrize(
    ("chosen", "keeper", "reason"),
    [
        (None, Keeper.PROVIDER, Reason.HAND_OVER),
        ("by_outlook", Keeper.PROVIDER, Reason.HAND_OVER),
        ("by_computer", Keeper.COMPUTER, Reason.SCHEDULED),
    ],
)
def test_who_keeps_mail_from_outlook_is_a_choice(desk, page, chosen, keeper, reason):
    page.window.controller.choose_mailbox("box-o")
    written(page)
    page.window.send_bar.later_action.trigger()
    dialog = page.find("send_later")
    assert dialog.findChild(QRadioButton, "send_later.by_outlook").isChecked()
    if chosen:
        dialog.findChild(QRadioButton, f"send_later.{chosen}").click()

    page.click("send_later.usual.0")
    bar_of(page)

    record = desk.records()[0]
    assert (record.state, record.keeper) == (OutboundState.SCHEDULED, keeper)
    assert record.reason is reason
    assert record.planned_at == usual_times(record.created_at)[0][1]


def test_undo_of_mail_outlook_is_to_keep_comes_before_it_is_handed_over(desk, page):
    page.window.controller.choose_mailbox("box-o")
    written(page)
    page.window.send_bar.later_action.trigger()
    page.find("send_later")
    page.click("send_later.usual.0")
    bar = bar_of(page)
    record = desk.records()[0]
    assert record.due_at - record.created_at == timedelta(seconds=10)

    bar.findChild(QPushButton, "undo_bar.undo").click()
    page.until(page.window.isVisible)

    assert desk.records()[0].state is OutboundState.CANCELLED


def test_usual_times_are_in_the_future_and_apart():
    times = [at for _text, at in usual_times(NOON)]

    assert all(at > NOON for at in times)
    assert times == sorted(set(times))
    assert times[-1] - NOON < timedelta(days=8)


# --- what stops or asks --------------------------------------------------------------------------


def test_nobody_named_stops_and_puts_the_cursor_there(desk, page):
    page.subject("Offer")
    page.write("Hi")

    send(page)
    page.until(lambda: page.notices)

    assert list(page.notices.values()) == ["Nobody is named. Fill in To, Cc or Bcc."]
    assert page.line("to").hasFocus()
    assert page.window.isVisible()
    assert desk.records() == []


def test_text_that_is_no_address_stops(desk, page):
    written(page)
    page.to("not an address")

    send(page)

    assert any("cannot be read as an address" in text for text in page.notices.values())
    assert desk.records() == []


def test_a_fixed_problem_goes_away_with_the_next_send(desk, page):
    page.subject("Offer")
    page.write("Hi")
    send(page)
    page.until(lambda: page.notices)

    page.to("jane@northwind.example")
    send(page)
    bar_of(page)

    assert page.notices == {}
    assert len(desk.records()) == 1


def test_a_warning_asks_once(desk, page):
    page.to("jane@northwind.example")
    page.write("Hi")

    send(page)
    page.until(lambda: "send" in page.notices)
    assert "There is no subject." in page.notices["send"]
    assert desk.records() == []
    page.act("send", "Send anyway")
    bar_of(page)

    assert len(desk.records()) == 1


def test_keep_writing_puts_the_cursor_where_the_warning_is(page):
    page.to("jane@northwind.example")
    page.write("Hi")
    send(page)
    page.until(lambda: "send" in page.notices)

    page.act("send", "Keep writing")

    assert page.find("composer.subject").hasFocus()
    assert not page.window.sending.is_busy


def test_a_full_disk_leaves_everything_where_it_is(desk, page):
    written(page)

    def full(submission):
        raise StoreFull(path="x", detail="no space")

    desk.host.submit = lambda submission: desk.services.executors.run_store(full, submission)
    send(page)
    page.until(lambda: "send" in page.notices)

    assert page.notices["send"] == (
        "Not sent. The disk is full, so nothing was accepted. Make room, then try again."
    )
    assert page.window.isVisible()
    assert page.find("composer.send").isEnabled()
    assert "Hi Jane" in page.draft.body.html
    page.write(" more")
    page.until(lambda: "more" in desk.drafts()[0].body.html)


def test_a_signed_out_account_is_said(desk, open_page):
    desk.run_store(desk.services.accounts.set_state, OUTLOOK.uid, AccountState.SIGNED_OUT, NOON)
    page = open_page().ready()
    page.window.controller.choose_mailbox("box-o")

    assert page.text_of("composer.from.address").endswith("signed out")


def test_a_reply_goes_out_in_its_thread(desk, page):
    page.window.replying.pick(CONVERSATIONS[0])
    page.until(lambda: page.draft.reply is not None)
    page.write("Here they are.")

    send(page)
    bar_of(page)

    content = desk.records()[0].message.content
    assert content.in_reply_to == "<thread-1@northwind.example>"
    assert content.references == (
        "<first@northwind.example>",
        "<thread-1@northwind.example>",
    )
    assert "Here they are." in content.html
    assert "Could you send the Q3 numbers?" in content.html


# --- accounts ------------------------------------------------------------------------------------


def test_every_mailbox_of_every_account_is_offered(page):
    picker = page.window.header.mailbox
    picker._fill_menu()

    assert [action.text() for action in picker._menu.actions() if action.text()] == [
        "Ada Reyes <ada@acme.example> · Gmail",
        "Acme Sales <sales@acme.example> · Gmail",
        "Ada Reyes <ada.reyes@contoso.example> · Outlook",
        "Accounts…",
    ]
    assert page.text_of("composer.from.name") == "Ada Reyes"
    assert page.text_of("composer.from.address") == "ada@acme.example · Gmail"
    picker._menu.actions()[2].trigger()
    assert page.draft.mailbox_uid == "box-o"
    assert page.text_of("composer.carrier") == "Sends via Outlook"
    picker._menu.actions()[-1].trigger()


def test_without_an_account_the_window_says_what_to_do(tmp_path, qtbot):
    desk = Desk(tmp_path / "empty", accounts=())
    window = desk.compose()
    window.show()
    qtbot.waitUntil(lambda: "welcome" in window.notices.texts)

    assert window.notices.texts["welcome"].startswith("No account is connected yet.")
    window.notices.act("welcome", "Add account")

    assert desk.windows.opened == ["accounts"]
    window.closing.close_now()
    desk.close()


def test_the_outbox_count_is_shown_and_opens_the_mailroom(desk, open_page, page):
    written(page)
    page.window.send_bar.now_action.trigger()
    page.until(page.window.isHidden)

    other = open_page()
    waiting = other.find("composer.waiting", QPushButton)
    other.until(lambda: waiting.text() == "1 waiting in Outbox")
    waiting.click()

    assert desk.windows.opened == ["mailroom"]


def test_the_cursor_is_where_it_was_after_a_question(page):
    page.to("jane@northwind.example")
    page.write("Hi")

    send(page)
    page.until(lambda: "send" in page.notices)

    assert page.window.editor.hasFocus()
    assert not page.window.editor.isReadOnly()


def test_the_same_mail_a_second_time_is_asked_about(desk, page, open_page):
    send(written(page))
    bar_of(page)
    again = written(open_page().ready())

    send(again)
    again.until(lambda: "send" in again.notices)

    assert "within the last ten minutes" in again.notices["send"]
    assert len(desk.records()) == 1
    next(
        one for one in again.window.notices.findChildren(QPushButton) if one.text() == "Send anyway"
    ).click()
    bar_of(again)
    assert len(desk.records()) == 2


def test_a_mail_that_was_taken_back_is_sent_without_a_question(desk, page):
    send(written(page))
    bar_of(page).findChild(QPushButton, "undo_bar.undo").click()
    page.until(page.window.isVisible)

    send(page)

    page.until(lambda: len(desk.records()) == 2)


def test_the_days_use_is_shown_once_something_was_sent(page):
    bar = page.window.send_bar
    usage = page.find("composer.usage", QLabel)

    bar.show_usage(0, 2000)
    assert not usage.isVisible()
    bar.show_usage(312, 2000)
    assert usage.text() == "312 of 2,000 today"
    assert usage.isVisible()
    assert usage.property("tone") == "muted"
    bar.show_usage(312, 2000, 40)
    assert usage.text() == "312 of 2,000 today, 40 from other programs"
    bar.show_usage(1900, 2000)
    assert usage.property("tone") == "warn"
