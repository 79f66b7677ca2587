"""Starts drafts: blank ones, and replies and forwards from an original. Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from app.domain.draft import Draft, ReplyMode
from app.mime.reply import make_quote, reply_context, reply_recipients, subject_for

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.domain.conversation import OriginalMessage
    from app.ports import Clock, Ids


def new_draft(
    *, ids: Ids, clock: Clock, mailbox_uid: str | None = None, is_signed: bool = False
) -> Draft:
    """Give a blank draft; one a person writes is signed with the mailbox's signature."""
    now = clock.now()
    return Draft(
        uid=ids.new_uid(),
        created_at=now,
        updated_at=now,
        mailbox_uid=mailbox_uid,
        is_signed=is_signed,
    )


def reply_draft(  # noqa: PLR0917  the six things a reply is made of
    draft: Draft,
    original: OriginalMessage,
    mode: ReplyMode,
    own: frozenset[str],
    at: datetime,
    zone: tzinfo | None = None,
) -> Draft:
    """Turn a draft into a reply to `original`: recipients, subject, threading and quote.

    What was written stays. Recipients the person already chose are replaced by the rules' ones, as
    picking a conversation is choosing whom to write to; a forward keeps them. An answer goes without
    signature until the person adds it: in a conversation it stands further down already.

    `own` are the addr-specs of all own mailboxes, which are left out of the recipients; `zone` is
    the time zone in which the attribution tells the time (this computer's if not given).
    """
    recipients = reply_recipients(original, own, mode)
    if mode is ReplyMode.FORWARD:
        recipients = draft.recipients
    if zone is None:
        # astimezone() without argument gives this computer's zone as it was at that moment.
        zone = (original.sent_at or at).astimezone().tzinfo or UTC
    return draft.edited(
        at,
        recipients=recipients,
        subject=subject_for(original, mode),
        reply=reply_context(original, mode),
        quote=make_quote(original, mode, zone=zone),
        is_signed=draft.is_signed and mode is ReplyMode.FORWARD,
    )
