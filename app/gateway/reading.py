"""Records and conversations over HTTP. Blocking; in the pool."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from app.domain.account import AccountState, Capability
from app.domain.conversation import ThreadRef
from app.domain.draft import BodyMode, ReplyMode
from app.domain.errors import NotConnected, NotFound, ProviderError, SignInError
from app.gateway.dialect_mailbox import message_document, thread_of
from app.gateway.documents import conversation_document, original_document, outbound_document
from app.gateway.refusals import invalid_field
from app.gateway.words import conversation_id, conversation_of
from app.mime.reply import own_address_of, reply_context
from app.ports.gateway import ShownMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.conversation import OriginalMessage
    from app.domain.outbound import OutboundEmail
    from app.services import Services

MAX_PAGE = 200
DEFAULT_PAGE = 50
MAX_NUMBER = 1 << 53


class ReadingDesk:
    """What was sent and what was written to us, for callers of the gateway."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def outbound(self, uid: str) -> dict[str, Any]:
        """Give one record with its history. Raises NotFound."""
        record = self._services.records.find(uid)
        if record is None:
            raise NotFound(kind="record", uid=uid)
        return outbound_document(record, self._services.records.history(uid))

    def withdraw(self, uid: str) -> dict[str, Any]:
        """Cancel what waits, dismiss what failed; give the record. Raises NotFound, TooLate."""
        services = self._services
        record = services.records.find(uid)
        if record is None:
            raise NotFound(kind="record", uid=uid)
        act = services.outbox.dismiss if record.state == "failed" else services.outbox.cancel
        act(uid)
        return self.outbound(uid)

    def list_outbound(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Give records, newest first, page by page. Raises Refusal."""
        limit = _number(query, "limit", DEFAULT_PAGE, MAX_PAGE)
        before = _number(query, "before", MAX_NUMBER, MAX_NUMBER)
        rows = self._services.gateway.threads.list_outbound(before=before, limit=limit)
        found = [self._services.records.find(uid) for _, uid in rows]
        return {
            "outbound": [outbound_document(one) for one in found if one is not None],
            "next_before": rows[-1][0] if len(rows) == limit else None,
        }

    def list_conversations(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Give the newest conversations that are known here. Raises Refusal."""
        services = self._services
        limit = _number(query, "limit", DEFAULT_PAGE, MAX_PAGE)
        words = query.get("q", "")[:200]
        found = []
        for account in services.book.list_accounts():
            if Capability.READ in account.capabilities:
                found += services.conversations.recent(account.uid, words, limit)
        found.sort(key=lambda one: one.last_at, reverse=True)
        return {"conversations": [conversation_document(one) for one in found[:limit]]}

    def conversation(self, identifier: str) -> dict[str, Any]:
        """Give a conversation with our messages and the latest one in it. Raises NotFound."""
        ref = self._ref(identifier)
        ours = self._ours(ref) if ref.thread_id else []
        if not ours and not ref.thread_id:
            ours = [one for one in [self._services.records.find(identifier)] if one]
        latest = self._latest(ref) if ref.thread_id else None
        if not ours and latest is None:
            raise NotFound(kind="conversation", uid=identifier)
        messages = [message_document(one, self._body_of(one)) for one in ours]
        sent_ids = {one.receipt.provider_message_id for one in ours if one.receipt}
        if latest is not None and latest.provider_message_id not in sent_ids:
            messages.append(self._shown(latest))
        return {
            "_id": conversation_id(ref) if ref.thread_id else identifier,
            "channelType": "email",
            "channelIdentifier": ref.thread_id or None,
            "accountId": ref.account_uid,
            "subject": latest.subject if latest else ours[-1].subject,
            "messages": messages,
        }

    def _ref(self, identifier: str) -> ThreadRef:
        ref = conversation_of(identifier)
        if ref is not None:
            return ref
        # Until the provider made a conversation, a record's own id stands for it.
        record = self._services.records.find(identifier)
        if record is None:
            raise NotFound(kind="conversation", uid=identifier)
        return ThreadRef(record.account_uid, thread_of(record))

    def _ours(self, ref: ThreadRef) -> list[OutboundEmail]:
        services = self._services
        uids = services.gateway.threads.records_of_thread(ref.account_uid, ref.thread_id)
        return [one for one in map(services.records.find, uids) if one is not None]

    def _latest(self, ref: ThreadRef) -> OriginalMessage | None:
        services = self._services
        try:
            for account in services.book.list_accounts():
                if account.uid == ref.account_uid and account.state is AccountState.CONNECTED:
                    return services.conversations.latest(ref)
        except (NotFound, NotConnected):
            return None
        except (ProviderError, SignInError):
            return services.conversations.kept(ref)
        return services.conversations.kept(ref)

    def _body_of(self, record: OutboundEmail) -> str:
        draft = self._services.records.submitted_draft(record.uid)
        if draft is None:
            return record.message.content.text
        return draft.body.html if draft.body.mode is BodyMode.HTML else draft.body.text

    def _shown(self, original: OriginalMessage) -> dict[str, Any]:
        """Give a message its id and keep what a reply to it will need."""
        ref = original.ref
        name = f"{ref.account_uid}\n{original.provider_message_id}"
        uid = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        boxes = self._services.book.list_mailboxes()
        own = frozenset(box.address for box in boxes if box.account_uid == ref.account_uid)
        context = reply_context(original, ReplyMode.REPLY)
        self._services.gateway.threads.save_shown(
            ShownMessage(
                uid=uid,
                ref=ref,
                owner_address=own_address_of(original, own) or "",
                provider_message_id=original.provider_message_id,
                message_id=context.message_id,
                ancestors=context.references,
                subject=original.subject,
            )
        )
        return original_document(original, uid)


def _number(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,16}", text) or not 1 <= int(text) <= largest:
        raise invalid_field(name, f"{name} must be a number from 1 to {largest}.")
    return int(text)
