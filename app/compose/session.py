"""One message being written: an immutable Draft, replaced on every edit; listeners hear of each.

Lives on the thread of its window. No Qt here, no I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.compose.forwarding import without_brought
from app.domain.draft import Body, Recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.address import Address
    from app.domain.attachment import Attachment
    from app.domain.draft import ComingFile, ContextLink, Draft, Quote
    from app.ports import Clock

RECIPIENT_FIELDS = ("to", "cc", "bcc", "reply_to")


class ComposeSession:
    """The draft of one window. `draft` is the present value; edits that change nothing are no edits."""

    def __init__(self, *, draft: Draft, clock: Clock) -> None:
        self._draft = draft
        self._clock = clock
        self._listeners: list[Callable[[Draft], None]] = []

    @property
    def draft(self) -> Draft:
        """Give the present value."""
        return self._draft

    def on_changed(self, listener: Callable[[Draft], None]) -> None:
        """Call `listener` with the new draft after every edit."""
        self._listeners.append(listener)

    def replace(self, draft: Draft) -> None:
        """Take a whole draft (a reply made from it, a version restored)."""
        self._draft = draft
        self._tell()

    def set_mailbox(self, mailbox_uid: str | None) -> None:
        """Choose where it is sent from."""
        self._edit(mailbox_uid=mailbox_uid)

    def set_recipients(self, field: str, addresses: Sequence[Address]) -> None:
        """Set one of to, cc, bcc, reply_to."""
        parts = {name: getattr(self._draft.recipients, name) for name in RECIPIENT_FIELDS}
        parts[field] = tuple(addresses)
        self._edit(recipients=Recipients(**parts))

    def set_subject(self, subject: str) -> None:
        """Set the subject as typed."""
        self._edit(subject=subject)

    def set_body(self, body: Body) -> None:
        """Set what the person wrote."""
        self._edit(body=body)

    def set_quote(self, quote: Quote | None) -> None:
        """Set or remove the quoted original."""
        self._edit(quote=quote)

    def add_attachment(self, attachment: Attachment) -> None:
        """Add a kept file at the end."""
        self._edit(attachments=(*self._draft.attachments, attachment))

    def remove_attachment(self, uid: str) -> None:
        """Remove one file."""
        self._edit(attachments=tuple(a for a in self._draft.attachments if a.uid != uid))

    def set_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Replace the list (rename, reorder)."""
        self._edit(attachments=tuple(attachments))

    def set_signed(self, *, is_signed: bool) -> None:
        """Send it with the mailbox's signature, or without."""
        self._edit(is_signed=is_signed)

    def set_links(self, links: Sequence[ContextLink]) -> None:
        """Set what the record will be logged against."""
        self._edit(links=tuple(links))

    def leave_conversation(self) -> None:
        """Turn a reply back into a new message; what was written stays.

        What a forwarded original brought along leaves with it.
        """
        own = without_brought(self._draft)
        self._edit(reply=None, quote=None, attachments=own.attachments, coming=())

    def set_coming(self, coming: Sequence[ComingFile]) -> None:
        """Replace the list of files that are still to be fetched."""
        self._edit(coming=tuple(coming))

    def take_fetched(self, attachment: Attachment, place: int) -> None:
        """Put a fetched file, which was awaited under the same uid, among the others."""
        draft = self._draft
        kept = (*draft.attachments[:place], attachment, *draft.attachments[place:])
        coming = tuple(one for one in draft.coming if one.uid != attachment.uid)
        self._edit(attachments=kept, coming=coming)

    def _edit(self, **changes: object) -> None:
        if all(getattr(self._draft, name) == value for name, value in changes.items()):
            return
        self._draft = self._draft.edited(self._clock.now(), **changes)
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener(self._draft)
