"""The signature below the text: the mailbox's own, swapped with it, never part of what was written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.composer import GMAIL, MAILBOXES, on_worker

ADA = "<div><b>Ada Reyes</b><br>Account Executive</div>"
SALES = "<p>The Acme sales team</p>"


@pytest.fixture
def signed_desk(desk):
    own, sales = MAILBOXES["acc-g"]
    boxes = [replace(own, signature_html=ADA), replace(sales, signature_html=SALES)]
    on_worker(desk.services.accounts.save, GMAIL, boxes)
    return desk


@pytest.fixture
def page(signed_desk, open_page):
    return open_page(signed_desk.blank(is_signed=True)).ready()


def shown(page):
    return page.window.signature.view.toPlainText()


def send(page, desk):
    page.to("jane@northwind.example")
    page.subject("Hello")
    page.window.send(undo_s=0.0)
    page.until(desk.records)
    return desk.records()[0].message.content


def test_it_is_shown_and_sent(page, signed_desk):
    page.until(lambda: "Account Executive" in shown(page))
    assert page.text_of("composer.signature.text") == "Signature"
    page.write("Good morning")

    content = send(page, signed_desk)

    assert content.html.index("Good morning") < content.html.index("Account Executive")
    assert content.text == "Good morning\n\n-- \nAda Reyes\nAccount Executive"


def test_another_mailbox_swaps_it_and_leaves_the_text_alone(page, signed_desk):
    page.write("As written")
    page.until(lambda: "Ada Reyes" in shown(page))

    page.window.controller.choose_mailbox("box-s")
    page.until(lambda: shown(page) == "The Acme sales team")
    assert page.window.editor.toPlainText() == "As written"
    page.window.controller.choose_mailbox("box-o")
    page.until(lambda: page.window.signature.isHidden())
    page.window.controller.choose_mailbox("box-s")

    content = send(page, signed_desk)
    assert "The Acme sales team" in content.html
    assert "Ada Reyes" not in content.html


def test_it_can_be_left_out_and_added_again(page, signed_desk):
    page.write("Short")
    page.until(lambda: shown(page))
    page.click("composer.signature.toggle")
    assert page.text_of("composer.signature.text") == "No signature is sent."
    assert page.window.signature.view.isHidden()
    page.click("composer.signature.toggle")
    assert page.window.signature.view.isVisible()
    page.click("composer.signature.toggle")
    assert "Ada Reyes" not in send(page, signed_desk).html


def test_a_signature_alone_is_no_message(page, signed_desk):
    page.until(lambda: shown(page))
    assert page.draft.is_blank
    page.window.close()
    page.until(lambda: not page.window.isVisible())
    assert signed_desk.drafts() == []


def test_an_answer_goes_without_until_it_is_added(page, signed_desk):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.reply").click()
    page.until(lambda: page.draft.reply is not None)
    assert not page.draft.is_signed
    page.click("composer.signature.toggle")
    assert page.draft.is_signed
    page.window.replying.leave()
    page.act("reply", "Undo")
    assert page.draft.is_signed


def test_a_forward_keeps_it(page, signed_desk):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.forward").click()
    page.until(lambda: page.draft.reply is not None)
    assert page.draft.is_signed


def test_a_mailbox_without_one_shows_nothing(desk, open_page):
    page = open_page(desk.blank(is_signed=True)).ready()
    assert page.window.signature.isHidden()
