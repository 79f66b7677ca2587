"""One request to send on its way: who asks, what for, under which key. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.gateway.dialects import Asked, Dialect
    from app.ports.gateway import ApiKey

# What takes longer than this to render would hold up all that are accepted with it.
LIGHT_CHARS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and how long they want to wait for the outcome."""

    key: ApiKey
    request_id: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Slot:
    """An idempotency key in use: whose and where (`scope`), what for (`fingerprint`)."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Act:
    """One request on its way."""

    dialect: Dialect
    asked: Asked
    caller: Caller
    slot: Slot | None = None

    @property
    def is_far(self) -> bool:
        """Say whether the network is needed before the message can be enqueued."""
        return self.asked.order is not None and self.asked.order.is_far

    @property
    def is_light(self) -> bool:
        """Say whether it is made ready in no time: a short text without files."""
        order = self.asked.order
        if order is None or order.is_far or order.files:
            return False
        return len(order.html or "") + len(order.text or "") <= LIGHT_CHARS
