"""Conversations: listed, searched, previewed safely, picked, left again."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.domain.address import Address
from app.domain.draft import ReplyMode
from tests.support.composer import CONVERSATIONS, JANE, OUTLOOK, RAJ, conversation

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def shown(page):
    return [row.subject for row in page.window.panel.browser.model.rows]


def pick(page, row, mode=ReplyMode.REPLY):
    page.window.replying.pick(row, mode)
    page.until(lambda: page.draft.reply is not None and page.draft.reply.mode is mode)


def test_the_panel_lists_the_conversations_of_the_chosen_account(page):
    assert shown(page) == [row.subject for row in CONVERSATIONS[:4]]

    page.window.controller.choose_mailbox("box-o")

    page.until(lambda: shown(page) == ["Renewal"])


def test_typing_searches_here_first_and_then_at_the_provider(desk, page):
    found = conversation(9, "Pricing of 2019", (JANE,))
    desk.conversations.remote_rows = [found]
    search = page.find("composer.panel.browser.search")

    page.type_into(search, "pricing")
    page.until(lambda: shown(page) == ["Pricing for Q3"])

    page.until(lambda: shown(page) == ["Pricing for Q3", "Pricing of 2019"])


def test_the_latest_message_is_shown_safely(desk, page):
    desk.conversations.html = (
        "<p>Numbers please</p><script>evil()</script><img src='http://tracker.example/x.png'>"
    )
    page.window.panel.browser.select(CONVERSATIONS[0].ref)

    view = page.window.panel.view
    page.until(lambda: "Numbers please" in view.toPlainText())
    assert "evil" not in view.toHtml()
    assert "tracker.example" not in view.toHtml()
    assert page.text_of("composer.panel.headline") == "Jane Doe"


def test_picking_by_keys_makes_the_draft_a_reply(page):
    page.press(Qt.Key.Key_T, page.window, CTRL_SHIFT)
    picker = page.window.thread_picker
    page.until(lambda: picker.popup.isVisible() and picker.browser.model.rows)
    page.type_into(picker.browser.search, "contract")
    page.until(lambda: [r.subject for r in picker.browser.model.rows] == ["Contract draft"])

    page.press(Qt.Key.Key_Down, picker.browser.search)
    page.press(Qt.Key.Key_Return, picker.browser.search)
    page.until(lambda: page.draft.reply is not None)

    draft = page.draft
    assert not picker.popup.isVisible()
    assert draft.subject == "Re: Contract draft"
    assert draft.reply.ref == CONVERSATIONS[1].ref
    assert draft.recipients.to == (JANE,)
    assert page.chips("to") == ["Jane Doe"]
    assert picker.button.text() == "Contract draft"
    assert page.window.windowTitle() == "Re: Contract draft — Postrider"
    assert not page.window.quote.isHidden()


def test_reply_all_adds_the_others_and_what_was_written_stays(page):
    page.write("Hello")
    pick(page, CONVERSATIONS[0])
    assert page.draft.recipients.everybody == (JANE,)
    page.until(lambda: page.find("composer.panel.reply").isVisible())

    page.find("composer.panel.reply_all").click()
    page.until(lambda: page.draft.reply.mode is ReplyMode.REPLY_ALL)

    assert set(page.draft.recipients.everybody) == {JANE, RAJ}
    assert "Hello" in page.draft.body.html
    assert page.find("composer.panel.reply_all").isChecked()
    assert not page.find("composer.panel.reply").isChecked()


def test_new_conversation_turns_it_back_and_undo_forward_again(page):
    pick(page, CONVERSATIONS[0])
    quote = page.draft.quote

    page.find("composer.panel.new").click()
    assert page.draft.reply is None
    assert page.draft.quote is None
    assert page.window.thread_picker.button.text() == "New conversation"
    page.act("reply", "Undo")

    assert page.draft.reply.ref == CONVERSATIONS[0].ref
    assert page.draft.quote == quote


def test_recipients_a_pick_replaced_come_back_by_undo(page):
    page.to("lee@northwind.example")
    pick(page, CONVERSATIONS[0])
    assert page.chips("to") == ["Jane Doe"]

    page.act("reply", "Undo")

    assert page.chips("to") == ["lee@northwind.example"]
    assert page.draft.reply is None


def test_offline_says_so_and_can_be_tried_again(desk, page):
    desk.conversations.is_offline = True
    page.window.replying.pick(CONVERSATIONS[0])
    page.until(lambda: "reply" in page.notices and "Fetching" not in page.notices["reply"])
    assert page.draft.reply is None

    desk.conversations.is_offline = False
    page.act("reply", "Try again")

    page.until(lambda: page.draft.reply is not None)


def test_a_pick_can_be_cancelled(desk, page):
    page.window.replying.pick(CONVERSATIONS[0])
    assert "Fetching the latest message" in page.notices["reply"]

    page.act("reply", "Cancel")

    for _ in range(4):
        desk.services.executors.run_net(lambda: None).result(timeout=30)
    assert page.draft.reply is None
    assert "reply" not in page.notices


def test_another_account_cannot_answer_and_the_person_chooses(page):
    pick(page, CONVERSATIONS[0])

    page.window.controller.choose_mailbox("box-o")
    assert page.notices["thread"] == (
        "This conversation belongs to ada@acme.example; ada.reyes@contoso.example cannot answer"
        " in it."
    )
    assert page.draft.reply is not None
    page.act("thread", "Send from ada@acme.example")
    assert page.draft.mailbox_uid == "box-g"
    assert "thread" not in page.notices

    page.window.controller.choose_mailbox("box-o")
    page.act("thread", "Start a new conversation")
    assert page.draft.reply is None
    assert page.draft.quote is not None
    assert page.draft.mailbox_uid == "box-o"


def test_the_list_follows_the_index(desk, page):
    from app.domain.events import ConversationsChanged

    desk.conversations.rows.insert(0, conversation(7, "Just in", (JANE,)))

    desk.services.bus.publish(ConversationsChanged("acc-g"))

    page.until(lambda: shown(page)[0] == "Just in")


def test_what_is_shown_already_is_not_drawn_again(page):
    model, resets = page.window.panel.browser.model, []
    model.modelReset.connect(lambda: resets.append(len(model.rows)))
    model.set_rows(list(model.rows))
    assert resets == []
    model.set_rows(model.rows[1:])
    assert resets == [len(model.rows)]


# --- the quoted original ---------------------------------------------------------------------


def test_the_quote_is_folded_shown_safely_and_kept_byte_for_byte(desk, page):
    desk.conversations.html = "<p onclick='x()'>Original  words</p><img src='http://t.example/p'>"
    pick(page, CONVERSATIONS[0])
    assert desk.conversations.html in page.draft.quote.html
    assert page.window.quote.view.isHidden()

    page.click("composer.quote.show")

    page.until(lambda: "Original" in page.window.quote.view.toPlainText())
    assert "t.example" not in page.window.quote.view.toHtml()
    assert page.draft.body.html == ""


def test_a_removed_quote_comes_back(page):
    pick(page, CONVERSATIONS[0])
    quote = page.draft.quote

    page.click("composer.quote.remove")
    assert page.draft.quote is None
    assert page.window.quote.isHidden()
    page.act("quote", "Undo")

    assert page.draft.quote == quote


def test_editing_inline_moves_it_into_the_text_and_undo_back(page):
    page.write("Hi Jane,")
    pick(page, CONVERSATIONS[0])
    quote, before = page.draft.quote, page.draft.body.html
    page.click("composer.quote.edit")
    page.until(lambda: page.draft.quote is None)
    inlined = page.draft.body.html
    assert "Could you send the Q3 numbers?" in inlined
    assert '<blockquote type="cite"' in inlined

    page.window.editor.undo()
    assert page.draft.quote == quote
    assert page.draft.body.html == before
    page.window.editor.redo()

    assert page.draft.quote is None
    assert page.draft.body.html == inlined


def test_only_the_own_addresses_are_left_out(page):
    page.window.controller.choose_mailbox("box-o")
    page.until(lambda: shown(page) == ["Renewal"])

    pick(page, CONVERSATIONS[4], ReplyMode.REPLY_ALL)

    assert OUTLOOK.uid == page.draft.reply.ref.account_uid
    assert Address("ada@acme.example") not in page.draft.recipients.everybody
    assert page.draft.recipients.to == (JANE,)
