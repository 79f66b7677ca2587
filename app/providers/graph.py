"""One Outlook account as `ports.Provider`. Asks the granted scopes before it tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import Account, Capability
from app.domain.errors import NeedsPerson
from app.domain.outbound import Reason
from app.ports import Evidence, Verdict
from app.providers import (
    graph_ask,
    graph_drafts,
    graph_files,
    graph_later,
    graph_read,
    graph_sync,
    graph_tips,
)
from app.providers.graph_api import GraphApi
from app.providers.upload_note import UploadNote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from app.domain.conversation import OriginalAttachment, OriginalMessage, ThreadRef
    from app.domain.mail_tips import MailTip
    from app.domain.outbound import Receipt
    from app.ports import (
        Carriage,
        ConversationPage,
        MailboxInfo,
        ProviderDraft,
        Sealer,
        SyncPage,
    )
    from app.providers.http import Http
    from app.runtime.cancel import CancelToken


class GraphProvider:
    """Carries mail and shows conversations of one Outlook account."""

    def __init__(
        self,
        *,
        account: Account,
        http: Http,
        graph_url: str,
        sealer: Sealer,
        waits_s: tuple[float, ...] = graph_ask.WAITS_S,
    ) -> None:
        self._waits_s = waits_s
        self._account = account
        self._http = http
        self._api = GraphApi(http, graph_url.rstrip("/"))
        self._sealer = sealer

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Say what the granted scopes allow."""
        return self._account.capabilities

    def create_draft(self, carriage: Carriage) -> ProviderDraft:
        """Make Outlook's draft of the message. Raises as `ports.Carrier`."""
        self._need(Capability.DRAFTS, "write drafts")
        return graph_drafts.create_draft(self._api, self._account, carriage, self._note(carriage))

    def find_draft(self, carriage: Carriage) -> ProviderDraft | None:
        """Find a complete draft of this message. Raises as `ports.Carrier`."""
        self._need(Capability.DRAFTS, "write drafts")
        return graph_drafts.find_draft(self._api, carriage, self._note(carriage))

    def send_draft(self, draft: ProviderDraft, carriage: Carriage) -> Receipt:
        """Send the draft. Raises as `ports.Carrier`."""
        return graph_drafts.send_draft(self._api, draft, carriage)

    def ask_outcome(self, draft: ProviderDraft, carriage: Carriage, since: datetime) -> Evidence:
        """Ask whether an uncertain send happened; the id answers, whenever it was."""
        del since
        if Capability.RECONCILE not in self.capabilities:
            return Evidence(
                verdict=Verdict.UNKNOWN,
                found="Postrider was not allowed to look at this account's mail.",
            )
        if carriage.send_at is not None:
            return graph_later.ask_kept(self._api, draft, carriage)
        return graph_ask.ask_outcome(self._api, draft, carriage)

    def withdraw(self, draft: ProviderDraft, carriage: Carriage) -> Evidence:
        """Get back what Outlook keeps until its moment. Raises as `ports.Withdrawer`."""
        self._need(Capability.DEFER, "write drafts")
        return graph_later.withdraw(self._api, draft, carriage)

    def read_back(self, receipt: Receipt, carriage: Carriage) -> Receipt:
        """Add what the sent copy says; without the right to read, the receipt as it is."""
        if Capability.READ not in self.capabilities:
            return receipt
        return graph_ask.read_back(self._api, receipt, carriage, self._waits_s)

    def discard_draft(self, draft: ProviderDraft) -> None:
        """Delete a draft that is not to be sent. Raises ProviderError."""
        graph_drafts.discard_draft(self._api, draft)

    def list_conversations(self, *, page: str = "", limit: int = 50) -> ConversationPage:
        """Give the conversations of one page of messages. Raises ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return graph_read.list_conversations(self._api, self._account, page=page, limit=limit)

    def search_conversations(self, text: str, *, limit: int = 50) -> ConversationPage:
        """Give the conversations that match. Raises ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return graph_read.search_conversations(self._api, self._account, text, limit=limit)

    def fetch_changes(self, cursor: str, *, since: datetime, cancel: CancelToken) -> SyncPage:
        """Give what changed after the cursor. Raises ProviderError, SignInRequired, Cancelled."""
        self._need(Capability.READ, "read mail")
        return graph_sync.fetch_changes(self._api, self._account, cursor, since, cancel)

    def fetch_latest(self, ref: ThreadRef, kept: OriginalMessage | None = None) -> OriginalMessage:
        """Give the newest message. Raises NotFound, ProviderError, SignInRequired."""
        self._need(Capability.READ, "read mail")
        return graph_read.fetch_latest(self._api, ref, kept)

    def fetch_attachment(
        self,
        message_id: str,
        file: OriginalAttachment,
        take: Callable[[bytes], object],
        cancel: CancelToken,
    ) -> None:
        """Give a file of a message piece by piece. Raises as `ports.ConversationSource`."""
        self._need(Capability.READ, "read mail")
        graph_files.fetch_attachment(self._api, message_id, file, take, cancel)

    def fetch_tips(self, addresses: Sequence[str], cancel: CancelToken) -> dict[str, MailTip]:
        """Ask what Exchange knows of recipients. Raises as `ports.TipSource`."""
        self._need(Capability.READ, "read mail")
        return graph_tips.fetch_tips(self._api, addresses, cancel)

    def fetch_mailboxes(self) -> list[MailboxInfo]:
        """Give the address this account sends from. Raises ProviderError, SignInRequired."""
        return graph_read.fetch_mailboxes(self._api, self._account)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _note(self, carriage: Carriage) -> UploadNote:
        return UploadNote(carriage=carriage, sealer=self._sealer)

    def _need(self, capability: Capability, what: str) -> None:
        if capability not in self.capabilities:
            raise NeedsPerson(
                provider="microsoft",
                reason=Reason.SIGN_IN,
                detail=f"the permission to {what} was not given at sign-in",
            )
