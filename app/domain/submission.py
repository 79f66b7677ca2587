"""The request to send one draft. Pure value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.draft import Draft
    from app.domain.outbound import Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One act of sending.

    `undo_s` delays the send so that it can be taken back; `not_before` schedules it;
    `keeper` says who shall keep it until then (None: as the settings say, where the provider can);
    `idempotency_key` with `key_scope` makes a repeated submission give the first one's record.
    """

    draft: Draft
    source: str = "window"
    undo_s: float = 0.0
    not_before: datetime | None = None
    keeper: Keeper | None = None
    idempotency_key: str = ""
    key_scope: str = ""
