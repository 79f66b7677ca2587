"""Finds the conversation a message is to continue and what its headers must say. Blocking.

For callers that know a conversation or a message by its id only: the local API and the command line.
A thread id is looked for in what is known here, then at every connected account. What a reply needs
is read from the conversation's latest message, at the provider if it answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain.account import AccountState
from app.domain.address import Address
from app.domain.conversation import ThreadRef
from app.domain.draft import Recipients, ReplyContext, ReplyMode
from app.domain.errors import (
    AppError,
    DraftRejected,
    NotConnected,
    NotFound,
    ProviderError,
    SignInError,
)
from app.domain.outbound import OutboundState
from app.domain.problem import Problem
from app.mime.reply import own_address_of, reply_context, reply_recipients, subject_for
from app.mime.subjects import reply_subject

if TYPE_CHECKING:
    from app.conversations.service import Conversations
    from app.domain.account import Mailbox
    from app.domain.conversation import OriginalMessage
    from app.domain.outbound import OutboundEmail
    from app.ports import AccountStore, OutboxStore
    from app.ports.gateway import Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The conversation of a reply: whose it is, which of their addresses, headers, and whom to."""

    account_uid: str
    own_address: str
    context: ReplyContext
    subject: str
    recipients: Recipients = field(default_factory=Recipients)

    def context_for(self, mailbox: Mailbox) -> ReplyContext:
        """Give the reply context for the mailbox that was chosen."""
        ref = self.context.ref
        return replace(self.context, ref=ThreadRef(mailbox.account_uid, ref.thread_id))


class Answering:
    """Resolves ids to what a reply needs; `field` is what the caller calls the id."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        records: OutboxStore,
        threads: Threads,
        accounts: AccountStore,
    ) -> None:
        self._conversations = conversations
        self._records = records
        self._threads = threads
        self._accounts = accounts

    def thread(self, thread_id: str, field: str) -> Target:
        """Continue a conversation after its latest message.

        Raises:
            DraftRejected: it is none of this profile.
            ProviderError, SignInError: the provider could not be asked and nothing is known here.
        """
        for account_uid in self._candidates(thread_id):
            original = self._latest(ThreadRef(account_uid, thread_id))
            if original is not None:
                return self._of_original(original)
        raise DraftRejected([Problem(code="unknown_thread", field=field, params={"name": field})])

    def message(self, uid: str, field: str) -> Target:
        """Answer a message by its id here: one we sent, or one that was shown to a caller.

        Raises:
            DraftRejected: it is not known, or something a reply needs is; every gap is named.
        """
        shown = self._threads.find_shown(uid)
        if shown is None:
            record = self._records.find(uid)
            if record is None:
                problem = Problem(code="unknown_message", field=field, params={"name": field})
                raise DraftRejected([problem])
            return self._complete(self._of_record(record), field)
        context = ReplyContext(
            ref=shown.ref,
            mode=ReplyMode.REPLY,
            provider_message_id=shown.provider_message_id,
            message_id=shown.message_id,
            references=shown.ancestors,
            subject=shown.subject,
        )
        kept = self._conversations.kept(shown.ref)
        is_kept = kept and kept.provider_message_id == shown.provider_message_id
        target = Target(
            account_uid=shown.ref.account_uid,
            own_address=shown.owner_address,
            context=context,
            subject=reply_subject(shown.subject),
            recipients=self._recipients(kept) if kept and is_kept else Recipients(),
        )
        return self._complete(target, field)

    def _candidates(self, thread_id: str) -> list[str]:
        known = self._threads.find_account(thread_id)
        accounts = [
            account.uid
            for account in self._accounts.list_accounts()
            if account.state is AccountState.CONNECTED
        ]
        return [known] if known in accounts else accounts

    def _latest(self, ref: ThreadRef) -> OriginalMessage | None:
        """Give the latest message of a conversation; None if this account has no such one."""
        try:
            return self._conversations.latest(ref)
        except (NotFound, NotConnected):
            return None
        except (ProviderError, SignInError) as error:
            kept = self._conversations.kept(ref)
            if kept is not None:
                return kept
            if isinstance(error, ProviderError) and error.params.get("status") in {400, 404}:
                return None
            raise

    def _own(self, account_uid: str) -> frozenset[str]:
        boxes = self._accounts.list_mailboxes()
        return frozenset(box.address for box in boxes if box.account_uid == account_uid)

    def _recipients(self, original: OriginalMessage) -> Recipients:
        own = frozenset(box.address for box in self._accounts.list_mailboxes())
        return reply_recipients(original, own, ReplyMode.REPLY_ALL)

    def _of_original(self, original: OriginalMessage) -> Target:
        account_uid = original.ref.account_uid
        return Target(
            account_uid=account_uid,
            own_address=own_address_of(original, self._own(account_uid)) or "",
            context=reply_context(original, ReplyMode.REPLY),
            subject=subject_for(original, ReplyMode.REPLY),
            recipients=self._recipients(original),
        )

    def _of_record(self, record: OutboundEmail) -> Target:
        receipt, content = record.receipt, record.message.content
        ref = ThreadRef(record.account_uid, receipt.provider_thread_id if receipt else "")
        return Target(
            account_uid=record.account_uid,
            own_address=record.envelope.sender.addr_spec,
            context=ReplyContext(
                ref=ref,
                mode=ReplyMode.REPLY,
                provider_message_id=receipt.provider_message_id if receipt else "",
                message_id=self._wire_id(record, ref),
                references=content.references,
                subject=record.subject,
            ),
            subject=reply_subject(record.subject),
            # To one's own message one writes as a follow-up: to the same people.
            recipients=Recipients(to=record.envelope.to, cc=record.envelope.cc),
        )

    def _wire_id(self, record: OutboundEmail, ref: ThreadRef) -> str:
        """Give the Message-ID under which a message of ours went out; "" while it did not.

        Providers replace ours; until the sent copy was read back, it is asked for.
        """
        receipt = record.receipt
        if record.state is not OutboundState.SENT or receipt is None:
            return ""
        if receipt.wire_message_id:
            return receipt.wire_message_id
        latest = self._latest(ref) if ref.thread_id else None
        if latest is not None and latest.provider_message_id == receipt.provider_message_id:
            return latest.message_id
        return record.message.content.message_id

    def _complete(self, target: Target, field: str) -> Target:
        """Refuse a reply of which something could not be resolved, naming everything."""
        missing = []
        if not target.context.message_id:
            missing.append("the message has no Message-ID yet")
        if not target.context.ref.thread_id:
            missing.append("its conversation is not known at the provider")
        if not self._has_owner(target):
            missing.append("the inbox it belongs to is no longer connected")
        if missing:
            raise DraftRejected(
                [
                    Problem(code="no_answer", field=field, params={"name": field, "detail": one})
                    for one in missing
                ]
            )
        return target

    def _has_owner(self, target: Target) -> bool:
        try:
            sender_of(target, self._accounts.list_mailboxes())
        except AppError:
            return False
        return True


def by_headers(message_id: str, references: tuple[str, ...] = ()) -> Target:
    """Answer a message that is known by its Message-ID alone: no provider's conversation is joined."""
    context = ReplyContext(
        ref=ThreadRef("", ""),
        mode=ReplyMode.REPLY,
        provider_message_id="",
        message_id=message_id,
        references=references,
    )
    return Target(account_uid="", own_address="", context=context, subject="")


def sender_of(target: Target, mailboxes: list[Mailbox]) -> Mailbox:
    """Give the mailbox a conversation was written to, or else its account's first.

    Raises:
        NotConnected: the account is gone.
    """
    own = [box for box in mailboxes if box.account_uid == target.account_uid]
    if not own:
        raise NotConnected(address=target.own_address)
    key = Address(target.own_address).key
    return next((box for box in own if Address(box.address).key == key), own[0])
