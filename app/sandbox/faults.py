"""Faults to order: which request is hurt, how, and how often. Pure bookkeeping."""

from __future__ import annotations

import itertools
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

WIRE = frozenset(
    {
        "refuse_before",
        "drop_after",
        "status_before",
        "status_after",
        "reset_body",
        "throttle",
        "accepted_retry_after",
        "half_answer",
        "wrong_json",
        "unauthorized",
        "revoked",
    }
)
DELAY = frozenset({"stall"})
BEHAVIOUR = frozenset(
    {
        "vanish_draft",
        "late_sent",
        "keep_message_id",
        "rewrite_message_id",
        "no_immutable_id",
    }
)
KINDS = WIRE | DELAY | BEHAVIOUR


class FaultInvalid(ValueError):
    """The order cannot be understood; the text says why."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order; see the control page for the meaning of each field."""

    id: int
    operation: str
    kind: str
    count: int = 1
    skip: int = 0
    delay_s: float | None = None
    when: str = "before"
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    provider: str = ""
    account: str = ""
    form: str = "seconds"
    after_bytes: int = 0
    hits: int = 0

    def matches(self, names: frozenset[str], provider: str, account: str) -> bool:
        return (
            self.count != 0
            and (self.operation == "any" or self.operation in names)
            and self.provider in {"", provider}
            and self.account in {"", account}
        )


class FaultBook:
    """The orders that stand, consumed first in, first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []
        self.releases = 0
        self.stalled = 0

    def add(self, order: dict[str, Any]) -> Fault:
        """Take an order.

        Raises:
            FaultInvalid: unknown kind or field.
        """
        allowed = set(Fault.__dataclass_fields__) - {"id", "hits"}
        unknown = set(order) - allowed
        if unknown:
            raise FaultInvalid(f"unknown fields: {', '.join(sorted(unknown))}")
        if order.get("kind") not in KINDS:
            raise FaultInvalid(f"kind must be one of: {', '.join(sorted(KINDS))}")
        values = {key: value for key, value in order.items() if value is not None}
        values.setdefault("operation", "any")
        if values.get("provider") in {"google", "outlook"}:
            values["provider"] = {"google": "gmail", "outlook": "microsoft"}[values["provider"]]
        with self._lock:
            fault = Fault(id=next(self._ids), **values)
            self._faults.append(fault)
        return fault

    def take(
        self, kinds: frozenset[str], names: frozenset[str], who: tuple[str, str]
    ) -> Fault | None:
        """Consume one hit of the first order that matches; `who` is (provider, account)."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.matches(names, *who):
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.hits += 1
                    fault.count -= 1
                    return fault
        return None

    def peek(self, kind: str, names: frozenset[str], who: tuple[str, str]) -> bool:
        return any(f.kind == kind and f.matches(names, *who) for f in list(self._faults))

    def listing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
