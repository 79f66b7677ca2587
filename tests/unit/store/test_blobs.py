from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from app.domain.errors import AttachmentChanged, AttachmentMissing, Cancelled
from app.runtime.cancel import CancelToken
from app.store.blobs import FileBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    folder = tmp_path / "blobs"
    folder.mkdir()
    return FileBlobs(folder)


def files_of(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_bytes_come_back_under_their_digest(blobs: FileBlobs) -> None:
    blob = blobs.put(b"deck")
    assert blob.sha256 == hashlib.sha256(b"deck").hexdigest()
    with blobs.open(blob.sha256) as kept:
        assert kept.read() == b"deck"


def test_same_bytes_are_kept_once(blobs: FileBlobs, tmp_path: Path) -> None:
    assert blobs.put(b"deck") == blobs.put(b"deck")
    assert len(files_of(tmp_path)) == 1


def test_snapshot_is_independent_of_its_source(blobs: FileBlobs, tmp_path: Path) -> None:
    source = tmp_path / "deck.pdf"
    source.write_bytes(b"one" * 1_000_000)
    seen: list[tuple[int, int]] = []
    blob = blobs.snapshot(source, progress=lambda done, total: seen.append((done, total)))
    source.write_bytes(b"two")
    source.unlink()
    with blobs.open(blob.sha256) as kept:
        assert kept.read() == b"one" * 1_000_000
    assert seen[-1] == (3_000_000, 3_000_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_cancelled_snapshot_leaves_nothing(blobs: FileBlobs, tmp_path: Path) -> None:
    source = tmp_path / "deck.pdf"
    source.write_bytes(b"x" * 5_000_000)
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        blobs.snapshot(source, cancel, lambda done, _: cancel.cancel())
    assert files_of(tmp_path) == []


def test_unreadable_source_is_named(blobs: FileBlobs, tmp_path: Path) -> None:
    with pytest.raises(AttachmentMissing) as caught:
        blobs.snapshot(tmp_path / "gone.pdf")
    assert caught.value.params["filename"] == "gone.pdf"


def test_lost_blob_is_an_attachment_that_changed(blobs: FileBlobs) -> None:
    with pytest.raises(AttachmentChanged):
        blobs.open("0" * 64)


def test_collect_frees_only_what_is_old_and_unused(blobs: FileBlobs, tmp_path: Path) -> None:
    used, unused, fresh = blobs.put(b"used"), blobs.put(b"unused"), blobs.put(b"fresh")
    for blob in (used, unused):
        os.utime(blobs.path(blob.sha256), (0, 0))
    assert blobs.collect({used.sha256}) == len(b"unused")
    assert blobs.path(used.sha256).exists()
    assert blobs.path(fresh.sha256).exists()
    assert not blobs.path(unused.sha256).exists()
