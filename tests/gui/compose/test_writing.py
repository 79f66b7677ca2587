"""The text: keys, formats, pasting, plain and back, pictures, the quote."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QImage, QTextCursor, QTextDocument
from PySide6.QtTest import QTest

from app.domain.attachment import Disposition
from app.domain.draft import Body, BodyMode
from app.mime.html import markup

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def paste(page, html="", text="", modifier=CTRL):
    data = QMimeData()
    if html:
        data.setHtml(html)
    data.setText(text or "text")
    QGuiApplication.clipboard().setMimeData(data)
    page.window.editor.setFocus()
    page.press(Qt.Key.Key_V, page.window.editor, modifier)


def test_typing_makes_paragraphs(page):
    page.write("Hi Jane,\rthanks.")

    assert page.draft.body.mode is BodyMode.HTML
    assert page.draft.body.html == (
        f'<p style="{markup.P_SPACED}">Hi Jane,</p><p style="{markup.P_SPACED}">thanks.</p>'
    )


@pytest.mark.parametrize(
    ("key", "tag"), [(Qt.Key.Key_B, "b"), (Qt.Key.Key_I, "i"), (Qt.Key.Key_U, "u")]
)
def test_letters_are_formatted_by_keys(page, key, tag):
    editor = page.window.editor
    page.write("a ")
    page.press(key, editor, CTRL)
    page.write("b")
    page.press(key, editor, CTRL)
    page.write(" c")

    assert f"a <{tag}>b</{tag}> c" in page.draft.body.html


def test_the_bar_shows_and_sets_the_format(page):
    bold = page.find("format.bold")
    page.write("word")
    page.window.editor.selectAll()

    bold.click()

    assert "<b>word</b>" in page.draft.body.html
    assert bold.isChecked()
    bold.click()
    assert "<b>" not in page.draft.body.html


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("- one\rtwo", '<ul style="'),
        ("1. one\rtwo", '<ol style="'),
        ("# Title\rtext", "<h1 style="),
        ("> said", "<blockquote "),
    ],
)
def test_markdown_marks_at_the_start_of_a_line(page, typed, expected):
    page.write(typed)

    html = page.draft.body.html
    assert html.startswith(expected)
    assert ">- " not in html
    assert "# " not in html


def test_enter_on_an_empty_item_leaves_the_list(page):
    page.write("- one\r\rafter")

    html = page.draft.body.html
    assert html.endswith(f'</ul><p style="{markup.P_SPACED}">after</p>')


def test_tab_nests_list_items_and_shift_tab_takes_them_out(page):
    page.write("- one\rtwo")
    page.press(Qt.Key.Key_Tab, page.window.editor)
    assert page.draft.body.html.count("<ul") == 2

    page.press(Qt.Key.Key_Backtab, page.window.editor, SHIFT)

    assert page.draft.body.html.count("<ul") == 1


def test_backspace_at_the_start_of_an_item_makes_it_a_paragraph(page):
    page.write("- one")
    page.press(Qt.Key.Key_Home, page.window.editor)

    page.press(Qt.Key.Key_Backspace, page.window.editor)

    assert page.draft.body.html == f'<p style="{markup.P_SPACED}">one</p>'


def test_a_heading_is_followed_by_plain_text(page):
    page.write("## Offer\rtext")

    html = page.draft.body.html
    assert html.startswith("<h2")
    assert html.endswith(f'<p style="{markup.P_SPACED}">text</p>')


def test_a_typed_web_address_becomes_a_link_and_writing_goes_on_without(page):
    page.write("see https://x.example/a?b=1, and more")

    html = page.draft.body.html
    assert '<a href="https://x.example/a?b=1"' in html
    assert "</a>, and more" in html


def test_a_link_is_set_by_its_pane(page):
    page.write("click here")
    cursor = page.window.editor.textCursor()
    cursor.setPosition(6)
    cursor.setPosition(10, QTextCursor.MoveMode.KeepAnchor)
    page.window.editor.setTextCursor(cursor)

    page.press(Qt.Key.Key_K, page.window.editor, CTRL)
    popup = page.window.editing.link_popup
    assert popup.isVisible()
    assert popup.text.text() == "here"
    popup.href.setText("northwind.example")
    QTest.keyClick(popup.href, Qt.Key.Key_Return)

    assert f'click <a href="https://northwind.example" style="{markup.LINK}">here</a>' in (
        page.draft.body.html
    )


def test_a_link_to_a_script_is_refused(page):
    page.window.editor.setFocus()
    page.press(Qt.Key.Key_K, page.window.editor, CTRL)
    popup = page.window.editing.link_popup

    popup.href.setText("javascript:alert(1)")
    QTest.keyClick(popup.href, Qt.Key.Key_Return)

    assert popup.isVisible()
    assert "A link goes to" in popup.findChild(type(popup._hint), "composer.link.hint").text()
    popup.hide()
    assert "<a" not in page.draft.body.html


def test_a_table_is_inserted_and_walked_by_tab(page):
    page.window.editor.setFocus()
    page.window.format_bar.findChild(object, "format.table.2x2").trigger()
    page.write("a")
    page.press(Qt.Key.Key_Tab, page.window.editor)
    page.write("b")

    assert page.draft.body.html == markup.table([["a", "b"], ["<br>", "<br>"]])


def test_pasted_markup_is_cleaned_and_loads_nothing(page):
    paste(
        page,
        html='<p class="MsoNormal" onclick="x()">a <b>b</b><script>evil()</script>'
        '<img src="http://tracker.example/p.png" alt="pixel"></p>',
    )

    html = page.draft.body.html
    assert "<b>b</b>" in html
    for word in ("script", "evil", "Mso", "onclick", "tracker.example"):
        assert word not in html


def test_paste_without_formatting(page):
    paste(page, html="<b>bold</b>", text="bold", modifier=CTRL | SHIFT)

    assert page.draft.body.html == f'<p style="{markup.P_SPACED}">bold</p>'


def test_what_is_copied_is_clean(page):
    page.write("a ")
    page.press(Qt.Key.Key_B, page.window.editor, CTRL)
    page.write("b")
    page.window.editor.selectAll()

    data = page.window.editor.createMimeDataFromSelection()

    assert data.text() == "a b"
    assert "<b>b</b>" in data.html()
    assert "-qt-" not in data.html()


@pytest.mark.parametrize(
    "url", ["http://x.example/p.png", "file:///etc/passwd", "https://x.example/a.css", "data:,x"]
)
def test_documents_load_nothing_from_outside(page, url):
    document = page.window.editor.rich

    kind = QTextDocument.ResourceType.ImageResource.value
    assert document.loadResource(kind, url) is None
    assert page.window.panel.view.loadResource(kind, url) is None


def test_a_pasted_picture_becomes_part_of_the_message(page):
    image = QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    page.window.editor.setFocus()

    page.press(Qt.Key.Key_V, page.window.editor, CTRL)
    page.until(lambda: page.draft.attachments)

    kept = page.draft.attachments[0]
    assert kept.disposition is Disposition.INLINE
    assert f'src="cid:{kept.content_id}" width="40" height="20"' in page.draft.body.html
    assert kept.content_id in page.window.editor.rich.pictures


def test_a_saved_picture_is_shown_again(desk, open_page, page):
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    page.window.pictures.keep(image)
    page.until(lambda: "<img" in page.draft.body.html)

    again = open_page(page.draft)

    cid = page.draft.attachments[0].content_id
    again.until(lambda: cid in again.window.editor.rich.pictures)
    assert again.window.editor.html() == page.draft.body.html


# --- plain text ----------------------------------------------------------------------------------


def test_going_plain_says_what_is_lost_and_undo_brings_it_back(page):
    page.write("see https://x.example now")
    page.press(Qt.Key.Key_A, page.window.editor, CTRL)
    page.press(Qt.Key.Key_B, page.window.editor, CTRL)
    before = page.draft.body

    page.find("format.mode.plain").click()
    assert page.draft.body.mode is BodyMode.PLAIN
    assert "see https://x.example now" in page.draft.body.text
    assert page.notices["plain"] == (
        "Plain text goes out without links and formatting. Undo brings everything back."
    )
    page.press(Qt.Key.Key_Z, page.window.editor, CTRL)

    assert page.draft.body == before
    assert page.find("format.mode.html").isChecked()
    assert page.notices == {}


def test_plain_text_that_was_edited_comes_back_as_paragraphs(page):
    page.write("one")
    page.find("format.mode.plain").click()
    page.window.editor.moveCursor(QTextCursor.MoveOperation.End)
    page.write("\r\rtwo")

    page.find("format.mode.html").click()

    assert page.draft.body.html == (
        f'<p style="{markup.P_SPACED}">one</p><p style="{markup.P_SPACED}">two</p>'
    )


def test_plain_text_asks_nothing_when_nothing_is_lost(page):
    page.write("just words")

    page.find("format.mode.plain").click()

    assert page.notices == {}
    assert page.draft.body == Body(BodyMode.PLAIN, "", "just words")


def test_a_plain_draft_opens_plain(desk, open_page):
    page = open_page(desk.blank(body=Body(BodyMode.PLAIN, "", "a\n  b"))).ready()

    assert page.window.editor.is_plain
    assert page.window.editor.toPlainText() == "a\n  b"
    assert page.find("format.bold").isHidden()


def test_the_style_is_named_before_anything_is_written(page):
    assert page.find("format.style").text() == "Paragraph"
