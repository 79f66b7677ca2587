"""Forwarding: subject, quote and recipients."""

from __future__ import annotations

from app.domain.draft import ReplyMode


def forward(page):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.forward").click()
    page.until(lambda: page.draft.reply is not None and page.draft.reply.mode is ReplyMode.FORWARD)


def test_the_panel_forwards(page):
    page.to("boss@acme.example")
    forward(page)

    draft = page.draft
    assert draft.subject == "Fwd: Pricing for Q3"
    assert draft.quote.attribution.startswith("---------- Forwarded message ----------\nFrom: ")
    assert "Subject: Pricing for Q3" in draft.quote.attribution
    assert page.text_of("composer.quote.text") == (
        "⋯  Forwarded message, from Jane Doe <jane@northwind.example>"
    )
    assert page.chips("to") == ["boss@acme.example"]
    assert page.find("composer.panel.forward").isChecked()


def test_the_pane_forwards_what_is_marked(page):
    page.window.thread_picker.open()
    browser = page.window.thread_picker.browser
    page.until(lambda: browser.model.rows)
    browser.select(browser.model.rows[1].ref)

    page.click("composer.conversation.forward")

    page.until(lambda: page.draft.subject == "Fwd: Contract draft")
    assert not page.window.thread_picker.popup.isVisible()


def test_an_answer_that_becomes_a_forward_goes_to_nobody_until_named(page):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.reply").click()
    page.until(lambda: page.chips("to") == ["Jane Doe"])

    forward(page)

    page.until(lambda: page.chips("to") == [])
    assert page.notices["reply"] == "Those the answer was for were taken out."
    page.act("reply", "Undo")
    assert page.chips("to") == ["Jane Doe"]
    assert page.draft.subject == "Re: Pricing for Q3"


def test_a_forward_may_leave_from_any_account(page):
    forward(page)

    page.window.controller.choose_mailbox("box-o")

    assert "thread" not in page.notices


def test_after_forwarding_one_names_people_after_answering_one_writes(page):
    page.window.panel.browser.list.setFocus()
    forward(page)
    assert page.window.focusWidget() is page.line("to")

    page.find("composer.panel.reply").setFocus()
    page.find("composer.panel.reply").click()
    page.until(lambda: page.chips("to") == ["Jane Doe"])
    assert page.window.focusWidget() is page.window.editor


def test_the_pane_under_the_text_leaves_its_height_to_the_text(page):
    forward(page)
    page.until(lambda: page.find("composer.quote").isVisible())
    editor, quote = page.window.editor, page.find("composer.quote")
    page.until(lambda: 0 <= quote.geometry().top() - editor.geometry().bottom() <= 2)
    low = editor.height()

    page.write("\r".join(str(number) for number in range(8)))
    page.until(lambda: editor.height() > low)
    assert quote.geometry().top() - editor.geometry().bottom() <= 2
    page.write("\r".join(str(number) for number in range(60)))
    page.until(lambda: editor.verticalScrollBar().maximum() > 0)
    assert quote.geometry().bottom() <= quote.parentWidget().height()
