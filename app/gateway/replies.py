"""Finds the conversation a message is to continue and what its headers must say. Blocking.

A thread id is looked for in what is known here, then at every connected account. What a reply needs
is read from the conversation's latest message, at the provider if it answers.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.account import AccountState
from app.domain.address import Address
from app.domain.conversation import ThreadRef
from app.domain.draft import ReplyContext, ReplyMode
from app.domain.errors import AppError, NotConnected, NotFound, ProviderError, SignInError
from app.domain.outbound import OutboundState
from app.gateway.refusals import Detail, invalid
from app.mime.reply import own_address_of, reply_context, subject_for
from app.mime.subjects import reply_subject

if TYPE_CHECKING:
    from app.domain.account import Mailbox
    from app.domain.conversation import OriginalMessage
    from app.domain.outbound import OutboundEmail
    from app.gateway.order import ThreadOrder
    from app.services import Services

log = logging.getLogger("gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The conversation of a reply: whose it is, which of their addresses, and its headers."""

    account_uid: str
    own_address: str
    context: ReplyContext
    subject: str

    def context_for(self, mailbox: Mailbox) -> ReplyContext:
        """Give the reply context for the mailbox that was chosen."""
        ref = self.context.ref
        return replace(self.context, ref=ThreadRef(mailbox.account_uid, ref.thread_id))


def find_reply(order: ThreadOrder, services: Services) -> Reply:
    """Find what a reply continues.

    Raises:
        Refusal: 400 with what could not be resolved.
        ProviderError, SignInError: the provider could not be asked and nothing is known here.
    """
    if order.message_uid:
        return _of_message(order, services)
    if not order.thread_id:
        return _of_headers(order)
    found = _of_thread(order, services)
    if order.in_reply_to or order.references:
        context = replace(
            found.context,
            message_id=order.in_reply_to or found.context.message_id,
            references=order.references or found.context.references,
        )
        found = replace(found, context=context)
    return found


def sender_of_thread(reply: Reply, mailboxes: list[Mailbox]) -> Mailbox:
    """Give the mailbox a conversation was written to, or else its account's first.

    Raises:
        NotConnected: the account is gone.
    """
    own = [box for box in mailboxes if box.account_uid == reply.account_uid]
    if not own:
        raise NotConnected(address=reply.own_address)
    key = Address(reply.own_address).key
    return next((box for box in own if Address(box.address).key == key), own[0])


def _of_headers(order: ThreadOrder) -> Reply:
    """Answer a message that is known by its Message-ID alone."""
    message_id = order.in_reply_to or order.references[-1]
    context = ReplyContext(
        ref=ThreadRef("", ""),
        mode=ReplyMode.REPLY,
        provider_message_id="",
        message_id=message_id,
        references=order.references,
    )
    return Reply(account_uid="", own_address="", context=context, subject="")


def _of_thread(order: ThreadOrder, services: Services) -> Reply:
    for account_uid in _candidates(order.thread_id, services):
        original = _latest(ThreadRef(account_uid, order.thread_id), services)
        if original is not None:
            return _of_original(original, services)
    raise invalid([Detail(order.field, f"{order.field} is not a conversation of this profile.")])


def _candidates(thread_id: str, services: Services) -> list[str]:
    known = services.gateway.threads.find_account(thread_id)
    accounts = [
        account.uid
        for account in services.book.list_accounts()
        if account.state is AccountState.CONNECTED
    ]
    if known in accounts:
        return [known]
    return accounts


def _latest(ref: ThreadRef, services: Services) -> OriginalMessage | None:
    """Give the latest message of a conversation; None if this account has no such one."""
    try:
        return services.conversations.latest(ref)
    except (NotFound, NotConnected):
        return None
    except (ProviderError, SignInError) as error:
        kept = services.conversations.kept(ref)
        if kept is not None:
            return kept
        if isinstance(error, ProviderError) and error.params.get("status") in {400, 404}:
            return None
        raise


def _of_original(original: OriginalMessage, services: Services) -> Reply:
    boxes = services.book.list_mailboxes()
    own = frozenset(box.address for box in boxes if box.account_uid == original.ref.account_uid)
    return Reply(
        account_uid=original.ref.account_uid,
        own_address=own_address_of(original, own) or "",
        context=reply_context(original, ReplyMode.REPLY),
        subject=subject_for(original, ReplyMode.REPLY),
    )


def _of_message(order: ThreadOrder, services: Services) -> Reply:
    """Resolve a stored message: its Message-ID, its conversation and the inbox it belongs to."""
    shown = services.gateway.threads.find_shown(order.message_uid)
    if shown is not None:
        reply = Reply(
            account_uid=shown.ref.account_uid,
            own_address=shown.owner_address,
            context=ReplyContext(
                ref=shown.ref,
                mode=ReplyMode.REPLY,
                provider_message_id=shown.provider_message_id,
                message_id=shown.message_id,
                references=shown.ancestors,
                subject=shown.subject,
            ),
            subject=reply_subject(shown.subject),
        )
        return _complete(reply, order.field, services)
    record = services.records.find(order.message_uid)
    if record is None:
        raise invalid([Detail(order.field, f"{order.field} is not a message of this profile.")])
    return _complete(_of_record(record, services), order.field, services)


def _of_record(record: OutboundEmail, services: Services) -> Reply:
    receipt, content = record.receipt, record.message.content
    ref = ThreadRef(record.account_uid, receipt.provider_thread_id if receipt else "")
    return Reply(
        account_uid=record.account_uid,
        own_address=record.envelope.sender.addr_spec,
        context=ReplyContext(
            ref=ref,
            mode=ReplyMode.REPLY,
            provider_message_id=receipt.provider_message_id if receipt else "",
            message_id=_wire_id(record, ref, services),
            references=content.references,
            subject=record.subject,
        ),
        subject=reply_subject(record.subject),
    )


def _wire_id(record: OutboundEmail, ref: ThreadRef, services: Services) -> str:
    """Give the Message-ID under which a message of ours went out; "" while it did not.

    Providers replace ours; until the sent copy was read back, it is asked for.
    """
    receipt = record.receipt
    if record.state is not OutboundState.SENT or receipt is None:
        return ""
    if receipt.wire_message_id:
        return receipt.wire_message_id
    latest = _latest(ref, services) if ref.thread_id else None
    if latest is not None and latest.provider_message_id == receipt.provider_message_id:
        return latest.message_id
    return record.message.content.message_id


def _complete(reply: Reply, field: str, services: Services) -> Reply:
    """Refuse a reply of which something could not be resolved, naming everything."""
    missing = []
    if not reply.context.message_id:
        missing.append("the message has no Message-ID yet")
    if not reply.context.ref.thread_id:
        missing.append("its conversation is not known at the provider")
    if not _owner(reply, services):
        missing.append("the inbox it belongs to is no longer connected")
    if missing:
        raise invalid([Detail(field, f"{field} cannot be replied to: {one}.") for one in missing])
    return reply


def _owner(reply: Reply, services: Services) -> bool:
    try:
        sender_of_thread(reply, services.book.list_mailboxes())
    except AppError:
        return False
    return True
