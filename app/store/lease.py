"""One process delivers per profile: a file lock that the system releases when its process dies.

A lock instead of a row with a heartbeat: a crashed holder's lease is free at once, a suspended
computer cannot lose it, and no clock is compared.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from app.runtime.file_lock import lock_file, unlock_file

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.database import Database


class FileLease:
    """Implements `ports.Lease`. Used by one thread."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._handle: IO[bytes] | None = None
        self._seen: int | None = None

    def acquire(self) -> bool:
        """Take or keep the lease."""
        if self._handle is None:
            self._handle = lock_file(self._path)
        return self._handle is not None

    def release(self) -> None:
        """Give the lease up."""
        if self._handle is not None:
            unlock_file(self._handle)
            self._handle = None

    def changed_elsewhere(self) -> bool:
        """Say whether another connection wrote since the last call (about 3 µs)."""
        version = self._database.data_version()
        changed = self._seen is not None and version != self._seen
        self._seen = version
        return changed
