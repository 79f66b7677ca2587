"""Files: dropped anywhere, pasted, refused with a sentence, measured against the account."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QScrollArea

from app.ui.compose.file_shelf import CHIP_HEIGHT, LINE_GAP
from tests.support.composer import on_worker


def make(folder, name, size):
    path = folder / name
    path.write_bytes(b"x" * size)
    return path


def test_dropped_files_are_kept_and_summed(desk, page, tmp_path):
    page.drop_files(make(tmp_path, "deck.pdf", 4_200_000), make(tmp_path, "quote.xlsx", 310_000))
    page.until(lambda: len(page.draft.attachments) == 2)

    assert page.window.tray.names == ["deck.pdf", "quote.xlsx"]
    assert page.text_of("composer.tray.sum") == "2 files, 4.5 of 25 MB"
    kept = page.draft.attachments[0]
    assert kept.media_type == "application/pdf"
    (tmp_path / "deck.pdf").unlink()
    assert on_worker(desk.host._read, kept.sha256) == b"x" * 4_200_000


@pytest.mark.parametrize("where", ["text", "header", "middle"])
def test_files_may_be_dropped_anywhere(page, tmp_path, where):
    window = page.window
    targets = {
        "text": window.editor.viewport(),
        "header": window.header.fields["to"].viewport(),
        "middle": window.centralWidget(),
    }

    page.drop_files(make(tmp_path, "a.txt", 10), target=targets[where])

    page.until(lambda: page.draft.attachments)
    assert page.draft.body.html == ""
    assert page.chips("to") == []


@pytest.mark.parametrize("kind", ["folder", "empty", "missing"])
def test_what_cannot_be_attached_is_refused_with_a_sentence(page, tmp_path, kind):
    path = tmp_path / "thing.pdf"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()

    page.drop_files(path)
    page.until(lambda: "attach:thing.pdf" in page.notices)

    sentence = page.notices["attach:thing.pdf"]
    assert "thing.pdf" in sentence
    assert sentence.endswith(".")
    assert page.draft.attachments == ()
    assert not page.window.attaching.is_busy


def test_a_file_of_30_mb_is_refused_for_gmail(page, tmp_path):
    page.drop_files(make(tmp_path, "film.mov", 30_000_000))
    page.until(lambda: "attach:film.mov" in page.notices)

    assert page.notices["attach:film.mov"] == (
        "film.mov has 30 MB, which is more than Gmail takes: 25 MB of files in a mail. It was not"
        " attached. Send a link to it instead."
    )
    assert page.draft.attachments == ()


def test_a_file_of_20_mb_is_attached_for_gmail(page, tmp_path):
    page.drop_files(make(tmp_path, "talk.mp4", 20_000_000))

    page.until(lambda: page.draft.attachments)
    assert "limit" not in page.notices


def test_switching_the_account_measures_again(page, tmp_path):
    page.window.controller.choose_mailbox("box-o")
    page.drop_files(make(tmp_path, "big.zip", 25_500_000))
    page.until(lambda: page.draft.attachments)
    assert "limit" not in page.notices
    assert page.text_of("composer.tray.sum") == "1 file, 25.5 of 26 MB"

    page.window.controller.choose_mailbox("box-g")

    assert "Gmail takes 25 MB" in page.notices["limit"]
    assert page.text_of("composer.tray.sum") == "1 file, 25.5 of 25 MB"


def test_files_are_renamed_and_removed_by_keys(page, tmp_path):
    page.drop_files(make(tmp_path, "deck.pdf", 10), make(tmp_path, "b.txt", 10))
    page.until(lambda: len(page.draft.attachments) == 2)
    chip = page.find("file.deck.pdf")

    page.press(Qt.Key.Key_F2, chip)
    line = page.find("file.deck.pdf.line")
    line.setText("Offer/2026.pdf")
    page.press(Qt.Key.Key_Return, line)
    assert page.window.tray.names == ["Offer_2026.pdf", "b.txt"]

    page.press(Qt.Key.Key_Delete, page.find("file.b.txt"))
    assert page.window.tray.names == ["Offer_2026.pdf"]
    assert page.text_of("composer.tray.sum").startswith("1 file,")


def test_pasted_files_are_attached(page, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make(tmp_path, "a.txt", 3)))])
    QGuiApplication.clipboard().setMimeData(data)
    page.window.editor.setFocus()

    page.press(Qt.Key.Key_V, page.window.editor, Qt.KeyboardModifier.ControlModifier)

    page.until(lambda: page.window.tray.names == ["a.txt"])


def test_a_dropped_picture_stands_in_the_text(page):
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.green)
    data = QMimeData()
    data.setImageData(image)

    page.drop(data)

    page.until(lambda: "cid:" in page.draft.body.html)


def test_an_address_of_the_web_is_no_file(page):
    data = QMimeData()
    data.setUrls([QUrl("https://x.example/deck.pdf")])

    page.drop(data)

    assert "not a file" in page.notices["attach:web"]


def test_a_copy_can_be_cancelled(desk, page, tmp_path):
    path = make(tmp_path, "a.bin", 1000)
    page.window.attaching.attach_paths([path])
    key = next(iter(page.window.attaching._tokens))

    page.window.attaching.cancel(key)

    desk.run_store(lambda: None)
    page.until(lambda: not page.window.attaching.is_busy)
    assert page.window.tray.isHidden()
    assert page.draft.attachments == ()


def test_a_kept_file_is_opened_as_a_read_only_copy(desk, page, tmp_path):
    page.drop_files(make(tmp_path, "a.txt", 3))
    page.until(lambda: page.draft.attachments)

    path = desk.host.copy_to_open(page.draft.attachments[0]).result(timeout=30)

    assert path.name == "a.txt"
    assert path.read_bytes() == b"xxx"
    assert path.stat().st_mode & 0o222 == 0


def test_many_files_scroll_and_leave_the_text_its_room(page, tmp_path):
    page.window.resize(640, 480)
    page.drop_files(*[make(tmp_path, f"plan {number}.pdf", 10) for number in range(20)])
    page.until(lambda: len(page.draft.attachments) == 20)

    shelf = page.window.findChild(QScrollArea, "composer.tray.shelf")
    page.until(lambda: shelf.height() == 2 * CHIP_HEIGHT + LINE_GAP)
    assert shelf.verticalScrollBar().maximum() > 0
    assert page.window.editor.height() > 40

    page.window.resize(1180, 780)
    page.until(lambda: shelf.height() == 3 * CHIP_HEIGHT + 2 * LINE_GAP)
