"""What an upload needs to go on after a crash: written down while it runs, sealed.

A session's address is a key to the upload, so it leaves this module sealed only. It stands in the
record's `upload_state` until the draft is complete, and is in no history, export, answer or log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ports import Carriage, Sealer
    from app.providers.values import Json


class UploadNote:
    """The note of one carriage. Raises what the vault raises."""

    def __init__(self, *, carriage: Carriage, sealer: Sealer) -> None:
        self._carriage = carriage
        self._sealer = sealer
        self._sha256 = carriage.message.sha256
        self.is_kept = bool(carriage.upload_state)

    def load(self) -> Json:
        """Give what an earlier attempt wrote about these very bytes; else an empty object."""
        sealed = self._carriage.upload_state
        if not sealed:
            return {}
        try:
            found = json.loads(self._sealer.unseal(sealed) or "{}")
        except ValueError:
            return {}
        is_ours = isinstance(found, dict) and found.get("sha256") == self._sha256
        return found if is_ours else {}

    def save(self, **values: str | int) -> None:
        """Write the note; durable when this returns."""
        text = json.dumps({"sha256": self._sha256, **values})
        self._carriage.save_upload_state(self._sealer.seal(text))
        self.is_kept = True

    def clear(self) -> None:
        """Drop the note: there is nothing to go on with."""
        if self.is_kept:
            self._carriage.save_upload_state("")
            self.is_kept = False
