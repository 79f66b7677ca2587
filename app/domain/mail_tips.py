"""What the provider knows of a recipient before a message is sent: away, full, restricted, large. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTip:
    """One recipient.

    `away` is the text of its automatic reply, in force from `away_from` to `away_until` (None: open);
    of a list `members` is how many it reaches, `outside` how many of those the organisation has not.
    """

    address: str
    away: str = ""
    away_from: datetime | None = None
    away_until: datetime | None = None
    is_full: bool = False
    is_restricted: bool = False
    is_moderated: bool = False
    is_unknown: bool = False
    is_outside: bool | None = None
    members: int = 0
    outside: int = 0
    custom: str = ""

    def is_away(self, now: datetime) -> bool:
        """Say whether automatic replies are on at a moment."""
        if not self.away or (self.away_from is not None and self.away_from > now):
            return False
        return self.away_until is None or self.away_until > now

    def is_worth_a_look(self, now: datetime) -> bool:
        """Say whether the recipient may not get it, or not soon."""
        hindered = self.is_full or self.is_restricted or self.is_moderated or self.is_unknown
        return hindered or self.is_away(now) or bool(self.custom)
