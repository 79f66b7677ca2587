"""The files of a forwarded message: fetched at once, sent only when they are here, kept over restarts."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from app.domain.conversation import OriginalAttachment, OriginalKind
from app.domain.draft import ReplyMode
from app.domain.errors import NotFound, Unavailable
from app.ui.compose.attachment_tray import FileChip


def original_file(name, **more):
    values = {"media_type": "application/pdf", "size_bytes": 2_000_000, **more}
    return OriginalAttachment(provider_id=name, filename=name, **values)


DECK, OFFER = original_file("deck.pdf"), original_file("offer.pdf")
LOGO = original_file("logo.png", media_type="image/png", content_id="logo@northwind")


def png(width=900):
    image = QImage(width, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("#c03030"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


@pytest.fixture
def files(desk):
    desk.conversations.files = (DECK, OFFER)
    return desk.files


def forward(page):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.forward").click()
    page.until(lambda: page.draft.reply is not None and page.draft.reply.mode is ReplyMode.FORWARD)


def ready_to_send(page):
    page.to("boss@acme.example")
    forward(page)


def chip(page, name, stage="coming"):
    return page.find(f"{stage}.{name}", FileChip)


def names(page):
    return [one.filename for one in page.draft.attachments]


def send(page):
    page.window.send(undo_s=0.0)


def test_files_are_fetched_at_once_with_their_progress(page, files):
    files.contents["offer.pdf"] = b"x" * 10
    files.go.clear()
    forward(page)
    page.until(lambda: chip(page, "deck.pdf")._size.text() == "50 % of 2.0 MB")
    page.until(lambda: chip(page, "offer.pdf").accessibleName() == "offer.pdf, 2.0 MB, 50 % here")
    assert page.text_of("composer.tray.sum") == "2 files, 4.0 of 25 MB"
    files.go.set()

    page.until(lambda: names(page) == ["deck.pdf", "offer.pdf"])
    assert page.draft.coming == ()
    assert chip(page, "deck.pdf", "file").isVisible()
    page.until(lambda: page.text_of("composer.tray.sum").startswith("2 files, 0.0"))


def test_their_order_is_the_original_s_whoever_is_first(page, desk, files):
    late, started = threading.Event(), desk.files.fetch

    def fetch(coming, **more):
        if coming.file is DECK:
            assert late.wait(20)
        return started(coming, **more)

    desk.files.fetch = fetch
    forward(page)
    page.until(lambda: names(page) == ["offer.pdf"])
    late.set()
    page.until(lambda: names(page) == ["deck.pdf", "offer.pdf"])


def test_sending_asks_while_files_are_on_their_way(page, desk, files):
    files.go.clear()
    ready_to_send(page)
    send(page)

    assert page.notices["send"] == (
        "Not sent yet: deck.pdf and offer.pdf of the original are still being fetched."
    )
    assert desk.records() == []
    page.act("send", "Send when they are here")
    assert "goes out as soon as" in page.notices["send"]
    assert not page.window.header.isEnabled()
    page.window.close()
    assert page.window.isVisible(), "closing would break the promise"
    files.go.set()

    page.until(lambda: len(desk.records()) == 1)
    sent = desk.records()[0].message.content.attachments
    assert [one.filename for one in sent] == ["deck.pdf", "offer.pdf"]


def test_waiting_to_send_can_be_given_up(page, desk, files):
    files.go.clear()
    ready_to_send(page)
    send(page)
    page.act("send", "Send when they are here")
    page.act("send", "Do not send yet")

    assert page.window.header.isEnabled()
    files.go.set()
    page.until(lambda: len(names(page)) == 2)
    assert desk.records() == []
    assert "send" not in page.notices


def test_one_may_send_without_them(page, desk, files):
    files.go.clear()
    ready_to_send(page)
    send(page)
    page.act("send", "Send without them")

    page.until(lambda: desk.records())
    assert desk.records()[0].message.content.attachments == ()


def test_what_fails_is_said_and_can_be_tried_again(page, desk, files):
    files.errors["offer.pdf"] = Unavailable(provider="gmail")
    ready_to_send(page)
    page.until(lambda: "fetch" in page.notices)

    assert page.notices["fetch"] == (
        "offer.pdf could not be fetched from the original."
        " Gmail cannot be reached. Check the connection and try again."
    )
    assert chip(page, "offer.pdf")._size.text() == "not fetched"
    send(page)
    assert page.notices["send"].startswith("Not sent yet: offer.pdf could not be fetched")
    assert desk.records() == []
    files.errors.clear()
    page.act("fetch", "Try again")

    page.until(lambda: names(page) == ["deck.pdf", "offer.pdf"])
    assert "fetch" not in page.notices


def test_the_chip_itself_tries_again(page, files):
    files.errors["offer.pdf"] = Unavailable(provider="gmail")
    forward(page)
    page.until(lambda: "fetch" in page.notices)
    files.errors.clear()
    page.find("coming.offer.pdf.again").click()
    page.until(lambda: names(page) == ["deck.pdf", "offer.pdf"])


def test_a_failure_while_the_mail_waits_stops_the_waiting(page, desk, files):
    files.go.clear()
    files.errors["deck.pdf"] = NotFound(kind="file", uid="deck.pdf")
    ready_to_send(page)
    send(page)
    page.act("send", "Send when they are here")
    files.go.set()

    page.until(lambda: "fetch" in page.notices)
    assert page.window.header.isEnabled()
    page.act("fetch", "Leave it out")
    page.until(lambda: page.draft.coming == ())
    assert page.notices["fetch-out"] == "deck.pdf is not sent along."
    assert desk.records() == []


def test_taking_one_out_while_it_comes_can_be_undone(page, files):
    files.go.clear()
    forward(page)
    page.until(lambda: len(files.asked) == 2)
    QTest.keyClick(chip(page, "deck.pdf"), Qt.Key.Key_Delete)
    page.until(lambda: len(page.draft.coming) == 1)
    page.act("fetch-out", "Undo")
    assert len(page.draft.coming) == 2
    files.go.set()

    page.until(lambda: names(page) == ["deck.pdf", "offer.pdf"])
    assert files.asked.count("deck.pdf") == 2


def test_a_draft_that_still_awaits_files_goes_on_when_it_is_opened_again(
    page, desk, files, open_page
):
    files.go.clear()
    forward(page)
    page.until(lambda: files.asked)
    page.window.close()
    page.until(lambda: not page.window.isVisible())
    [saved] = desk.drafts()
    assert [one.file.filename for one in saved.coming] == ["deck.pdf", "offer.pdf"]
    assert saved.attachments == ()
    files.go.set()

    again = open_page(saved)
    again.until(lambda: names(again) == ["deck.pdf", "offer.pdf"])
    again.until(lambda: desk.drafts()[0].coming == ())


def test_nobody_sends_such_a_draft_past_the_window(page, desk, files):
    files.go.clear()
    ready_to_send(page)
    problems = desk.run_store(desk.services.submitter.check, page.draft)
    assert [one.code for one in problems if one.is_error] == ["files_coming"]


def test_pictures_of_the_original_are_kept_and_shown(page, desk):
    desk.conversations.html = '<p>See <img src="cid:logo@northwind" alt="Logo"></p>'
    desk.conversations.files = (LOGO, DECK)
    desk.files.contents["logo.png"] = png()
    ready_to_send(page)
    page.until(lambda: len(names(page)) == 2)
    assert page.window.tray.names == ["logo.png", "deck.pdf"]
    page.find("composer.quote.show").click()
    view = page.window.quote.view
    page.until(lambda: "logo@northwind" in view._pictures)

    document = view.document()
    page.until(lambda: document.idealWidth() > 400)
    assert document.idealWidth() < 640, "a wide picture is fitted"
    send(page)
    page.until(lambda: desk.records())
    content = desk.records()[0].message.content
    inline = [one for one in content.attachments if one.is_inline]
    assert [one.content_id for one in inline] == ["logo@northwind"]
    assert "cid:logo@northwind" in content.html


def test_a_picture_that_arrives_later_appears_in_the_open_quote(page, desk):
    desk.conversations.html = '<p><img src="cid:logo@northwind"></p>'
    desk.conversations.files = (LOGO,)
    desk.files.contents["logo.png"] = png()
    desk.files.go.clear()
    forward(page)
    page.find("composer.quote.show").click()
    page.until(lambda: page.window.quote.is_filled)
    desk.files.go.set()
    page.until(lambda: page.window.quote.view._pictures)


def test_without_the_quote_its_pictures_are_not_waited_for(page, desk):
    desk.conversations.html = '<p><img src="cid:logo@northwind"></p>'
    desk.conversations.files = (LOGO,)
    desk.files.go.clear()
    ready_to_send(page)
    page.find("composer.quote.remove").click()
    page.write("Never mind the logo.")
    send(page)
    page.until(lambda: desk.records())
    assert desk.records()[0].message.content.attachments == ()
    desk.files.go.set()


def test_a_picture_that_nothing_shows_goes_as_a_file(page, desk):
    desk.conversations.files = (LOGO,)
    forward(page)
    page.until(lambda: names(page) == ["logo.png"])
    assert not page.draft.attachments[0].is_inline


def test_edited_inline_the_pictures_stand_in_the_text(page, desk):
    desk.conversations.html = '<p>See <img src="cid:logo@northwind" alt="Logo"></p>'
    desk.conversations.files = (LOGO,)
    desk.files.contents["logo.png"] = png()
    ready_to_send(page)
    page.until(lambda: len(names(page)) == 1)
    page.find("composer.quote.edit").click()
    page.until(lambda: page.draft.quote is None)
    assert "cid:logo@northwind" in page.draft.body.html
    page.until(lambda: "logo@northwind" in page.window.editor.rich.pictures)


def test_links_are_told_and_not_sent(page, desk):
    desk.conversations.html = '<p><a href="https://drive.example/plan">plan.docx</a></p>'
    link = {"kind": OriginalKind.LINK}
    desk.conversations.files = (original_file("plan.docx", **link), original_file("b.xlsx", **link))
    forward(page)
    page.until(lambda: "forward:plan.docx" in page.notices)
    assert page.notices["forward:plan.docx"] == (
        "plan.docx is not sent along: the original only links to it."
        " The link stands in the quoted text."
    )
    assert page.notices["forward:b.xlsx"].endswith("Open the original to copy the link.")
    assert page.draft.coming == ()


def test_leaving_the_forward_leaves_its_files(page, files):
    forward(page)
    page.until(lambda: len(names(page)) == 2)
    page.window.replying.leave()
    assert names(page) == []
    page.act("reply", "Undo")
    assert names(page) == ["deck.pdf", "offer.pdf"]


def test_own_files_stay_when_a_forward_becomes_an_answer(page, desk, files, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    forward(page)
    page.until(lambda: len(names(page)) == 2)
    page.window.attaching.attach_paths([tmp_path / "mine.txt"])
    page.until(lambda: len(names(page)) == 3)
    page.find("composer.panel.reply").click()
    page.until(lambda: page.draft.reply.mode is ReplyMode.REPLY)
    assert names(page) == ["mine.txt"]
    assert page.draft.coming == ()


def test_what_is_typed_while_the_forward_is_made_stays(page, desk, files):
    page.window.panel.browser.select(page.window.panel.browser.model.rows[0].ref)
    page.find("composer.panel.forward").click()
    page.write("Quick note")
    page.until(lambda: len(names(page)) == 2)
    assert "Quick note" in page.draft.body.html


def test_taken_back_after_sending_it_has_its_files(page, desk, files):
    ready_to_send(page)
    page.until(lambda: len(names(page)) == 2)
    page.window.send(undo_s=60.0)
    page.until(lambda: desk.records())
    page.until(lambda: page.window.after_send is not None and not page.window.sending.is_busy)
    back = desk.run_store(desk.services.outbox.take_back, desk.records()[0].uid)
    kept = replace(back, revision=0)
    assert [one.filename for one in kept.attachments] == ["deck.pdf", "offer.pdf"]
    assert kept.coming == ()
