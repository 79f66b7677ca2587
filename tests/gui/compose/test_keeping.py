"""Nothing written is lost: autosave, closing, discarding."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from app.domain.errors import StoreFull

CTRL = Qt.KeyboardModifier.ControlModifier


def break_disk(desk):
    """Let saving fail until the returned function is called."""
    real = desk.services.drafts
    state = {"full": True}

    class Drafts:
        def save(self, draft):
            if state["full"]:
                raise StoreFull(path="x", detail="no space")
            real.save(draft)

    def mend():
        state["full"] = False

    return Drafts(), mend


def test_what_is_written_is_saved_at_a_pause(desk, page):
    page.write("Dear Jane")

    page.until(lambda: desk.drafts() and "Dear Jane" in desk.drafts()[0].body.html)
    page.until(lambda: page.text_of("composer.saved").startswith("Saved "))


def test_a_blank_draft_is_not_kept(desk, page):
    page.press(Qt.Key.Key_S, page.window, CTRL)
    page.window.close()

    assert page.window.isHidden()
    assert desk.drafts() == []


def test_closing_saves_what_no_pause_has_saved_yet(desk, page):
    page.write("written a moment ago")
    page.type_into(page.line("to"), "jane@x.example")

    page.press(Qt.Key.Key_W, page.window, CTRL)
    page.until(page.window.isHidden)

    kept = desk.drafts()[0]
    assert "written a moment ago" in kept.body.html
    assert [a.addr_spec for a in kept.recipients.to] == ["jane@x.example"]


def test_a_saved_draft_opens_as_it_was(desk, open_page, page):
    page.to("jane@x.example")
    page.subject("Offer")
    page.write("Dear Jane")
    page.window.close()
    page.until(page.window.isHidden)

    again = open_page(desk.drafts()[0]).ready()

    assert again.chips("to") == ["jane@x.example"]
    assert again.window.editor.toPlainText() == "Dear Jane"
    assert again.window.windowTitle() == "Offer — Postrider"
    assert not again.window.controller.needs_saving


def test_a_draft_filled_in_from_outside_is_kept_without_an_edit(desk, open_page):
    page = open_page(desk.blank(subject="From a link")).ready()

    page.window.close()
    page.until(page.window.isHidden)

    assert [draft.subject for draft in desk.drafts()] == ["From a link"]


def test_emptying_a_saved_draft_and_closing_removes_it(desk, page):
    page.write("x")
    page.until(desk.drafts)
    page.press(Qt.Key.Key_Backspace, page.window.editor)

    page.window.close()
    page.until(page.window.isHidden)

    page.until(lambda: desk.drafts() == [])


def test_a_failed_save_is_said_and_closing_asks(desk, page, log_guard):
    drafts, mend = break_disk(desk)
    page.window.controller._autosave._drafts = drafts
    page.write("precious")
    page.until(lambda: "save" in page.notices)
    assert page.text_of("composer.saved") == "Not saved"
    assert "The disk is full" in page.notices["save"]

    page.window.close()
    page.until(lambda: page.window.findChild(QMessageBox) is not None)
    assert page.window.isVisible()
    page.window.findChild(QMessageBox).findChild(QPushButton, "dialog.no").click()
    assert page.window.isVisible()

    mend()
    page.window.close()
    page.until(page.window.isHidden)
    assert "precious" in desk.drafts()[0].body.html


def test_discard_asks_and_removes(desk, page):
    page.write("never mind")
    page.until(desk.drafts)

    page.find("composer.discard").click()
    box = page.window.findChild(QMessageBox)
    box.findChild(QPushButton, "dialog.no").click()
    assert page.window.isVisible()
    page.find("composer.discard").click()
    page.window.findChildren(QMessageBox)[-1].findChild(QPushButton, "dialog.yes").click()

    page.until(page.window.isHidden)
    page.until(lambda: desk.drafts() == [])


def test_the_title_follows_the_subject(page):
    assert page.window.windowTitle() == "New message — Postrider"

    page.subject("Offer")

    assert page.window.windowTitle() == "Offer — Postrider"


def test_the_sheet_lists_every_key(page):
    page.press(Qt.Key.Key_F1, page.window)

    sheet = page.find("composer.shortcuts")
    words = [found.text() for found in sheet.findChildren(QLabel)]
    assert "Send" in words
    assert "Ctrl+Shift+T" in words
    sheet.accept()


def test_another_message_opens_by_key(desk, page):
    page.press(Qt.Key.Key_N, page.window, CTRL)

    assert desk.windows.opened == ["new"]


def test_a_narrow_window_hides_the_panel_and_keeps_the_button(page):
    page.window.resize(760, 560)
    page.until(lambda: page.window.panel.isHidden())
    assert page.find("composer.conversation").isVisible()

    page.window.resize(1180, 780)

    page.until(lambda: not page.window.panel.isHidden())


def test_switching_light_and_dark_keeps_the_text_as_it_is(desk, page):
    page.write("see https://x.example now")
    before = page.draft

    desk.theme.choose("dark")
    desk.theme.choose("light")

    assert page.draft is before
