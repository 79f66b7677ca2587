"""Fetches the files of a forwarded message into the blob store. Waits for the network: on a worker.

Nothing of a file is kept before the whole of it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.compose.attach import FALLBACK_TYPE
from app.domain.account import Capability
from app.domain.attachment import Attachment
from app.domain.conversation import OriginalKind
from app.domain.errors import AttachmentTooLarge, NotConnected
from app.mime.filenames import clean_filename

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.account import Account
    from app.domain.draft import ComingFile
    from app.ports import AccountStore, BlobStore, BlobWriter, ProviderFactory
    from app.runtime.cancel import CancelToken

# No mailbox takes more in one message (Graph: 150 MB with upload sessions).
MOST_BYTES = 160_000_000
_HEAD_BYTES = 64
# An item of a mailbox comes in the form that fits it; only its first line says which.
_ITEMS = (
    (b"BEGIN:VCALENDAR", ".ics", "text/calendar"),
    (b"BEGIN:VCARD", ".vcf", "text/vcard"),
)


class OriginalFiles:
    """Gets what the provider has as attachments of ours."""

    def __init__(
        self, *, accounts: AccountStore, providers: ProviderFactory, blobs: BlobStore
    ) -> None:
        self._accounts = accounts
        self._providers = providers
        self._blobs = blobs

    def fetch(
        self, coming: ComingFile, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> Attachment:
        """Fetch one file and keep it.

        Raises:
            NotFound: the message or the file is no more.
            NotConnected: the account is gone, or may not read.
            ProviderError, SignInRequired, VaultUnavailable: it cannot be fetched now.
            AttachmentTooLarge, StoreFull, StoreError, Cancelled: nothing was kept.
        """
        provider = self._providers.provider(self._reading_account(coming.account_uid))
        file = coming.file
        with self._blobs.writer() as out:
            intake = _Intake(out, coming, progress)
            provider.fetch_attachment(coming.message_id, file, intake.take, cancel)
            cancel.check()
            blob = out.commit()
        filename, media_type = _named(coming, intake.head)
        return Attachment(
            uid=coming.uid,
            filename=filename,
            media_type=media_type,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            disposition=coming.disposition,
            content_id=file.content_id,
            brought_by=coming.message_id,
        )

    def _reading_account(self, account_uid: str) -> Account:
        for account in self._accounts.list_accounts():
            if account.uid == account_uid:
                if Capability.READ not in account.capabilities:
                    raise NotConnected(address=account.address, detail="read")
                return account
        raise NotConnected(address="the account of the original", detail="gone")


class _Intake:
    """Counts what comes in and remembers how it begins."""

    def __init__(
        self, out: BlobWriter, coming: ComingFile, progress: Callable[[int, int], None]
    ) -> None:
        self._out = out
        self._file = coming.file
        self._progress = progress
        self._done = 0
        self.head = b""

    def take(self, piece: bytes) -> None:
        """Keep one piece."""
        self._done += len(piece)
        if self._done > MOST_BYTES:
            raise AttachmentTooLarge(
                filename=self._file.filename, size_bytes=self._done, limit_bytes=MOST_BYTES
            )
        if len(self.head) < _HEAD_BYTES:
            self.head = (self.head + piece)[:_HEAD_BYTES]
        self._out.write(piece)
        # Providers announce somewhat more or less than they give.
        self._progress(self._done, max(self._file.size_bytes, self._done))


def _named(coming: ComingFile, head: bytes) -> tuple[str, str]:
    """Give name and type as they are to be sent."""
    file = coming.file
    media_type = file.media_type or FALLBACK_TYPE
    if file.kind is OriginalKind.MESSAGE:
        for start, ending, kind in _ITEMS:
            if head.lstrip().upper().startswith(start):
                return file.filename.removesuffix(".eml") + ending, kind
    return clean_filename(file.filename, media_type), media_type
