"""Removes the provider's draft of a record that will not be sent. On a courier thread.

Whether it was done is read from the row, so another start takes it up. An attempt that broke off while
the draft was being made may have left one of which only the provider knows: it is looked for by our
marker, once, when the answer can no longer be under way.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.errors import (
    AppError,
    NotConnected,
    SignInError,
    StoreError,
    Throttled,
    Unavailable,
    VaultUnavailable,
)
from app.domain.outbound import DeliveryStep
from app.outbox.supplies import draft_of
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail
    from app.outbox.ledger import Ledger
    from app.outbox.supplies import Supplies
    from app.outbox.verdicts import Timing
    from app.ports import Clock

log = logging.getLogger("outbox")
# What may be over by itself, with the pauses before it is tried again: after two days it is left.
_PASSING = (Throttled, Unavailable, SignInError, VaultUnavailable)
_PAUSES_S = (60.0, 300.0, 1800.0, 7200.0, 21600.0, 43200.0, 86400.0)


def needs_sweep(record: OutboundEmail) -> bool:
    """Say whether there is a draft at the provider, or may be."""
    is_half_made = bool(record.upload_state) or record.step is DeliveryStep.DRAFTING
    return bool(record.provider_draft_id) or is_half_made


class Sweeper:
    """One call, one record that is cancelled or has failed."""

    def __init__(self, *, ledger: Ledger, supplies: Supplies, clock: Clock, timing: Timing) -> None:
        self._ledger = ledger
        self._supplies = supplies
        self._clock = clock
        self._timing = timing

    def sweep(self, record: OutboundEmail) -> None:
        """Remove its draft, or put that off. Raises StoreError, TooLate."""
        if not needs_sweep(record):
            return
        if not (record.provider_draft_id or record.upload_state or record.asks):
            # The request that makes it may still be under way.
            self._put_off(record, self._timing.grace_s)
            return
        try:
            event = "draft_swept" if self._discard(record) else ""
        except StoreError:
            raise
        except _PASSING as error:
            is_gone = isinstance(error.__cause__, NotConnected)
            if not is_gone and record.asks < len(_PAUSES_S):
                self._put_off(record, max(error.retry_after_s or 0.0, _PAUSES_S[record.asks]))
                return
            event = "draft_left" if record.provider_draft_id else "draft_unasked"
        except AppError as error:
            log.info("the draft of %s was not removed: %s", record.uid, error.code)
            event = "draft_left" if record.provider_draft_id else "draft_unasked"
        self._ledger.change(
            record,
            event,
            reason=record.reason,
            step=DeliveryStep.NONE,
            provider_draft_id="",
            provider_draft_message_id="",
            upload_state="",
        )

    def _put_off(self, record: OutboundEmail, pause_s: float) -> None:
        """Try again later; nothing a person is told of."""
        due_at = self._clock.now() + timedelta(seconds=pause_s)
        asks = record.asks + 1
        self._ledger.change(record, "", reason=record.reason, due_at=due_at, asks=asks)

    def _discard(self, record: OutboundEmail) -> bool:
        """Remove its draft, or what an upload that broke off left of one; False: there was none."""
        provider = self._supplies.provider(record)
        draft = draft_of(record) if record.provider_draft_id else None
        if draft is None:
            unkept = replace(self._supplies.carriage(record, CancelToken()), upload_state="")
            # Looking for a complete one removes those that are not.
            draft = provider.find_draft(unkept)
        if draft is not None:
            provider.discard_draft(draft)
        return draft is not None or bool(record.upload_state)
