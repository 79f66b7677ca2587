"""Frees the room of files nobody refers to any more. Runs on the dispatcher's thread, when it is idle.

Only the process that delivers does it. A file that is younger than an hour stays in any case
(`BlobStore.collect`): its draft may not be saved yet.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.domain.errors import AppError

if TYPE_CHECKING:
    from app.ports import BlobStore, Clock, OutboxPlans

log = logging.getLogger("outbox")
# Not while a program that was just started still opens its windows.
FIRST_S = 600.0
EVERY_S = 24 * 3600.0


class Housekeeper:
    """Tidies once a day."""

    def __init__(self, *, plans: OutboxPlans, blobs: BlobStore, clock: Clock) -> None:
        self._plans = plans
        self._blobs = blobs
        self._clock = clock
        self._due_s = clock.monotonic() + FIRST_S

    def tidy_if_due(self) -> None:
        """Tidy if it was not done for a day."""
        now_s = self._clock.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + EVERY_S
        try:
            freed = self.tidy()
        except (AppError, OSError) as error:
            log.info("nothing was tidied: %s", type(error).__name__)
        else:
            log.info("tidied: %d bytes freed", freed)

    def tidy(self) -> int:
        """Delete what nobody refers to; give the bytes freed.

        Raises:
            StoreError: the references cannot be read; nothing was deleted.
        """
        return self._blobs.collect(self._plans.blobs_in_use())
