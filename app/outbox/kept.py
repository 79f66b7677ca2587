"""Questions about a record that the provider keeps, or may keep, until its moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.domain.outbound import Keeper, OutboundState, Reason

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Who keeps what is scheduled if a submission does not say, and the least time before for it."""

    keeper: Keeper = Keeper.COMPUTER
    lead_s: float = 300.0

    @classmethod
    def of(cls, later_by: str, lead_s: float) -> Keeping:
        """Read the settings; whatever else `later_by` says, this computer keeps it."""
        is_provider = later_by == Keeper.PROVIDER.value
        return cls(keeper=Keeper.PROVIDER if is_provider else Keeper.COMPUTER, lead_s=lead_s)


# Past by anybody's clock: the provider must not keep what is to go now because ours is ahead.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
# Of a record whose draft at the provider is no more.
NO_DRAFT: dict[str, Any] = {
    "provider_draft_id": "",
    "provider_draft_message_id": "",
    "upload_state": "",
}


def is_kept_there(record: OutboundEmail) -> bool:
    """Say whether a record was handed over, or may have been, for a moment that lay ahead then."""
    if record.planned_at is None or record.keeper is not Keeper.PROVIDER:
        return False
    handed_at = record.uncertain_at or record.updated_at
    return record.is_at_provider or handed_at < record.planned_at


def send_at(record: OutboundEmail, now: datetime) -> datetime | None:
    """Give what the provider is to be told of when to send it; None: nothing at all."""
    if record.keeper is not Keeper.PROVIDER:
        return None
    is_sending = record.state is OutboundState.SENDING
    is_later = record.is_for_later(now) or (not is_sending and is_kept_there(record))
    return record.planned_at if is_later else AT_ONCE


def waits_for_handing_over(record: OutboundEmail, now: datetime) -> dict[str, Any]:
    """Give state and reason of a record that was not accepted but has time until its moment."""
    if not record.is_for_later(now):
        return {}
    return {"state": OutboundState.SCHEDULED, "reason": Reason.HAND_OVER}
