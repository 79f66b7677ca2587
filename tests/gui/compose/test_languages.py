"""Scripts of the world: what is typed reaches the record; right-to-left text runs that way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication

from app.mime.html import markup

JAPANESE = "契約更新のご相談 🎉"
FAMILY = "👩‍👩‍👧‍👦"


def enter(widget, text):
    """Enter text as an input method does: composed first, then committed."""
    widget.setFocus()
    composing = QInputMethodEvent(text[:1], [])
    QApplication.sendEvent(widget, composing)
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(widget, event)


def test_emoji_and_han_reach_the_record(desk, page):
    enter(page.line("to"), "田中 健 <ken@tanaka.example>")
    page.press(Qt.Key.Key_Return, page.line("to"))
    enter(page.find("composer.subject"), JAPANESE)
    enter(page.window.editor, f"こんにちは {FAMILY} 你好 안녕")
    page.window.send(undo_s=60)
    page.until(lambda: desk.records())

    record = desk.records()[0]
    assert record.subject == JAPANESE
    assert [one.format() for one in page.draft.recipients.to] == ["田中 健 <ken@tanaka.example>"]
    assert f"こんにちは {FAMILY} 你好 안녕" in page.draft.body.html


@pytest.mark.parametrize("text", ["مرحبا جين، شكرا لك.", "שלום ג׳יין, תודה."])
def test_right_to_left_paragraphs_start_at_the_right_and_say_so(page, text):
    page.write("Hi\r")
    enter(page.window.editor, text)

    assert page.draft.body.html == (
        f'<p style="{markup.P_SPACED}">Hi</p><p dir="rtl" style="{markup.P_SPACED}">{text}</p>'
    )
    document = page.window.editor.document()
    lines = [document.findBlockByNumber(number).layout().lineAt(0) for number in (0, 1)]
    assert lines[0].naturalTextRect().left() == 0
    assert lines[1].naturalTextRect().right() == pytest.approx(lines[1].rect().right(), abs=2)


def test_right_to_left_text_comes_back_as_it_was(desk, open_page, page):
    enter(page.window.editor, "שלום")
    html = page.draft.body.html

    again = open_page(page.draft)

    assert again.window.editor.html() == html


def test_undo_and_redo_go_step_by_step(page):
    editor = page.window.editor
    page.write("one ")
    page.press(Qt.Key.Key_B, editor, Qt.KeyboardModifier.ControlModifier)
    page.write("two")
    bold = page.draft.body.html

    page.press(Qt.Key.Key_Z, editor, Qt.KeyboardModifier.ControlModifier)
    assert "two" not in editor.toPlainText()
    page.press(
        Qt.Key.Key_Z,
        editor,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )

    assert page.draft.body.html == bold


def test_tab_goes_through_the_window_in_reading_order(page):
    order = ["composer.to.line", "composer.subject", "composer.body", "composer.send"]
    page.line("to").setFocus()
    seen = []
    for _ in order:
        seen.append(QApplication.focusWidget().objectName())
        page.press(Qt.Key.Key_Tab)

    assert seen == order
