"""Carries an accepted message to its recipients: sandbox mailboxes and everybody else.

Each copy is kept exactly as it was handed over, so that "delivered" can be checked byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.sandbox import gmail_store, graph_store, mail
from app.sandbox.records import Accepted, Delivered
from app.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes out: the bytes without Bcc, and everybody who gets them."""

    provider: str
    account: str
    provider_message_id: str
    thread_id: str
    kept: bytes
    wire: bytes
    recipients: list[str]


def accept(sandbox: Sandbox, parcel: Parcel) -> Accepted:
    """Write down that a provider took a message."""
    head = mail.head_of(parcel.kept)
    row = Accepted(
        id=f"s{len(sandbox.world.accepted) + 1}",
        provider=parcel.provider,
        account=parcel.account,
        provider_message_id=parcel.provider_message_id,
        thread_id=parcel.thread_id,
        message_id=mail.message_id_of(head),
        recipients=list(parcel.recipients),
        subject=mail.subject_of(head),
        raw=parcel.kept,
        accepted_at=sandbox.now(),
    )
    sandbox.world.accepted.append(row)
    sandbox.changes += 1
    return row


def carry(sandbox: Sandbox, parcel: Parcel) -> None:
    """Deliver one copy to each recipient."""
    message_id = mail.message_id_of(mail.head_of(parcel.wire))
    for recipient in parcel.recipients:
        sandbox.world.delivered.append(
            Delivered(
                id=f"d{len(sandbox.world.delivered) + 1}",
                provider=parcel.provider,
                account=parcel.account,
                recipient=recipient,
                raw=parcel.wire,
                message_id=message_id,
                thread_id=parcel.thread_id,
                provider_message_id=parcel.provider_message_id,
                received_at=sandbox.now(),
            )
        )
        address = mailbox_of(sandbox, recipient)
        if address in sandbox.world.gmail:
            gmail_store.arrive(sandbox, address, parcel.wire)
        elif address in sandbox.world.graph:
            graph_store.arrive(sandbox, address, parcel.wire)
    sandbox.changes += 1


def mailbox_of(sandbox: Sandbox, recipient: str) -> str:
    """Resolve an alias to the mailbox that has it."""
    wanted = recipient.casefold()
    for box in sandbox.world.gmail.values():
        if any(alias["sendAsEmail"] == wanted for alias in box.send_as):
            return box.address
    return wanted
