"""Large pastes and pictures: made ready on a worker, put where they were asked for, one step back."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QImage

from app.domain.attachment import Disposition

CTRL = Qt.KeyboardModifier.ControlModifier
LARGE = "<p>Some <b>bold</b> words, again and again.</p>" * 1200


def paste(page, html):
    data = QMimeData()
    data.setHtml(html)
    data.setText("text")
    QGuiApplication.clipboard().setMimeData(data)
    page.window.editor.setFocus()
    page.press(Qt.Key.Key_V, page.window.editor, CTRL)


def settle(page):
    page.until(lambda: not page.window.pasting.is_busy)


def picture(width=40, height=20, kind="PNG"):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, kind)
    return bytes(buffer.data().data())


@pytest.fixture
def cleaned_on(monkeypatch):
    """Note on which threads markup is cleaned."""
    from app.mime.html import paste as module

    seen = []
    clean = module.clean_paste

    def noting(html):
        seen.append(threading.current_thread().name)
        return clean(html)

    monkeypatch.setattr(module, "clean_paste", noting)
    return seen


def test_a_large_paste_is_cleaned_on_a_worker_and_comes_whole(page, cleaned_on):
    paste(page, LARGE)
    assert page.window.editor.toPlainText() == ""
    assert page.window.pasting.is_busy

    settle(page)

    assert all(name.startswith("files") for name in cleaned_on)
    assert page.draft.body.html.count("<b>bold</b>") == 1200


def test_a_small_paste_is_there_before_the_next_key(page, cleaned_on):
    paste(page, "<p>Hello <b>you</b></p>")
    page.write("!")

    assert "<b>you" in page.draft.body.html
    assert page.window.editor.toPlainText() == "Hello you!"
    assert cleaned_on == ["MainThread"]


def test_what_is_typed_meanwhile_stands_behind_a_large_paste(page):
    page.write("before ")
    paste(page, LARGE)
    page.write("after")
    settle(page)

    text = page.window.editor.toPlainText()
    assert text.startswith("before Some bold")
    assert text.endswith("after")
    assert text.count("bold") == 1200


def test_a_large_paste_over_a_selection_is_one_step_back(page):
    page.write("keep this")
    page.window.editor.selectAll()
    paste(page, LARGE)
    settle(page)
    assert "keep this" not in page.window.editor.toPlainText()

    page.press(Qt.Key.Key_Z, page.window.editor, CTRL)

    assert page.window.editor.toPlainText() == "keep this"


def test_undo_halfway_ends_a_large_paste(page):
    page.write("mine")
    paste(page, LARGE * 4)
    page.until(lambda: "bold" in page.window.editor.toPlainText())
    page.press(Qt.Key.Key_Z, page.window.editor, CTRL)
    settle(page)

    assert page.window.editor.toPlainText() == "mine"


def test_send_waits_for_what_is_pasted(desk, page):
    page.to("jane@northwind.example")
    page.subject("Words")
    paste(page, LARGE)

    page.window.send()

    assert "still being put into the text" in page.notices["send"]
    settle(page)
    assert desk.records() == []


def test_no_slice_of_a_large_paste_takes_long(page, monkeypatch):
    from app.ui.compose import late_insert

    taken = []
    step = late_insert._SlicedInsert.step

    def timed(self):
        begun = time.perf_counter()
        step(self)
        taken.append(time.perf_counter() - begun)

    monkeypatch.setattr(late_insert._SlicedInsert, "step", timed)
    paste(page, LARGE * 4)
    settle(page)

    assert len(taken) > 20
    # The middle one: a machine that is busy with something else stretches single ones.
    assert sorted(taken)[len(taken) // 2] < 0.1


def test_a_picture_file_is_kept_as_it_is(page, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture(3000, 1500, "JPEG"))

    page.window.pictures.keep(path)
    page.until(lambda: page.draft.attachments)

    kept = page.draft.attachments[0]
    assert (kept.filename, kept.media_type) == ("photo.jpg", "image/jpeg")
    assert kept.size_bytes == path.stat().st_size
    assert 'width="560" height="280"' in page.draft.body.html
    assert page.window.editor.rich.pictures[kept.content_id].width() == 1120


def test_a_picture_other_programs_cannot_show_becomes_a_png(page, tmp_path):
    path = tmp_path / "scan.bmp"
    path.write_bytes(picture(kind="BMP"))

    page.window.pictures.keep(path)
    page.until(lambda: page.draft.attachments)

    assert page.draft.attachments[0].filename == "scan.png"
    assert page.draft.attachments[0].media_type == "image/png"


@pytest.mark.parametrize("content", [b"no picture at all", b""])
def test_what_is_no_picture_is_refused_with_a_sentence(page, tmp_path, content):
    path = tmp_path / "notes.png"
    path.write_bytes(content)

    page.window.pictures.keep(path)
    page.until(lambda: not page.window.pictures.is_busy)

    assert "is not a picture" in page.notices["attach:notes.png"]
    assert page.draft.attachments == ()


def test_a_missing_picture_is_told(page, tmp_path):
    page.window.pictures.keep(tmp_path / "gone.png")
    page.until(lambda: not page.window.pictures.is_busy)

    assert "gone.png" in page.notices["attach:picture"]


def test_words_typed_while_a_picture_is_kept_stand_behind_it(page):
    page.write("a")
    page.window.pictures.keep(picture())
    page.write("b")
    page.until(lambda: "<img" in page.draft.body.html)

    html = page.draft.body.html
    assert html.index(">a") < html.index("<img") < html.index("b</p>")
    page.press(Qt.Key.Key_Z, page.window.editor, CTRL)
    assert page.window.editor.toPlainText() == "ab"


def test_a_picture_in_plain_text_becomes_a_file(page):
    page.find("format.mode.plain").click()

    page.window.pictures.keep(picture())
    page.until(lambda: page.draft.attachments)

    assert page.draft.attachments[0].disposition is Disposition.ATTACHMENT
    assert page.window.tray.names == ["picture.png"]


def test_a_draft_is_saved_while_files_are_copied(desk, page):
    """Copies have threads of their own; the writer of drafts waits for none of them."""
    gate = threading.Event()
    held = [desk.services.executors.run_files(gate.wait, 30) for _ in range(2)]
    try:
        page.write("important")
        page.until(lambda: [draft.body.html for draft in desk.drafts() if draft.body.html])
        assert not any(future.done() for future in held)
    finally:
        gate.set()
