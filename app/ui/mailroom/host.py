"""What the Mailroom asks of the program around it. Everything slow gives a Future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Future
    from pathlib import Path

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import HistoryEntry, OutboundEmail
    from app.ports import Clock, OutboxView, Standing
    from app.ui.bridge import Bridge
    from app.ui.mailroom.rows import RowPage, Word


class ReadHost(Protocol):
    """Reads the profile."""

    def page(
        self, view: OutboxView, text: str, before: int | None, limit: int, word: Word
    ) -> Future[RowPage]:
        """Give a page of records as `word` puts it; `word` runs on the worker."""
        ...

    def count(self, view: OutboxView) -> Future[int]: ...
    def tally(self, view: OutboxView, text: str) -> Future[dict[Standing, int]]:
        """Count what a list holds, rows that are not loaded too, by how they stand."""
        ...

    def uids(
        self, view: OutboxView, text: str, standing: Collection[Standing]
    ) -> Future[list[str]]: ...
    def find_record(self, uid: str) -> Future[OutboundEmail | None]: ...
    def history(self, uid: str) -> Future[list[HistoryEntry]]: ...
    def list_drafts(self, limit: int) -> Future[list[Draft]]: ...
    def draft_uids(self, text: str) -> Future[list[str]]:
        """Give every draft that holds every word of `text`."""
        ...

    def mailboxes(self) -> Future[list[Mailbox]]: ...
    def readable(self, html: str) -> Future[str]:
        """Give a body as HTML that is safe to show and loads nothing."""
        ...


class ActHost(Protocol):
    """The person's acts on a record or a draft. Futures may fail with TooLate, NotFound, StoreError."""

    def take_back(self, uid: str) -> Future[Draft | None]:
        """Make it a draft again; None: the provider keeps it and is asked to give it back."""
        ...

    def edit_copy(self, uid: str) -> Future[Draft]: ...
    def retry(self, uid: str) -> Future[object]: ...
    def dismiss(self, uid: str) -> Future[object]: ...
    def resolve(self, uid: str, *, was_sent: bool) -> Future[object]: ...
    def discard_draft(self, uid: str) -> Future[None]: ...
    def export(self, uid: str, target: Path) -> Future[Path]:
        """Write the exact bytes to `target` and the record beside it; give the record's path."""
        ...


class OpenHost(Protocol):
    """The other windows."""

    def open_new(self) -> None: ...
    def open_draft(self, draft: Draft) -> None: ...
    def open_accounts(self, account_uid: str = "") -> None: ...
    def open_settings(self) -> None: ...


class MailroomHost(ReadHost, ActHost, OpenHost, Protocol):
    """Everything the Mailroom may ask for."""

    @property
    def clock(self) -> Clock: ...
    @property
    def bridge(self) -> Bridge: ...
