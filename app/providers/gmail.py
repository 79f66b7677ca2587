"""One Gmail account as `ports.Provider`. Asks the granted scopes before it tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import Account, Capability
from app.domain.errors import NeedsPerson
from app.domain.outbound import Reason
from app.ports import Evidence, ProviderDraft, Verdict
from app.providers import gmail_ask, gmail_files, gmail_read, gmail_send, gmail_sync
from app.providers.gmail_api import GmailApi
from app.providers.upload_note import UploadNote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from app.domain.conversation import OriginalAttachment, OriginalMessage, ThreadRef
    from app.domain.mail_tips import MailTip
    from app.domain.outbound import Receipt
    from app.ports import Carriage, ConversationPage, MailboxInfo, Sealer, SyncPage
    from app.providers.http import Http
    from app.runtime.cancel import CancelToken

# Stands on the record for "no draft": Gmail's own ids have no colon.
_NO_DRAFT = ProviderDraft(draft_id="none:sent-in-one-request")


class GmailProvider:
    """Carries mail and shows conversations of one Gmail account."""

    def __init__(self, *, account: Account, http: Http, api_url: str, sealer: Sealer) -> None:
        self._account = account
        self._http = http
        self._api = GmailApi(http, api_url.rstrip("/"))
        self._sealer = sealer

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Say what the granted scopes allow."""
        return self._account.capabilities

    def create_draft(self, carriage: Carriage) -> ProviderDraft:
        """Make Gmail's draft of the message. Raises as `ports.Carrier`.

        An account that may only send has no drafts: its message goes in one request later.
        """
        if self._only_sends:
            return _NO_DRAFT
        self._need(Capability.DRAFTS, "write drafts")
        return gmail_send.create_draft(
            self._api, carriage, UploadNote(carriage=carriage, sealer=self._sealer)
        )

    def find_draft(self, carriage: Carriage) -> ProviderDraft | None:
        """Find a draft with our marker. Raises as `ports.Carrier`."""
        if self._only_sends:
            return None
        self._need(Capability.DRAFTS, "write drafts")
        return gmail_ask.find_draft(self._api, carriage)

    def send_draft(self, draft: ProviderDraft, carriage: Carriage) -> Receipt:
        """Send the draft. Raises as `ports.Carrier`."""
        if draft.draft_id == _NO_DRAFT.draft_id:
            return gmail_send.send_once(self._api, carriage)
        return gmail_send.send_draft(self._api, draft, carriage)

    def ask_outcome(self, draft: ProviderDraft, carriage: Carriage, since: datetime) -> Evidence:
        """Ask whether an uncertain send happened. Raises as `ports.Carrier`."""
        if Capability.RECONCILE not in self.capabilities:
            return Evidence(
                verdict=Verdict.UNKNOWN,
                found="Postrider was not allowed to look at this account's sent mail.",
            )
        if draft.draft_id == _NO_DRAFT.draft_id:
            return gmail_ask.ask_sent(self._api, carriage, since)
        return gmail_ask.ask_outcome(self._api, draft, carriage, since)

    def read_back(self, receipt: Receipt, carriage: Carriage) -> Receipt:
        """Add what the Sent copy says; without the right to read, the receipt as it is."""
        if Capability.READ not in self.capabilities:
            return receipt
        return gmail_ask.read_back(self._api, receipt, carriage)

    def discard_draft(self, draft: ProviderDraft) -> None:
        """Delete a draft that is not to be sent. Raises ProviderError."""
        if draft.draft_id == _NO_DRAFT.draft_id:
            return
        gmail_send.discard_draft(self._api, draft)

    def withdraw(self, draft: ProviderDraft, carriage: Carriage) -> Evidence:
        """Gmail's API keeps no message until a moment, so there is nothing to get back."""
        del draft, carriage
        return Evidence(verdict=Verdict.UNKNOWN, found="Gmail keeps no message for later.")

    def list_conversations(self, *, page: str = "", limit: int = 50) -> ConversationPage:
        """Give one page of threads, newest first. Raises ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return gmail_read.list_threads(
            self._api, self._account, text_query="", page=page, limit=limit
        )

    def search_conversations(self, text: str, *, limit: int = 50) -> ConversationPage:
        """Give the threads that match Gmail's search. Raises ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return gmail_read.list_threads(
            self._api, self._account, text_query=text, page="", limit=limit
        )

    def fetch_changes(self, cursor: str, *, since: datetime, cancel: CancelToken) -> SyncPage:
        """Give what changed after the cursor. Raises ProviderError, SignInRequired, Cancelled."""
        self._need(Capability.READ, "read mail")
        return gmail_sync.fetch_changes(self._api, self._account, cursor, since, cancel)

    def fetch_latest(self, ref: ThreadRef, kept: OriginalMessage | None = None) -> OriginalMessage:
        """Give the newest message of a thread. Raises NotFound, ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return gmail_read.fetch_latest(self._api, ref, kept)

    def fetch_attachment(
        self,
        message_id: str,
        file: OriginalAttachment,
        take: Callable[[bytes], object],
        cancel: CancelToken,
    ) -> None:
        """Give a file of a message piece by piece. Raises as `ports.ConversationSource`."""
        self._need(Capability.READ, "read mail")
        gmail_files.fetch_attachment(self._api, message_id, file, take, cancel)

    def fetch_tips(self, addresses: Sequence[str], cancel: CancelToken) -> dict[str, MailTip]:
        """Gmail's API tells nothing of recipients."""
        del addresses, cancel
        return {}

    def fetch_mailboxes(self) -> list[MailboxInfo]:
        """Give the addresses this account may send from. Raises ProviderError, SignInRequired."""
        return gmail_read.fetch_mailboxes(self._api, self._account)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def _only_sends(self) -> bool:
        return Capability.SEND in self.capabilities and Capability.DRAFTS not in self.capabilities

    def _need(self, capability: Capability, what: str) -> None:
        if capability not in self.capabilities:
            raise NeedsPerson(
                provider="gmail",
                reason=Reason.SIGN_IN,
                detail=f"the permission to {what} was not given at sign-in",
            )
