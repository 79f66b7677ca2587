"""Chips: typed, pasted, edited, removed, dragged, by keyboard throughout."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.domain.address import Address
from app.ui.compose.chip import MIME_TYPE, initials


@pytest.mark.parametrize(
    "key", [Qt.Key.Key_Return, Qt.Key.Key_Comma, Qt.Key.Key_Semicolon, Qt.Key.Key_Tab]
)
def test_a_separator_makes_a_chip(page, key):
    line = page.line("to")
    page.type_into(line, "Jane Doe <jane@northwind.example>")

    page.press(key, line)

    assert page.chips("to") == ["Jane Doe"]
    assert line.text() == ""
    assert page.draft.recipients.to == (Address("jane@northwind.example", "Jane Doe"),)


def test_a_comma_inside_quotes_belongs_to_the_name(page):
    line = page.line("to")

    page.type_into(line, '"Doe, Jane" <jane@x.example>;')

    assert page.chips("to") == ["Doe, Jane"]


def test_leaving_the_field_commits_what_is_half_typed(page):
    page.type_into(page.line("to"), "jane@x.example")

    page.find("composer.subject").setFocus()

    assert page.chips("to") == ["jane@x.example"]


def test_a_pasted_list_becomes_chips_and_what_is_unreadable_stays_marked(page):
    QGuiApplication.clipboard().setText(
        "Jane Doe <jane@x.example>; raj@x.example\nlee@x.example, not an address"
    )
    line = page.line("to")
    line.setFocus()

    page.press(Qt.Key.Key_V, line, Qt.KeyboardModifier.ControlModifier)

    chips = page.window.header.fields["to"].chips
    assert [chip.label for chip in chips if chip.is_readable] == [
        "Jane Doe", "raj@x.example", "lee@x.example",
    ]  # fmt: skip
    marked = [chip for chip in chips if not chip.is_readable]
    assert len(marked) == 1
    assert "not an address" in marked[0].text
    assert "not readable" in marked[0].accessibleName()


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_a_chip_is_reached_and_removed_by_keys(page, key):
    page.to("a@x.example")
    page.to("b@x.example")
    line = page.line("to")

    page.press(Qt.Key.Key_Left, line)
    first = page.window.header.fields["to"].chips[1]
    assert first.hasFocus()
    page.press(key, first)

    assert page.chips("to") == ["a@x.example"]
    assert [a.addr_spec for a in page.draft.recipients.to] == ["a@x.example"]
    assert line.hasFocus()


def test_arrow_keys_walk_along_the_chips(page):
    page.to("a@x.example")
    page.to("b@x.example")
    first, second = page.window.header.fields["to"].chips

    page.press(Qt.Key.Key_Backspace, page.line("to"))
    assert second.hasFocus()
    page.press(Qt.Key.Key_Left, second)
    assert first.hasFocus()
    page.press(Qt.Key.Key_Right, first)
    page.press(Qt.Key.Key_Right, second)

    assert page.line("to").hasFocus()


@pytest.mark.parametrize("how", ["F2", "double click"])
def test_a_chip_is_edited_in_place(page, how):
    page.to("jane@nortwind.example")
    chip = page.window.header.fields["to"].chips[0]

    if how == "F2":
        page.press(Qt.Key.Key_F2, chip)
    else:
        QTest.mouseDClick(chip, Qt.MouseButton.LeftButton, pos=chip.rect().center())
    line = page.line("to")
    assert line.text() == "jane@nortwind.example"
    line.setText("jane@northwind.example")
    page.press(Qt.Key.Key_Return, line)

    assert page.chips("to") == ["jane@northwind.example"]


def test_an_address_stands_in_one_field_only(page):
    page.to("Jane@X.example")
    page.window.header.show_field("cc")
    page.to("raj@x.example", "cc")

    page.to("jane@x.example", "cc")

    assert page.chips("to") == []
    assert page.chips("cc") == ["raj@x.example", "jane@x.example"]
    assert page.draft.recipients.to == ()
    assert len(page.draft.recipients.cc) == 2


def test_the_same_address_twice_is_once(page):
    page.to("jane@x.example, Jane <JANE@x.example>")

    assert page.chips("to") == ["jane@x.example"]


def test_a_chip_dragged_to_another_field_moves(page):
    page.to("Jane Doe <jane@x.example>")
    page.window.header.show_field("bcc")
    chip = page.window.header.fields["to"].chips[0]
    data = chip.mime_data()
    assert data.hasFormat(MIME_TYPE)

    page.drop(data, page.window.header.fields["bcc"].viewport())

    assert page.chips("to") == []
    assert page.chips("bcc") == ["Jane Doe"]
    assert page.draft.recipients.bcc == (Address("jane@x.example", "Jane Doe"),)


def test_dropped_text_is_read_as_recipients(page):
    data = QMimeData()
    data.setText("raj@x.example; lee@x.example")

    page.drop(data, page.window.header.fields["to"].viewport())

    assert page.chips("to") == ["raj@x.example", "lee@x.example"]


def test_the_cross_removes(page):
    page.to("jane@x.example")
    chip = page.window.header.fields["to"].chips[0]

    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=chip._close_rect().center().toPoint())

    assert page.chips("to") == []


def test_cc_and_bcc_open_by_keys(page):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    assert page.window.header.fields["cc"].isHidden() or not page.line("cc").isVisible()

    page.press(Qt.Key.Key_C, page.window, both)
    assert page.line("cc").hasFocus()
    page.press(Qt.Key.Key_B, page.window, both)

    assert page.line("bcc").hasFocus()


def test_tab_goes_from_to_by_subject_into_the_text(page):
    line = page.line("to")
    line.setFocus()

    page.press(Qt.Key.Key_Tab, line)
    assert page.find("composer.subject").hasFocus()
    page.press(Qt.Key.Key_Tab)

    assert page.window.editor.hasFocus()


def test_a_domain_like_a_known_one_is_doubted_and_corrected(page):
    page.to("lee@nortwind.example")
    key = "doubt:lee@nortwind.example"

    assert "looks like northwind.example, where three of your contacts are." in page.notices[key]
    assert page.window.header.fields["to"].chips[0].is_marked
    page.act(key, "Use lee@northwind.example")

    assert page.chips("to") == ["lee@northwind.example"]
    assert key not in page.notices
    assert [a.addr_spec for a in page.draft.recipients.to] == ["lee@northwind.example"]


def test_a_doubt_that_is_kept_is_not_asked_again(page):
    page.to("lee@nortwind.example")

    page.act("doubt:lee@nortwind.example", "Keep")
    page.subject("x")

    assert page.notices == {}
    assert not page.window.header.fields["to"].chips[0].is_marked


def test_initials_come_from_names_and_addresses():
    assert initials(Address("j@x.example", "Jane Doe")) == "JD"
    assert initials(Address("j@x.example", "田中 健")) == "田健"
    assert initials(Address("jane@x.example")) == "J"


def test_an_address_without_a_dot_is_marked_and_stops_the_send(desk, page):
    page.to("jane@nowhere")
    page.subject("Offer")
    page.write("Hello")
    chip = page.window.header.fields["to"].chips[0]
    assert chip.is_marked
    assert "no dot after the @" in chip.toolTip()

    page.window.send()
    page.until(lambda: any(key.startswith("problem:") for key in page.notices))

    sentence = next(text for key, text in page.notices.items() if key.startswith("problem:"))
    assert sentence == (
        "jane@nowhere has no dot after the @, so mail cannot find it. Complete the address."
    )
    assert desk.records() == []


def test_an_address_without_a_dot_is_completed_by_a_known_domain(page):
    page.to("lee@northwind")
    page.until(lambda: "doubt:lee@northwind" in page.notices)

    page.act("doubt:lee@northwind", "Use lee@northwind.example")

    assert page.chips("to") == ["lee@northwind.example"]
    assert page.notices == {}
