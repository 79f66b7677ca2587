"""What carrying one record needs: its account's provider, its bytes, where progress goes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from app.domain.account import AccountState
from app.domain.errors import AttachmentChanged, NotConnected, SignInRequired
from app.domain.events import AccountsChanged, UploadProgressed
from app.mime.render import frozen_hash
from app.outbox.kept import send_at
from app.ports import Carriage, ProviderDraft

if TYPE_CHECKING:
    from app.domain.errors import AppError
    from app.domain.outbound import OutboundEmail, Receipt
    from app.ports import AccountStore, BlobStore, Clock, Provider, ProviderFactory
    from app.runtime.bus import Bus
    from app.runtime.cancel import CancelToken

HASH_CHUNK_BYTES = 1 << 20


class Supplies:
    """Fetches them; holds nothing of one record. Safe from any courier thread."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        providers: ProviderFactory,
        blobs: BlobStore,
        clock: Clock,
        bus: Bus,
    ) -> None:
        self._accounts = accounts
        self._providers = providers
        self._blobs = blobs
        self._clock = clock
        self._bus = bus

    def provider(self, record: OutboundEmail) -> Provider:
        """Give the provider of the record's account.

        Raises:
            SignInRequired: the account was removed.
        """
        for account in self._accounts.list_accounts():
            if account.uid == record.account_uid:
                return self._providers.provider(account)
        raise SignInRequired(
            provider=record.provider.value, address=record.envelope.sender.addr_spec
        ) from NotConnected(address=record.envelope.sender.addr_spec)

    def sign_out(self, record: OutboundEmail) -> None:
        """Note that the record's account must be signed in again."""
        self._accounts.set_state(record.account_uid, AccountState.SIGNED_OUT, self._clock.now())
        self._bus.publish(AccountsChanged(record.account_uid))

    def carriage(self, record: OutboundEmail, cancel: CancelToken) -> Carriage:
        """Give what the provider needs to carry it; progress is told when it has grown."""
        told = -1

        def progress(done: int, total: int) -> None:
            # A broken upload goes on from an earlier point; what is shown never goes back.
            nonlocal told
            percent = min(100, done * 100 // max(total, 1))
            if percent > told:
                told = percent
                self._bus.publish(UploadProgressed(record.uid, percent))

        return Carriage(
            uid=record.uid,
            message=record.message,
            reply=record.reply,
            open_spool=lambda: self._blobs.open(record.message.sha256),
            open_blob=self._blobs.open,
            cancel=cancel,
            progress=progress,
            upload_state=record.upload_state,
            send_at=send_at(record, self._clock.now()),
        )

    def check_frozen(self, record: OutboundEmail) -> None:
        """Refuse bytes other than those that were frozen at Send.

        Raises:
            AttachmentChanged: they are gone, or not the same, or go to somebody else.
        """
        message = record.message
        if message.frozen_hash != frozen_hash(message.sha256, record.envelope):
            raise AttachmentChanged(filename=record.subject)
        digest = hashlib.sha256()
        with self._blobs.open(record.message.sha256) as spool:
            while chunk := spool.read(HASH_CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != record.message.sha256:
            raise AttachmentChanged(filename=record.subject)


def draft_of(record: OutboundEmail) -> ProviderDraft:
    """Give the provider's draft as the record knows it."""
    return ProviderDraft(
        draft_id=record.provider_draft_id,
        message_id=record.provider_draft_message_id,
        thread_id=record.reply.ref.thread_id if record.reply else "",
    )


def receipt_evidence(receipt: Receipt) -> dict[str, str]:
    """Give a receipt as a step's evidence."""
    found = {
        "message": receipt.provider_message_id,
        "thread": receipt.provider_thread_id,
        "message_id": receipt.wire_message_id,
        "request_id": receipt.request_id,
        "http_status": str(receipt.http_status or ""),
    }
    return {key: value for key, value in found.items() if value}


def error_evidence(error: AppError) -> dict[str, str]:
    """Give an error as a step's evidence."""
    kept = ("status", "request_id", "detail", "retry_after_s", "filename")
    found = {key: str(error.params[key]) for key in kept if error.params.get(key)}
    return {"error": error.code, **found}
