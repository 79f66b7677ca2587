"""The Mailroom's host over the services: every call goes to an executor and gives its Future."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.events import DraftsChanged
from app.ui.mailroom.rows import is_listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future
    from pathlib import Path

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import HistoryEntry, OutboundEmail
    from app.ports import Clock, OutboxView, Standing
    from app.services import Services
    from app.ui.bridge import Bridge
    from app.ui.mailroom.rows import RowPage, Word

ALL_DRAFTS = 1_000_000


class ServiceMailroomHost:
    """Implements `host.MailroomHost`."""

    def __init__(
        self,
        *,
        services: Services,
        bridge: Bridge,
        open_new: Callable[[], None],
        open_draft: Callable[[Draft], object],
        open_accounts: Callable[[str], None],
        open_settings: Callable[[], None],
    ) -> None:
        self._services = services
        self._bridge = bridge
        self._open_new = open_new
        self._open_draft = open_draft
        self._open_accounts = open_accounts
        self._open_settings = open_settings
        self._store = services.executors.run_store

    @property
    def clock(self) -> Clock:
        """Give the clock of the profile."""
        return self._services.clock

    @property
    def bridge(self) -> Bridge:
        """Give the events."""
        return self._bridge

    def page(
        self, view: OutboxView, text: str, before: int | None, limit: int, word: Word
    ) -> Future[RowPage]:
        """Read a page of records, and word it."""
        return self._store(lambda: word(self._services.lists.page(view, text, before, limit)))

    def count(self, view: OutboxView) -> Future[int]:
        """Count the records of a view."""
        return self._store(self._services.lists.count, view)

    def tally(self, view: OutboxView, text: str) -> Future[dict[Standing, int]]:
        """Count what a list holds by how it stands."""
        return self._store(self._services.lists.tally, view, text)

    def uids(
        self, view: OutboxView, text: str, standing: Collection[Standing]
    ) -> Future[list[str]]:
        """Give all that a list holds and that stands so."""
        return self._store(self._services.lists.uids, view, text, standing)

    def find_record(self, uid: str) -> Future[OutboundEmail | None]:
        """Read one record."""
        return self._store(self._services.records.find, uid)

    def history(self, uid: str) -> Future[list[HistoryEntry]]:
        """Read what happened."""
        return self._store(self._services.records.history, uid)

    def list_drafts(self, limit: int) -> Future[list[Draft]]:
        """Read the drafts, last edited first."""
        return self._store(self._services.drafts.list_drafts, limit)

    def draft_uids(self, text: str) -> Future[list[str]]:
        """Give every draft that holds every word."""
        return self._store(
            lambda: [
                one.uid
                for one in self._services.drafts.list_drafts(ALL_DRAFTS)
                if is_listed(one, text)
            ]
        )

    def mailboxes(self) -> Future[list[Mailbox]]:
        """Read the addresses one may send from."""
        return self._store(self._services.book.list_mailboxes)

    def readable(self, html: str) -> Future[str]:
        """Clean a body for showing."""
        from app.mime.html.sanitize import sanitize  # not needed before something is opened

        return self._store(sanitize, html)

    def take_back(self, uid: str) -> Future[Draft | None]:
        """Stop a record and make it a draft again."""
        return self._store(self._services.outbox.take_back, uid)

    def edit_copy(self, uid: str) -> Future[Draft]:
        """Make a new draft of what a record says."""
        return self._store(self._edit_copy, uid)

    def retry(self, uid: str) -> Future[object]:
        """Try a record now."""
        return self._store(self._services.outbox.retry, uid)

    def dismiss(self, uid: str) -> Future[object]:
        """Take a failed record out of the outbox."""
        return self._store(self._services.outbox.dismiss, uid)

    def resolve(self, uid: str, *, was_sent: bool) -> Future[object]:
        """Take the person's word about an uncertain record."""
        outbox = self._services.outbox
        return self._store(outbox.resolve_sent if was_sent else outbox.resolve_again, uid)

    def discard_draft(self, uid: str) -> Future[None]:
        """Throw a draft away."""
        return self._store(self._discard, uid)

    def export(self, uid: str, target: Path) -> Future[Path]:
        """Write .eml and record."""
        return self._store(self._export, uid, target)

    def open_new(self) -> None:
        """Open an empty composer."""
        self._open_new()

    def open_draft(self, draft: Draft) -> None:
        """Open a composer with a draft."""
        self._open_draft(draft)

    def open_accounts(self, account_uid: str = "") -> None:
        """Open the accounts, at one of them if it is named."""
        self._open_accounts(account_uid)

    def open_settings(self) -> None:
        """Open the settings."""
        self._open_settings()

    def _edit_copy(self, uid: str) -> Draft:
        draft = self._services.outbox.edit_copy(uid)
        self._services.bus.publish(DraftsChanged(draft.uid))
        return draft

    def _discard(self, uid: str) -> None:
        self._services.drafts.discard(uid)
        self._services.bus.publish(DraftsChanged(uid))

    def _export(self, uid: str, target: Path) -> Path:
        from app.outbox.receipts import export_record

        return export_record(
            uid, target, records=self._services.records, blobs=self._services.blobs
        )
