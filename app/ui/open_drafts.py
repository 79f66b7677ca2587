"""Remembers which drafts have a window, so that a crash brings them back. Runs on a worker; no Qt here."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.domain.draft import Draft
    from app.ports import DraftStore

log = logging.getLogger("ui")
FILE_NAME = "open-windows.json"
MOST = 8


class OpenDrafts:
    """A list of uids in a file of the profile. Losing it loses no draft: all are in the Mailroom."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def remember(self, uids: Iterable[str]) -> None:
        """Write which drafts are open."""
        temporary = self._path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(list(uids)), encoding="utf-8")
            temporary.replace(self._path)
        except OSError as error:
            log.info("open windows are not remembered: %s", error.strerror)

    def load(self, drafts: DraftStore) -> list[Draft]:
        """Give the drafts that were open when the last run ended without closing them."""
        try:
            uids = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        if not isinstance(uids, list):
            return []
        found = (drafts.load(str(uid)) for uid in uids[:MOST])
        return [draft for draft in found if draft is not None and not draft.is_blank]
