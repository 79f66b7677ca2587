"""A Gmail mailbox: messages, drafts, threads and history. Knows no HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from app.sandbox import mail
from app.sandbox.records import GmailBox, GmailMessage
from app.sandbox.world import Sandbox


def new_id(sandbox: Sandbox) -> str:
    """Gmail's ids are 16 hex digits that grow with time."""
    return f"{int(sandbox.now() * 1000) << 20 | secrets.randbits(20):016x}"


def new_draft_id() -> str:
    return f"r{secrets.randbits(62):d}"


def new_message_id() -> str:
    """What Gmail puts in place of the Message-ID it was given."""
    return f"<CA{secrets.token_urlsafe(38).replace('=', '')}@mail.gmail.com>"


def record(
    box: GmailBox, kind: str, message: GmailMessage, labels: list[str] | None = None
) -> None:
    box.history_id += secrets.randbelow(40) + 1
    message.history_id = box.history_id
    brief = {"id": message.id, "threadId": message.thread_id}
    change: dict[str, Any] = {"message": {**brief, "labelIds": list(message.labels)}}
    if labels is not None:
        change["labelIds"] = labels
    box.history.append({"id": str(box.history_id), "messages": [brief], kind: [change]})


def thread_messages(box: GmailBox, thread_id: str) -> list[GmailMessage]:
    found = [box.messages[ident] for ident in box.threads.get(thread_id, ())]
    return sorted(found, key=lambda m: m.internal_ms)


def joins(box: GmailBox, thread_id: str, raw: bytes) -> bool:
    """Tell whether Gmail puts the message into the thread it names (guides/threads).

    References or In-Reply-To must name one of the thread's messages, and the subjects must match.
    """
    head = mail.head_of(raw)
    named = set(mail.reference_ids(head))
    subject = mail.base_subject(mail.subject_of(head))
    heads = [mail.head_of(message.raw) for message in thread_messages(box, thread_id)]
    known = {mail.message_id_of(other) for other in heads}
    subjects = {mail.base_subject(mail.subject_of(other)) for other in heads}
    return bool(named & known) and subject in subjects


def thread_for_arrival(box: GmailBox, raw: bytes) -> str | None:
    """Find the thread incoming mail belongs to: by what it refers to and by its subject."""
    named = set(mail.reference_ids(mail.head_of(raw)))
    if not named:
        return None
    for message in reversed(list(box.messages.values())):
        known = mail.message_id_of(mail.head_of(message.raw))
        if known in named and joins(box, message.thread_id, raw):
            return message.thread_id
    return None


def add_message(  # noqa: PLR0913 - two of them are rare
    sandbox: Sandbox,
    box: GmailBox,
    raw: bytes,
    labels: list[str],
    thread_id: str | None,
    *,
    at: float | None = None,
    hidden_s: float = 0.0,
) -> GmailMessage:
    """Store a message; without a thread it starts its own."""
    now = sandbox.now()
    ident = new_id(sandbox)
    message = GmailMessage(
        id=ident,
        thread_id=thread_id or ident,
        labels=labels,
        raw=raw,
        internal_ms=int((at if at is not None else now) * 1000),
        history_id=0,
        visible_at=now + hidden_s if hidden_s else 0.0,
        indexed_at=0.0 if at is not None else now + hidden_s + sandbox.settings.index_lag_s,
    )
    box.messages[ident] = message
    box.threads.setdefault(message.thread_id, []).append(ident)
    record(box, "messagesAdded", message)
    sandbox.changes += 1
    return message


def remove_message(sandbox: Sandbox, box: GmailBox, ident: str) -> None:
    message = box.messages.pop(ident, None)
    if message is not None:
        box.threads[message.thread_id].remove(ident)
        record(box, "messagesDeleted", message)
        sandbox.changes += 1


def arrive(sandbox: Sandbox, address: str, raw: bytes) -> GmailMessage:
    """Put incoming mail into the inbox."""
    box = sandbox.world.gmail[address]
    labels = ["UNREAD", "IMPORTANT", "CATEGORY_PERSONAL", "INBOX"]
    return add_message(sandbox, box, raw, labels, thread_for_arrival(box, raw))


def visible(sandbox: Sandbox, box: GmailBox) -> list[GmailMessage]:
    """Return what lists show, newest first."""
    now = sandbox.now()
    shown = [message for message in box.messages.values() if message.visible_at <= now]
    return sorted(shown, key=lambda m: (m.internal_ms, m.id), reverse=True)


def kept_listing(
    sandbox: Sandbox, box: GmailBox, name: str, make: Callable[[], list[GmailMessage]]
) -> list[GmailMessage]:
    """Return a list that is made anew only after a change; it is shared, so nobody may change it.

    Every change has its number in the history. What appears by itself later is not kept.
    """
    kept = sandbox.listings.get((box.address, name))
    if kept is not None and kept[0] == box.history_id:
        return kept[1]
    made = make()
    now = sandbox.now()
    if not any(message.visible_at > now for message in box.messages.values()):
        sandbox.listings[box.address, name] = (box.history_id, made)
    return made
