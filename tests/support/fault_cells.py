"""The cells of the fault matrix: what is ordered at the sandbox for each, and which cannot exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OPERATIONS = ("create draft", "upload chunk", "send", "read-back", "token refresh")
PROVIDERS = ("gmail", "microsoft")

# How the sandbox calls the requests of an operation.
GROUPS = {
    "create draft": "create_draft",
    "upload chunk": "upload",
    "send": "send",
    "read-back": "read_back",
    "token refresh": "refresh",
}
# Longer than a request may take in these tests, shorter than the grace after it.
STALL_S = 0.8
RETRY_S = 1

FAULTS: dict[str, dict[str, Any]] = {
    "refuse before": {"kind": "refuse_before"},
    "accept, drop answer": {"kind": "drop_after"},
    "accept, then 500": {"kind": "status_after", "status": 500},
    "accept, then 504": {"kind": "status_after", "status": 504},
    "reset mid-body": {"kind": "reset_body", "after_bytes": 10},
    "stall past timeout": {"kind": "stall", "when": "before", "delay_s": STALL_S},
    "429 seconds": {"kind": "throttle", "form": "seconds", "delay_s": RETRY_S},
    "429 HTTP date": {"kind": "throttle", "form": "http_date", "delay_s": RETRY_S},
    "429 time in text": {"kind": "throttle", "form": "gmail_text", "delay_s": RETRY_S},
    "429 without time": {"kind": "throttle", "form": "none"},
    "202 + Retry-After": {"kind": "accepted_retry_after", "delay_s": RETRY_S},
    "401": {"kind": "unauthorized"},
    "revoked": {"kind": "revoked"},
    "wrong JSON before": {"kind": "wrong_json", "when": "before"},
    "wrong JSON after": {"kind": "wrong_json", "when": "after"},
    "answer after timeout": {"kind": "stall", "when": "after", "delay_s": STALL_S},
    "draft vanished": {"kind": "vanish_draft"},
    "sent copy late": {"kind": "late_sent", "delay_s": 0.3},
    "Message-ID rewritten": {"kind": "rewrite_message_id"},
    "immutable id missing": {"kind": "no_immutable_id"},
    # Two at once: what the rules are for.
    "answer dropped, copy late": {"kind": "drop_after", "also": "late_sent", "delay_s": 1.0},
    "answer dropped, draft gone": {"kind": "drop_after", "also": "vanish_draft"},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation hurt in one way at one provider."""

    operation: str
    fault: str
    provider: str

    def orders(self) -> list[dict[str, Any]]:
        """Give what to order at the sandbox."""
        if self.fault == "Message-ID rewritten" and self.provider == "gmail":
            return []  # Gmail always does
        where = {"operation": GROUPS[self.operation], "provider": self.provider}
        fault = dict(FAULTS[self.fault])
        also = fault.pop("also", "")
        orders = [where | fault]
        if also:
            orders.append(where | fault | {"kind": also})
        if self.operation == "token refresh":
            # A refused token is what makes the program refresh it.
            refused = {"operation": "create_draft", "kind": "unauthorized"}
            orders.insert(0, where | refused)
        return orders


_SEE_SEND = "a property of what is sent: see send"
# By operation and fault ("" is any), then by provider ("" is any).
_IMPOSSIBLE: dict[tuple[str, str], dict[str, str]] = {
    ("", "429 time in text"): {"microsoft": "only Gmail writes the time into the sentence"},
    ("", "immutable id missing"): {"gmail": "Gmail has no such ids"},
    ("upload chunk", "draft vanished"): {
        "gmail": "Gmail makes the draft with the last chunk: there is none before",
        "microsoft": "the upload session goes with the draft: as 401 and reset",
    },
    ("read-back", "draft vanished"): {"": "the draft is gone already: it was sent"},
    ("token refresh", "draft vanished"): {"": "no draft takes part"},
    ("read-back", "reset mid-body"): {"": "the request has no body"},
}
_OF_THE_SEND = {
    "sent copy late",
    "Message-ID rewritten",
    "immutable id missing",
    "answer dropped, copy late",
    "answer dropped, draft gone",
}


def cannot_exist(cell: Cell) -> str:
    """Say why a cell has no meaning; empty if it has one."""
    if cell.fault in _OF_THE_SEND and cell.operation != "send":
        return _SEE_SEND
    for key in ((cell.operation, cell.fault), ("", cell.fault)):
        found = _IMPOSSIBLE.get(key, {})
        if reason := found.get(cell.provider) or found.get(""):
            return reason
    return ""


CELLS = [Cell(op, fault, who) for who in PROVIDERS for op in OPERATIONS for fault in FAULTS]
