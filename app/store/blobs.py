"""Content-addressed files: written aside, synced, then renamed to their SHA-256.

A blob that has its final name is complete and on disk; anything else is a leftover of a crash and
is swept by `collect`. Small rendered messages are rows instead (`spool`), opened here alike.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from app.domain.errors import AttachmentChanged, AttachmentMissing, StoreError, StoreFull
from app.ports import Blob
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from app.runtime.cancel import CancelToken
    from app.store.spool import SqliteSpool

CHUNK_BYTES = 1 << 20
LEFTOVER = ".part"
# A leftover younger than this may still be written by another process.
LEFTOVER_AGE_S = 3600.0


class _Writer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._temporary = folder / (secrets.token_hex(12) + LEFTOVER)
        self._digest = hashlib.sha256()
        self._size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with _disk_errors(self._temporary):
            self._out = os.fdopen(os.open(self._temporary, flags, 0o600), "wb", CHUNK_BYTES)

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        self._size += len(data)
        with _disk_errors(self._temporary):
            return self._out.write(data)

    def commit(self) -> Blob:
        name = self._digest.hexdigest()
        target = self._folder / name[:2] / name
        with _disk_errors(target):
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
            target.parent.mkdir(mode=0o700, exist_ok=True)
            self._temporary.replace(target)
            _sync_folder(target.parent)
        return Blob(name, self._size)

    def abandon(self) -> None:
        # A full disk fails the last flush; what matters is that the leftover goes.
        with contextlib.suppress(OSError):
            self._out.close()
        self._temporary.unlink(missing_ok=True)


class FileBlobs:
    """Implements `ports.BlobStore` over one directory."""

    def __init__(self, folder: Path, spool: SqliteSpool | None = None) -> None:
        self._folder = folder
        self._spool = spool

    @contextmanager
    def writer(self) -> Iterator[_Writer]:
        """Write a new blob; without `commit` nothing stays."""
        forbid_gui_thread()
        writer = _Writer(self._folder)
        try:
            yield writer
        finally:
            writer.abandon()

    def put(self, data: bytes) -> Blob:
        """Keep bytes that are in memory."""
        with self.writer() as out:
            out.write(data)
            return out.commit()

    def snapshot(
        self,
        source: Path,
        cancel: CancelToken | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Blob:
        """Copy a file in, reporting bytes done and bytes in all."""
        try:
            original = source.open("rb")
        except OSError as error:
            raise AttachmentMissing(filename=source.name, detail="unreadable") from error
        with original, self.writer() as out:
            total = os.fstat(original.fileno()).st_size
            done = 0
            while chunk := _read(original, source.name):
                if cancel is not None:
                    cancel.check()
                done += out.write(chunk)
                if progress is not None:
                    progress(done, max(total, done))
            return out.commit()

    def open(self, sha256: str) -> IO[bytes]:
        """Open kept bytes.

        Raises:
            AttachmentChanged: they are not there any more.
        """
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as error:
            row = self._spool.find(sha256) if self._spool else None
            if row is None:
                raise AttachmentChanged(filename=sha256[:12]) from error
            return io.BytesIO(row)
        except OSError as error:
            raise StoreError(path=str(self.path(sha256)), detail=str(error)) from error

    def path(self, sha256: str) -> Path:
        """Give where a blob is (or would be) kept as a file."""
        return self._folder / sha256[:2] / sha256

    def is_whole(self, sha256: str) -> bool:
        """Say whether kept bytes are there and still what their name says."""
        digest = hashlib.sha256()
        try:
            with self.path(sha256).open("rb") as kept:
                while chunk := kept.read(CHUNK_BYTES):
                    digest.update(chunk)
        except OSError:
            return False
        return digest.hexdigest() == sha256

    def collect(self, in_use: Iterable[str]) -> int:
        """Delete blobs nobody refers to and old leftovers; give the bytes freed."""
        keep = set(in_use)
        freed = 0
        newest_leftover = _now_of(self._folder) - LEFTOVER_AGE_S
        for path in self._folder.rglob("*"):
            if not path.is_file() or path.name in keep:
                continue
            info = path.stat()
            if info.st_mtime < newest_leftover:
                freed += info.st_size
                path.unlink(missing_ok=True)
        return freed


def _now_of(folder: Path) -> float:
    """Give the file system's own time, which is what modification times are told in."""
    probe = folder / (secrets.token_hex(8) + LEFTOVER)
    with _disk_errors(probe):
        probe.touch()
        now = probe.stat().st_mtime
        probe.unlink()
    return now


def _read(source: IO[bytes], filename: str) -> bytes:
    try:
        return source.read(CHUNK_BYTES)
    except OSError as error:
        raise AttachmentMissing(filename=filename, detail="unreadable") from error


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else StoreError
        raise kind(path=str(path), detail=error.strerror or str(error)) from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable (POSIX; Windows has no such call)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
