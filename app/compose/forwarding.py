"""What a forwarded message brings along: which files, as what, and which are only links. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.attachment import Disposition
from app.domain.conversation import OriginalKind
from app.domain.draft import ComingFile, ReplyMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.conversation import OriginalMessage
    from app.domain.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A file that lies elsewhere: the original only links to it, and perhaps says so in its text."""

    filename: str
    is_in_text: bool


def bring_files(
    draft: Draft, original: OriginalMessage, mode: ReplyMode, new_uid: Callable[[], str]
) -> Draft:
    """Give the draft with the files it has to fetch; those of another original are left behind.

    The revision stays: this completes a draft that was just made an answer or a forward.
    """
    own = without_brought(draft)
    if mode is not ReplyMode.FORWARD:
        return own
    from app.mime.finalize import referenced_cids

    shown = referenced_cids(original.html)
    coming = tuple(
        ComingFile(
            uid=new_uid(),
            account_uid=original.ref.account_uid,
            message_id=original.provider_message_id,
            file=file,
            disposition=(
                Disposition.INLINE if file.content_id in shown else Disposition.ATTACHMENT
            ),
        )
        for file in original.attachments
        if file.kind is not OriginalKind.LINK
    )
    return replace(own, coming=coming)


def without_brought(draft: Draft) -> Draft:
    """Give the draft without what a forwarded original brought along."""
    own = tuple(one for one in draft.attachments if not one.brought_by)
    return replace(draft, attachments=own, coming=())


def links_of(original: OriginalMessage) -> tuple[Linked, ...]:
    """Give the files that are only linked to."""
    has_links = "href" in original.html.lower()
    return tuple(
        Linked(filename=file.filename, is_in_text=has_links and file.filename in original.html)
        for file in original.attachments
        if file.kind is OriginalKind.LINK
    )
