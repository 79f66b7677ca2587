"""What a row of the Mailroom is made of: the person's verbs, and the words with their places. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What the person may do with a record; the verb is on the link."""

    UNDO = "undo"
    CANCEL = "cancel"
    EDIT = "edit"
    RETRY = "retry"
    SIGN_IN = "sign_in"
    SHOW_EVIDENCE = "show_evidence"
    RESOLVE_SENT = "resolve_sent"
    RESOLVE_AGAIN = "resolve_again"
    OPEN = "open"
    WRITE_AGAIN = "write_again"
    DISCARD = "discard"
    DISMISS = "dismiss"

    @property
    def label(self) -> str:
        """Give the words on the link; an ellipsis means that a question follows."""
        return _LABELS[self]


_A = Action
_LABELS = {
    _A.UNDO: "Undo",
    _A.CANCEL: "Cancel",
    _A.EDIT: "Edit",
    _A.RETRY: "Try now",
    _A.SIGN_IN: "Sign in…",
    _A.SHOW_EVIDENCE: "Show evidence",
    _A.RESOLVE_SENT: "It was sent",
    _A.RESOLVE_AGAIN: "Send again…",
    _A.OPEN: "Open",
    _A.WRITE_AGAIN: "Use as new",
    _A.DISCARD: "Discard…",
    _A.DISMISS: "Dismiss",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWords:
    """What a row says. `mark` names an icon, `tone` a colour (plain, muted, accent, warn, ok, danger)."""

    state: str
    state_detail: str
    why: str
    actions: tuple[Action, ...]
    tone: str
    mark: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a row before its values are filled in."""

    mark: str
    tone: str
    state: str
    detail: str
    why: str
    actions: tuple[Action, ...]
