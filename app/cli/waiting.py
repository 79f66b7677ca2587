"""Delivers in this process, or watches another one deliver, until a record rests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.domain.errors import NotFound
from app.domain.events import OutboundChanged, StoreChanged
from app.domain.outbound import OutboundState, Reason

if TYPE_CHECKING:
    from app.domain.outbound import OutboundEmail
    from app.services import Services

LOOK_S = 0.5
_MOVING = frozenset({OutboundState.QUEUED, OutboundState.SENDING, OutboundState.UNCERTAIN})


def deliver_until_settled(uid: str, services: Services, wait_s: float) -> OutboundEmail:
    """Wait up to `wait_s` seconds until the record no longer moves by itself; give it as it is.

    A record that was scheduled for later, held, or final rests at once. A message just accepted by
    a courier of this process rests when its sent copy was read back, or that was given up.

    Raises:
        NotFound: there is no such record.
    """
    changed = threading.Event()
    forget = [
        services.bus.subscribe(OutboundChanged, lambda _: changed.set()),
        services.bus.subscribe(StoreChanged, lambda _: changed.set()),
    ]
    services.dispatcher.start()
    end = services.clock.monotonic() + wait_s
    try:
        while True:
            record = services.records.find(uid)
            if record is None:
                raise NotFound(kind="record", uid=uid)
            left_s = end - services.clock.monotonic()
            is_at_work = services.dispatcher.works_on(uid)
            if left_s <= 0 or not (_is_moving(record) or is_at_work):
                return services.records.find(uid) or record
            changed.wait(min(LOOK_S, left_s))
            changed.clear()
    finally:
        for one in forget:
            one()


def _is_moving(record: OutboundEmail) -> bool:
    if record.state is OutboundState.UNCERTAIN:
        return record.reason is Reason.SETTLING
    # Only while a process delivers does Outlook get it, or give it back.
    return record.state in _MOVING or record.is_at_work
