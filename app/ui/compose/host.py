"""What a composer window asks of the program around it: narrow on purpose, no services here.

Everything slow gives a Future that a worker fulfils; the window brings it back by `ui.tasks`.
Futures fail with the AppErrors their services name, or with Cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from PySide6.QtGui import QImage

    from app.compose.autosave import Autosave
    from app.domain.account import Account, Mailbox
    from app.domain.address import Address
    from app.domain.attachment import Attachment
    from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
    from app.domain.draft import ComingFile, Draft, Quote, ReplyMode
    from app.domain.errors import AppError
    from app.domain.mail_tips import MailTip
    from app.domain.outbound import OutboundEmail
    from app.domain.problem import Problem
    from app.domain.submission import Submission
    from app.outbox.kept import Keeping
    from app.outbox.limits import DayUsage
    from app.ports import Clock
    from app.runtime.cancel import CancelToken
    from app.ui.bridge import Bridge
    from app.ui.compose.pictures import KeptPicture, PictureSource


@dataclass(frozen=True, slots=True)
class Sender:
    """One entry of the From list."""

    mailbox: Mailbox
    account: Account


class DraftHost(Protocol):
    """Keeps what is written."""

    def autosave(
        self, *, saved: Callable[[int, datetime], None], failed: Callable[[AppError], None]
    ) -> Autosave: ...
    def discard(self, draft_uid: str) -> Future[None]: ...


class FileHost(Protocol):
    """Keeps copies of files."""

    def attach_file(
        self, path: Path, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> Future[Attachment]: ...
    def fetch_original(
        self, coming: ComingFile, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> Future[Attachment]:
        """Fetch a file of the forwarded message from the provider."""
        ...

    def keep_picture(self, source: PictureSource) -> Future[KeptPicture | None]:
        """Keep a picture that stands in the text; None if it is none."""
        ...

    def read_picture(self, sha256: str) -> Future[QImage]:
        """Give a kept picture as it is shown."""
        ...

    def copy_to_open(self, attachment: Attachment) -> Future[Path]:
        """Give a read-only copy under its own name, for another program to open."""
        ...


class ConversationHost(Protocol):
    """Reads conversations; `recent` is local, the rest asks the provider."""

    def recent(self, account_uid: str, text: str) -> Future[list[Conversation]]: ...
    def refresh(self, account_uid: str, cancel: CancelToken) -> Future[int]: ...
    def search(
        self, account_uid: str, text: str, cancel: CancelToken
    ) -> Future[list[Conversation]]: ...
    def latest(self, ref: ThreadRef) -> Future[OriginalMessage]: ...
    def readable(self, html: str, text: str) -> Future[str]:
        """Give a stranger's message as HTML that is safe to show and loads nothing."""
        ...

    def reply_draft(
        self, draft: Draft, original: OriginalMessage, mode: ReplyMode, own: frozenset[str]
    ) -> Future[Draft]: ...


class PeopleHost(Protocol):
    """Knows whom one writes to."""

    def suggest(self, account_uid: str, text: str) -> Future[list[Address]]: ...
    def tips(
        self, account: Account, people: Sequence[Address], cancel: CancelToken
    ) -> Future[dict[str, MailTip]]:
        """Give what the account's provider knows of recipients, by address (casefolded)."""
        ...

    def forget_person(self, person: Address) -> Future[None]:
        """Suggest somebody no more, until he is written to again."""
        ...


class SendHost(Protocol):
    """Takes a finished mail."""

    @property
    def undo_s(self) -> float: ...
    def keeping(self, account: Account) -> Keeping | None:
        """Say who keeps scheduled mail if nobody chooses; None: this account's provider cannot."""
        ...

    def check(self, draft: Draft) -> Future[tuple[Problem, ...]]: ...
    def submit(self, submission: Submission) -> Future[OutboundEmail]: ...
    def take_back(self, outbound_uid: str) -> Future[Draft | None]:
        """Undo a send; None: the provider has it and is asked to give it back."""
        ...

    def waiting_count(self) -> Future[int]: ...
    def usage(self, mailbox: Mailbox) -> Future[DayUsage]:
        """Count what a mailbox sent in the last 24 hours."""
        ...


class WindowHost(Protocol):
    """The other windows."""

    def open_accounts(self) -> None: ...
    def open_mailroom(self) -> None: ...
    def open_settings(self) -> None: ...
    def open_new(self) -> None:
        """Open a composer with nothing in it."""
        ...


class ComposerHost(
    DraftHost, FileHost, ConversationHost, PeopleHost, SendHost, WindowHost, Protocol
):
    """Everything a composer window may ask for."""

    @property
    def clock(self) -> Clock: ...
    @property
    def bridge(self) -> Bridge: ...
    def senders(self) -> Future[list[Sender]]:
        """Give every mailbox of every account, the preferred one first."""
        ...

    def clean_paste(self, html: str) -> Future[str]:
        """Give pasted markup as markup the editor takes."""
        ...

    def inline_html(self, quote: Quote) -> Future[str]:
        """Give a quoted original as markup the editor takes."""
        ...
