"""The host of a real program: every wish of a composer handed to the service that fulfils it.

Store work goes to the store executor, long work on files and markup to the files executor, what
waits for the network to the net executor.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.compose.autosave import Autosave
from app.compose.forwarding import bring_files
from app.compose.replying import reply_draft
from app.domain.account import AccountState, Capability
from app.domain.attachment import Disposition
from app.domain.events import DraftsChanged
from app.outbox.kept import Keeping
from app.ports import OutboxView
from app.ui.compose.host import Sender
from app.ui.compose.pictures import KeptPicture, read_picture, shown_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from PySide6.QtGui import QImage

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
    from app.outbox.limits import DayUsage
    from app.ports import Clock
    from app.runtime.cancel import CancelToken
    from app.services import Services
    from app.ui.bridge import Bridge
    from app.ui.compose.host import WindowHost
    from app.ui.compose.pictures import PictureSource

_UNSAFE = re.compile(r"[\x00-\x1f/\\:*?\"<>|]+")
# The sanitiser took its address away; Qt would go on to look for a file without a name.
_PICTURE_WITHOUT_SOURCE = re.compile(r'<img(?:\s+(?!src=)[a-z-]+="[^"]*+")*+\s*/?>')


class ServiceHost:
    """Fulfils `ComposerHost` over Services."""

    def __init__(self, services: Services, *, bridge: Bridge, windows: WindowHost) -> None:
        self._services = services
        self._bridge = bridge
        self._windows = windows

    @property
    def clock(self) -> Clock:
        """Give the clock."""
        return self._services.clock

    @property
    def bridge(self) -> Bridge:
        """Give the events as signals."""
        return self._bridge

    @property
    def undo_s(self) -> float:
        """Give how long a send can be taken back, in seconds."""
        return float(self._services.settings.undo_s)

    # --- accounts and drafts -------------------------------------------------------------------

    def senders(self) -> Future[list[Sender]]:
        """Give every mailbox, connected accounts first, the preferred ones of those first."""
        return self._services.executors.run_store(self._senders)

    def _senders(self) -> list[Sender]:
        accounts = {account.uid: account for account in self._services.book.list_accounts()}
        found = [
            Sender(mailbox, accounts[mailbox.account_uid])
            for mailbox in self._services.book.list_mailboxes()
            if mailbox.account_uid in accounts
        ]
        order = {
            uid: place for place, uid in enumerate(dict.fromkeys(s.account.uid for s in found))
        }
        return sorted(
            found,
            key=lambda one: (
                one.account.state is AccountState.SIGNED_OUT,
                order[one.account.uid],
                not one.mailbox.is_default,
            ),
        )

    def autosave(
        self, *, saved: Callable[[int, datetime], None], failed: Callable[[AppError], None]
    ) -> Autosave:
        """Give the writer of one window's draft."""
        return Autosave(
            drafts=self._services.drafts,
            executors=self._services.executors,
            clock=self._services.clock,
            saved=saved,
            failed=failed,
        )

    def discard(self, draft_uid: str) -> Future[None]:
        """Throw a saved draft away."""
        return self._services.executors.run_store(self._discard, draft_uid)

    def _discard(self, draft_uid: str) -> None:
        self._services.drafts.discard(draft_uid)
        self._services.bus.publish(DraftsChanged(draft_uid))

    # --- files ---------------------------------------------------------------------------------

    def attach_file(
        self, path: Path, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> Future[Attachment]:
        """Copy a file in."""
        return self._services.executors.run_files(
            self._services.attacher.attach_file, path, cancel=cancel, progress=progress
        )

    def fetch_original(
        self, coming: ComingFile, *, cancel: CancelToken, progress: Callable[[int, int], None]
    ) -> Future[Attachment]:
        """Fetch a file of the forwarded message."""
        return self._services.executors.run_net(
            self._services.original_files.fetch, coming, cancel=cancel, progress=progress
        )

    def keep_picture(self, source: PictureSource) -> Future[KeptPicture | None]:
        """Keep a picture that stands in the text."""
        return self._services.executors.run_files(self._keep_picture, source)

    def _keep_picture(self, source: PictureSource) -> KeptPicture | None:
        picture = read_picture(source)
        if picture is None:
            return None
        kept = self._services.attacher.attach_bytes(
            picture.filename, picture.media_type, picture.data, Disposition.INLINE
        )
        return KeptPicture(kept, picture.shown)

    def read_picture(self, sha256: str) -> Future[QImage]:
        """Give a kept picture as it is shown."""
        return self._services.executors.run_files(lambda: shown_picture(self._read(sha256)))

    def _read(self, sha256: str) -> bytes:
        with self._services.blobs.open(sha256) as file:
            return file.read()

    def copy_to_open(self, attachment: Attachment) -> Future[Path]:
        """Give a read-only copy under the file's own name."""
        return self._services.executors.run_files(self._copy, attachment)

    def _copy(self, attachment: Attachment) -> Path:
        name = _UNSAFE.sub("_", attachment.filename).strip(". ") or "file"
        path = Path(tempfile.mkdtemp(prefix="postrider-")) / name
        path.write_bytes(self._read(attachment.sha256))
        path.chmod(0o400)
        return path

    # --- conversations -------------------------------------------------------------------------

    def recent(self, account_uid: str, text: str) -> Future[list[Conversation]]:
        """Search the local index."""
        return self._services.executors.run_store(
            self._services.conversations.recent, account_uid, text
        )

    def refresh(self, account_uid: str, cancel: CancelToken) -> Future[int]:
        """Bring the local index up to date."""
        return self._services.executors.run_net(
            self._services.conversations.refresh, account_uid, cancel
        )

    def search(
        self, account_uid: str, text: str, cancel: CancelToken
    ) -> Future[list[Conversation]]:
        """Search at the provider."""
        return self._services.executors.run_net(
            self._services.conversations.search, account_uid, text, cancel
        )

    def latest(self, ref: ThreadRef) -> Future[OriginalMessage]:
        """Fetch the latest message of a conversation."""
        return self._services.executors.run_net(self._services.conversations.latest, ref)

    def readable(self, html: str, text: str) -> Future[str]:
        """Make a stranger's message safe to show."""
        return self._services.executors.run_files(_readable, html, text)

    def clean_paste(self, html: str) -> Future[str]:
        """Make pasted markup fit for the editor."""
        return self._services.executors.run_files(_cleaned, html)

    def inline_html(self, quote: Quote) -> Future[str]:
        """Make a quoted original fit for the editor."""
        return self._services.executors.run_files(_inline, quote)

    def reply_draft(
        self, draft: Draft, original: OriginalMessage, mode: ReplyMode, own: frozenset[str]
    ) -> Future[Draft]:
        """Make a draft a reply, or a forward that awaits the files of the original."""
        new_uid = self._services.ids.new_uid
        at = self.clock.now()
        return self._services.executors.run_store(
            lambda: bring_files(
                reply_draft(draft, original, mode, own, at), original, mode, new_uid
            )
        )

    # --- people --------------------------------------------------------------------------------

    def suggest(self, account_uid: str, text: str) -> Future[list[Address]]:
        """Give people who fit what was typed; not on the store executor, which may be copying files."""
        return self._services.executors.run_net(self._services.people.suggest, account_uid, text)

    def tips(
        self, account: Account, people: Sequence[Address], cancel: CancelToken
    ) -> Future[dict[str, MailTip]]:
        """Give what the account's provider knows of recipients."""
        addresses = [person.addr_spec for person in people]
        return self._services.executors.run_net(
            self._services.tips.look, account, addresses, cancel
        )

    def forget_person(self, person: Address) -> Future[None]:
        """Suggest somebody no more."""
        return self._services.executors.run_store(self._services.people.forget, person)

    # --- sending -------------------------------------------------------------------------------

    def keeping(self, account: Account) -> Keeping | None:
        """Say who keeps scheduled mail; None where the provider cannot."""
        if Capability.DEFER not in account.capabilities:
            return None
        settings = self._services.settings
        return Keeping.of(settings.later_by, settings.lead_s)

    def check(self, draft: Draft) -> Future[tuple[Problem, ...]]:
        """List everything wrong with a draft."""
        return self._services.executors.run_store(self._services.submitter.check, draft)

    def submit(self, submission: Submission) -> Future[OutboundEmail]:
        """Take a mail for sending."""
        return self._services.executors.run_store(self._services.submitter.submit, submission)

    def take_back(self, outbound_uid: str) -> Future[Draft | None]:
        """Undo a send."""
        return self._services.executors.run_store(self._services.outbox.take_back, outbound_uid)

    def waiting_count(self) -> Future[int]:
        """Count what waits in the Outbox."""
        return self._services.executors.run_store(self._services.lists.count, OutboxView.OUTBOX)

    def usage(self, mailbox: Mailbox) -> Future[DayUsage]:
        """Count what a mailbox's account sent in the last 24 hours."""
        limits = self._services.limits
        return self._services.executors.run_store(
            # Made by the worker: no window waits for the outbox.
            lambda: limits.today(mailbox.account_uid, mailbox.provider)
        )

    # --- windows -------------------------------------------------------------------------------

    def open_accounts(self) -> None:
        """Show the accounts."""
        self._windows.open_accounts()

    def open_settings(self) -> None:
        """Show the settings."""
        self._windows.open_settings()

    def open_mailroom(self) -> None:
        """Show the Mailroom."""
        self._windows.open_mailroom()

    def open_new(self) -> None:
        """Open a blank composer."""
        self._windows.open_new()


def _readable(html: str, text: str) -> str:
    if not html.strip():
        from app.mime.html.from_text import text_to_html

        return text_to_html(text)
    from app.mime.html.sanitize import sanitize

    return _PICTURE_WITHOUT_SOURCE.sub("", sanitize(html))


def _cleaned(html: str) -> str:
    from app.mime.html.paste import clean_paste

    return clean_paste(html)


def _inline(quote: Quote) -> str:
    from app.mime.html.from_text import text_to_html
    from app.mime.html.paste import clean_paste
    from app.mime.html.quote import quote_html

    original = clean_paste(quote.html) if quote.html.strip() else text_to_html(quote.text)
    return quote_html(original, quote.attribution.strip())
