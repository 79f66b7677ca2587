"""An Outlook mailbox: items, folders, conversations. Knows no HTTP."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import Any

from app.sandbox import graph_mime, mail
from app.sandbox.records import GraphBox, GraphItem
from app.sandbox.world import Sandbox

FOLDERS = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "outbox": "Outbox",
    "archive": "Archive",
    "junkemail": "Junk Email",
}
_FILETIME_OFFSET_S = 11_644_473_600


def new_item_id() -> str:
    """Ordinary ids change when an item moves; they are case-sensitive."""
    return "AAMkAGI2TG93AAA" + secrets.token_urlsafe(75).replace("_", "-") + "="


def new_immutable_id() -> str:
    return "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A" + secrets.token_urlsafe(30) + "AA=="


def new_message_id(address: str) -> str:
    tenant = address.partition("@")[2].partition(".")[0].upper()[:8]
    return f"<{tenant}P{secrets.token_hex(14).upper()}@{tenant}P193.EURPRD.PROD.OUTLOOK.COM>"


def folder_id(box: GraphBox, name: str) -> str:
    digest = hashlib.sha256(f"{box.address}/{name}".encode()).hexdigest()[:24]
    return f"AQMkAD{digest}AAAA"


def folder_name(box: GraphBox, given: str) -> str | None:
    """Resolve a well-known name or an id."""
    lowered = given.lower()
    if lowered in FOLDERS:
        return lowered
    return next((name for name in FOLDERS if folder_id(box, name) == given), None)


def first_index(at: float) -> bytes:
    """Make the 22 bytes of PidTagConversationIndex that start a conversation ([MS-OXOMSG] 2.2.1.3)."""
    ticks = int((at + _FILETIME_OFFSET_S) * 10_000_000)
    return b"\x01" + struct.pack(">Q", ticks)[1:6] + secrets.token_bytes(16)


def child_index(parent: bytes, at: float) -> bytes:
    """Append the five bytes of one reply level."""
    if len(parent) < 22:
        return first_index(at)
    started = int.from_bytes(b"\x00" + parent[1:6] + b"\x00\x00", "big")
    passed = max(0, int((at + _FILETIME_OFFSET_S) * 10_000_000) - started)
    level = (passed >> 18) & 0x7FFF_FFFF
    return parent + struct.pack(">I", level) + bytes([secrets.randbelow(256)])


def new_conversation_id(box: GraphBox, index: bytes) -> str:
    """Outlook groups by the index: the same 16 bytes are the same conversation."""
    digest = hashlib.sha256(box.address.encode() + index[6:22]).hexdigest()
    return f"AAQkAGI2TG93{digest[:40]}AQAA"


def new_item(sandbox: Sandbox, box: GraphBox, folder: str, *, is_draft: bool) -> GraphItem:
    now = sandbox.now()
    index = first_index(now)
    item = GraphItem(
        id=new_item_id(),
        immutable_id=new_immutable_id(),
        change=0,
        folder=folder,
        is_draft=is_draft,
        created_at=now,
        sent_at=now,
        received_at=now,
        indexed_at=now + sandbox.settings.index_lag_s,
        conversation_index=index,
        conversation_id=new_conversation_id(box, index),
        internet_message_id=new_message_id(box.address),
    )
    box.items[item.immutable_id] = item
    touch(sandbox, box, item)
    return item


def touch(sandbox: Sandbox, box: GraphBox, item: GraphItem) -> None:
    box.change += 1
    item.change = box.change
    sandbox.changes += 1


def fill_from_mime(item: GraphItem, raw: bytes) -> None:
    kept = item.internet_message_id
    for name, value in graph_mime.item_fields(raw).items():
        setattr(item, name, value)
    item.internet_message_id = item.internet_message_id or kept
    item.mime = raw


def find(box: GraphBox, ident: str) -> GraphItem | None:
    item = box.items.get(ident)
    if item is not None:
        return item
    return next((item for item in box.items.values() if item.id == ident), None)


def move(sandbox: Sandbox, box: GraphBox, item: GraphItem, folder: str) -> None:
    """Move an item: its ordinary id changes, the immutable one stays."""
    note_removal(box, item)
    item.folder = folder
    item.id = new_item_id()
    touch(sandbox, box, item)


def note_removal(box: GraphBox, item: GraphItem) -> None:
    box.change += 1
    row: dict[str, Any] = {"change": box.change, "folder": item.folder, "id": item.id}
    box.removed.append({**row, "immutable_id": item.immutable_id})


def delete(sandbox: Sandbox, box: GraphBox, item: GraphItem) -> None:
    note_removal(box, item)
    box.items.pop(item.immutable_id, None)
    sandbox.changes += 1
    hold_back(sandbox, item)


def hold_back(sandbox: Sandbox, item: GraphItem) -> None:
    """Take back a send that is still held: that is how a deferred send is cancelled."""
    if not item.submitted:
        return
    item.submitted = False
    held = [
        t for t in sandbox.world.timers if t.kind == "transport" and t.item_id == item.immutable_id
    ]
    for timer in held:
        sandbox.world.timers.remove(timer)
        for accepted in sandbox.world.accepted:
            if accepted.id == timer.data["accepted"]:
                accepted.cancelled = True


def reissue_immutable_id(box: GraphBox, item: GraphItem) -> None:
    """Do what happens without ImmutableId: nothing of the old handle stays valid."""
    box.items.pop(item.immutable_id, None)
    item.immutable_id = new_immutable_id()
    box.items[item.immutable_id] = item


def arrive(sandbox: Sandbox, address: str, raw: bytes, *, at: float | None = None) -> GraphItem:
    """Put incoming mail into the inbox, into its conversation."""
    box = sandbox.world.graph[address]
    item = new_item(sandbox, box, "inbox", is_draft=False)
    fill_from_mime(item, raw)
    item.is_read = at is not None
    when = at if at is not None else sandbox.now()
    item.received_at, item.sent_at = when, graph_mime.date_of(raw) or when
    if at is not None:
        item.created_at, item.indexed_at = when, 0.0
    join_conversation(box, item)
    return item


def join_conversation(box: GraphBox, item: GraphItem) -> None:
    """Join by what the message refers to, if the subject is the same."""
    named = set((item.references + " " + item.in_reply_to).split())
    if not named:
        return
    subject = mail.base_subject(item.subject)
    for other in reversed(list(box.items.values())):
        same = mail.base_subject(other.subject) == subject
        if other is not item and same and other.internet_message_id in named:
            item.conversation_id = other.conversation_id
            item.conversation_index = child_index(other.conversation_index, item.received_at)
            return
