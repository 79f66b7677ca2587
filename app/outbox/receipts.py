"""Checks and exports what was recorded: exact bytes, envelope, chained history. On a worker."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.errors import AttachmentChanged, NotFound, StoreDamaged, StoreError
from app.domain.history import first_broken_link
from app.mime.render import frozen_hash

if TYPE_CHECKING:
    from pathlib import Path

    from app.domain.outbound import HistoryEntry, OutboundEmail
    from app.ports import BlobStore, OutboxStore

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check of one record found: `fault` is empty, chain, end, bytes_gone, bytes or envelope."""

    uid: str
    steps: int
    fault: str = ""
    at: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the record is as it was written."""
        return not self.fault


def verify_record(record: OutboundEmail, *, records: OutboxStore, blobs: BlobStore) -> Finding:
    """Check a record's chain of history, its frozen bytes and its envelope.

    Raises:
        StoreError: the profile's files cannot be read.
    """
    try:
        history = records.history(record.uid)
    except StoreDamaged:
        return Finding(uid=record.uid, steps=0, fault="chain", at="0")
    fault, at = "", ""
    broken = first_broken_link(record.uid, history)
    frozen = history[0].detail.get("frozen", "") if history else ""
    if broken is not None or not history:
        fault, at = "chain", str(broken or 0)
    elif not _ends_as(record, history):
        fault, at = "end", str(len(history))
    elif frozen != record.message.frozen_hash or record.message.frozen_hash != frozen_hash(
        record.message.sha256, record.envelope
    ):
        fault = "envelope"
    else:
        fault = _spool_fault(record, blobs)
    return Finding(uid=record.uid, steps=len(history), fault=fault, at=at)


def _ends_as(record: OutboundEmail, history: list[HistoryEntry]) -> bool:
    """Say whether the record stands where its history ends: steps taken off leave a chain that holds."""
    states = (history[-1].state, record.state)
    if any(state.is_final for state in states) and states[0] is not states[1]:
        return False
    told = {entry.detail.get("message", "") for entry in history}
    return record.receipt is None or record.receipt.provider_message_id in told | {""}


def _spool_fault(record: OutboundEmail, blobs: BlobStore) -> str:
    digest = hashlib.sha256()
    try:
        with blobs.open(record.message.sha256) as spool:
            while chunk := spool.read(CHUNK_BYTES):
                digest.update(chunk)
    except AttachmentChanged:
        return "bytes_gone"
    return "" if digest.hexdigest() == record.message.sha256 else "bytes"


def export_record(uid: str, target: Path, *, records: OutboxStore, blobs: BlobStore) -> Path:
    """Write the frozen bytes to `target` and what happened to a .json beside it.

    Raises:
        NotFound: there is no such record.
        AttachmentChanged: the kept bytes are gone.
        StoreError: the files cannot be written (`detail` says why).
    """
    record = records.find(uid)
    if record is None:
        raise NotFound(kind="message", uid=uid)
    beside = target.with_suffix(".json")
    if beside == target:
        beside = target.with_suffix(".record.json")
    found = verify_record(record, records=records, blobs=blobs)
    try:
        with blobs.open(record.message.sha256) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
        check = {"ok": found.holds, "fault": found.fault, "step": found.at}
        document = record_document(record, records.history(uid)) | {"check": check}
        text = json.dumps(document, ensure_ascii=False, indent=2)
        beside.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(path=str(target), detail=error.strerror or str(error)) from error
    return beside


def record_document(record: OutboundEmail, history: list[HistoryEntry]) -> dict[str, object]:
    """Give the record, its envelope and its chained history as JSON values."""
    envelope = record.envelope
    receipt = record.receipt
    return {
        "uid": record.uid,
        "state": record.state.value,
        "reason": record.reason.value,
        "provider": record.provider.value,
        "created_at": record.created_at.isoformat(),
        "sent_at": record.sent_at.isoformat() if record.sent_at else None,
        "attempts": record.attempts,
        "subject": record.subject,
        "envelope": {
            "from": envelope.sender.format(),
            "to": [one.format() for one in envelope.to],
            "cc": [one.format() for one in envelope.cc],
            "bcc": [one.format() for one in envelope.bcc],
        },
        "sha256": record.message.sha256,
        "size_bytes": record.message.size_bytes,
        "frozen_hash": record.message.frozen_hash,
        "receipt": {
            "provider_message_id": receipt.provider_message_id,
            "provider_thread_id": receipt.provider_thread_id,
            "wire_message_id": receipt.wire_message_id,
            "request_id": receipt.request_id,
            "differences": list(receipt.differences),
        }
        if receipt
        else None,
        "history": [
            {
                "at": entry.at.isoformat(),
                "state": entry.state.value,
                "event": entry.event,
                "detail": entry.detail,
                "hash": entry.hash,
            }
            for entry in history
        ],
    }
