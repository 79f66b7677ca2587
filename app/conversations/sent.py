"""Puts what was just sent into the index, before the provider tells of it. Never on the GUI thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.domain.conversation import MessageHeader, ThreadRef
from app.domain.errors import AppError
from app.domain.events import ConversationsChanged
from app.domain.outbound import OutboundState

if TYPE_CHECKING:
    from app.conversations.people import People
    from app.conversations.sync import Synchronizer
    from app.domain.outbound import OutboundEmail
    from app.ports import AccountStore, OutboxStore, SyncStore
    from app.runtime.bus import Bus

log = logging.getLogger("provider")
_SNIPPET_CHARS = 200


class SentNotes:
    """Writes a header for every record that was accepted."""

    def __init__(
        self,
        *,
        records: OutboxStore,
        accounts: AccountStore,
        store: SyncStore,
        synchronizer: Synchronizer,
        people: People,
        bus: Bus,
    ) -> None:
        self._records = records
        self._accounts = accounts
        self._store = store
        self._synchronizer = synchronizer
        self._people = people
        self._bus = bus

    def note(self, uid: str) -> None:
        """Add a record's message to its conversation if it is sent. A failure is logged only."""
        try:
            record = self._records.find(uid)
            header = header_of(record) if record is not None else None
            if record is not None and header is not None:
                self._add(record.account_uid, header)
        except AppError as error:
            # The next sync brings it.
            log.info("sent mail %s is not in the index yet: %s", uid, error.code)

    def _add(self, account_uid: str, header: MessageHeader) -> None:
        account = next(
            (one for one in self._accounts.list_accounts() if one.uid == account_uid), None
        )
        if account is None:
            return
        own = self._synchronizer.own_addresses(account)
        self._people.learn(self._store.add_sent(account_uid, header, own))
        self._bus.publish(ConversationsChanged(account_uid))


def header_of(record: OutboundEmail) -> MessageHeader | None:
    """Give the header of a sent record; None if it is not sent or nobody knows its conversation."""
    receipt = record.receipt
    if record.state is not OutboundState.SENT or receipt is None:
        return None
    thread_id = receipt.provider_thread_id or (record.reply.ref.thread_id if record.reply else "")
    if not thread_id or not receipt.provider_message_id:
        return None
    content = record.message.content
    own_words = (line for line in content.text.splitlines() if not line.startswith(">"))
    return MessageHeader(
        ref=ThreadRef(record.account_uid, thread_id),
        # The id under which the provider's own account of it comes: then it is one message, not two.
        provider_message_id=receipt.provider_message_id,
        sent_at=record.sent_at or record.updated_at,
        subject=content.subject,
        sender=content.envelope.sender,
        recipients=(*content.envelope.to, *content.envelope.cc),
        snippet=" ".join(" ".join(own_words).split())[:_SNIPPET_CHARS],
        has_attachments=bool(content.attachments),
        is_sent=True,
        hidden=len(content.envelope.bcc),
    )
