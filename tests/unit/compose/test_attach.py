from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.compose.attach import Attacher, guess_media_type
from app.domain.attachment import Disposition
from app.domain.errors import AttachmentMissing
from app.runtime.clock import RandomIds
from app.store.blobs import FileBlobs


@pytest.fixture
def attacher(tmp_path: Path) -> Attacher:
    (tmp_path / "blobs").mkdir()
    return Attacher(blobs=FileBlobs(tmp_path / "blobs"), ids=RandomIds())


def test_file_is_described(attacher: Attacher, tmp_path: Path) -> None:
    path = tmp_path / "Präsentation.pdf"
    path.write_bytes(b"%PDF-1.7")
    attachment = attacher.attach_file(path)
    assert attachment.filename == "Präsentation.pdf"
    assert attachment.media_type == "application/pdf"
    assert attachment.size_bytes == 8
    assert not attachment.content_id


def test_inline_file_gets_a_content_id_or_keeps_its_own(attacher: Attacher, tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(b"\x89PNG")
    made = attacher.attach_file(path, disposition=Disposition.INLINE)
    given = attacher.attach_file(path, disposition=Disposition.INLINE, content_id="logo@x")
    assert made.content_id.endswith("@postrider")
    assert given.content_id == "logo@x"


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "special"])
def test_what_cannot_be_attached_says_why(kind: str, attacher: Attacher, tmp_path: Path) -> None:
    path = tmp_path / "thing"
    match kind:
        case "folder":
            path.mkdir()
        case "empty":
            path.touch()
        case "special":
            os.mkfifo(path)
    with pytest.raises(AttachmentMissing) as caught:
        attacher.attach_file(path)
    assert caught.value.params["detail"] == kind


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.tar.gz", "application/gzip"),
        ("a.unknownthing", "application/octet-stream"),
        ("noextension", "application/octet-stream"),
    ],
)
def test_media_type_follows_the_name(name: str, media_type: str) -> None:
    assert guess_media_type(name) == media_type
