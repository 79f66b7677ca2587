"""Answers as lines for people or as JSON, one object a line; failures as one sentence on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from app.domain.texts import error_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.account import Account, Mailbox
    from app.domain.errors import AppError
    from app.domain.outbound import HistoryEntry, OutboundEmail

_LISTS = {
    "account": "accounts list",
    "contact": "contacts list",
    "deal": "deals list",
    "draft": "drafts list",
    "key": "keys list",
    "message": "outbox list",
    "record": "outbox list",
}


class Output:
    """Writes answers in the form that was asked for."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def row(self, value: Mapping[str, Any], line: str) -> None:
        """Write one answer: `value` as JSON, or `line`."""
        text = json.dumps(value, ensure_ascii=False) if self._as_json else line
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def note(self, line: str) -> None:
        """Write a remark for people beside the answers."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def failure(self, error: AppError) -> None:
        """Write what went wrong: JSON with the code, or the sentence."""
        sentence = _sentence(error)
        if self._as_json:
            value: dict[str, Any] = {"error": {"code": error.code, "message": sentence}}
            problems = getattr(error, "problems", ())
            if problems:
                value["error"]["details"] = [
                    {"field": one.field, "code": one.code} for one in problems
                ]
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        self.note(f"postrider: {sentence}")


def _sentence(error: AppError) -> str:
    """Give the sentence; what was looked up by a name is called by it here."""
    kind, name = error.params.get("kind"), error.params.get("uid")
    if error.code != "not_found" or kind not in _LISTS or not name:
        return error_sentence(error)
    return f"There is no {kind} “{name}”. `postrider {_LISTS[kind]}` shows what there is."


def account_value(account: Account, mailboxes: list[Mailbox]) -> dict[str, Any]:
    """Give an account as JSON."""
    return {
        "uid": account.uid,
        "provider": account.provider.value,
        "address": account.address,
        "name": account.display_name,
        "state": account.state.value,
        "capabilities": sorted(account.capabilities),
        "scopes": list(account.scopes),
        "mailboxes": [
            {
                "uid": box.uid,
                "address": box.address,
                "name": box.display_name,
                "is_default": box.is_default,
            }
            for box in mailboxes
            if box.account_uid == account.uid
        ],
    }


def record_value(record: OutboundEmail) -> dict[str, Any]:
    """Give a record as JSON."""
    from app.mime.draft_json import links_to_list  # not for a start that hands over

    receipt = record.receipt
    envelope = record.envelope
    return {
        "uid": record.uid,
        "state": record.state.value,
        "reason": record.reason.value,
        "step": record.step.value,
        "provider": record.provider.value,
        "from": envelope.sender.addr_spec,
        "to": [one.addr_spec for one in envelope.to],
        "cc": [one.addr_spec for one in envelope.cc],
        "bcc": [one.addr_spec for one in envelope.bcc],
        "subject": record.subject,
        "attempts": record.attempts,
        "created_at": record.created_at.isoformat(),
        "due_at": record.due_at.isoformat(),
        "planned_at": record.planned_at.isoformat() if record.planned_at else None,
        "keeper": record.keeper.value,
        "sent_at": record.sent_at.isoformat() if record.sent_at else None,
        "size_bytes": record.message.size_bytes,
        "sha256": record.message.sha256,
        "frozen_hash": record.message.frozen_hash,
        "message_id": record.message.content.message_id,
        "provider_message_id": receipt.provider_message_id if receipt else None,
        "provider_thread_id": receipt.provider_thread_id if receipt else None,
        "wire_message_id": receipt.wire_message_id if receipt else None,
        "differences": list(receipt.differences) if receipt else [],
        "detail": record.detail,
        "links": links_to_list(record.links),
    }


def history_value(entry: HistoryEntry) -> dict[str, Any]:
    """Give a line of history as JSON."""
    return {
        "at": entry.at.isoformat(),
        "state": entry.state.value,
        "event": entry.event,
        "detail": entry.detail,
        "hash": entry.hash,
    }
