"""Records and drafts as rows of the Mailroom. Pure values; no Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.outbound import OutboundState, Reason
from app.domain.texts import draft_words, people_text, plural, row_words, size_text
from app.ports import OutboxView, RecordPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.domain.texts import RowWords

COLUMNS = ("State", "Message", "From", "Why, and what next")
NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row shows; exactly one of `record` and `draft` is behind it."""

    uid: str
    title: str
    subtitle: str
    address: str
    provider: str
    provider_label: str
    words: RowWords
    record: OutboundEmail | None = None
    draft: Draft | None = None

    def text(self, column: int) -> str:
        """Give a cell as one text, for screen readers and tests."""
        links = " · ".join(action.label for action in self.words.actions)
        parts = (
            (self.words.state, self.words.state_detail),
            (self.title, self.subtitle),
            (self.address, self.provider_label),
            (self.words.why, links),
        )[column]
        return "\n".join(part for part in parts if part)


def record_row(record: OutboundEmail, now: datetime, percent: int = 0) -> Row:
    """Make the row of a record."""
    content = record.message.content
    parts = [f"to {people_text(record.envelope.recipients)}"]
    if content.attachments:
        files = plural(len(content.attachments), "file")
        parts.append(f"{size_text(record.message.size_bytes)}, {files}")
    parts += [link.label for link in record.links if link.label]
    return Row(
        uid=record.uid,
        title=content.subject or NO_SUBJECT,
        subtitle=" · ".join(parts),
        address=record.envelope.sender.addr_spec,
        provider=record.provider.value,
        provider_label=record.provider.label,
        words=row_words(record, now, percent=percent),
        record=record,
    )


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows, and where the page after them begins."""

    rows: list[Row]
    before: int | None


# How a page of records becomes rows; it knows no widget, because a worker calls it.
Word = Callable[[RecordPage], RowPage]


def page_rows(page: RecordPage, *, now: datetime, percents: Mapping[str, int]) -> RowPage:
    """Make the rows of a page."""
    rows = [record_row(one, now, percents.get(one.uid, 0)) for one in page.records]
    return RowPage(rows, page.before)


def draft_row(draft: Draft, mailboxes: Mapping[str, Mailbox], now: datetime) -> Row:
    """Make the row of a draft."""
    mailbox = mailboxes.get(draft.mailbox_uid or "")
    people = draft.recipients.everybody
    parts = [f"to {people_text(people)}" if people else "to nobody yet"]
    if draft.attachments:
        parts.append(plural(len(draft.attachments), "file"))
    return Row(
        uid=draft.uid,
        title=draft.subject or NO_SUBJECT,
        subtitle=" · ".join(parts),
        address=mailbox.address if mailbox else "",
        provider=mailbox.provider.value if mailbox else "",
        provider_label=mailbox.provider.label if mailbox else "no account chosen",
        words=draft_words(draft, now),
        draft=draft,
    )


def belongs(record: OutboundEmail, view: OutboxView) -> bool:
    """Say whether a list shows a record: the store's own rule, for one row that changed."""
    state, is_undo = record.state, record.reason is Reason.UNDO_WINDOW
    match view:
        case OutboxView.SENT:
            return state is OutboundState.SENT
        case OutboxView.SCHEDULED:
            return state is OutboundState.SCHEDULED and not is_undo
        case OutboxView.OUTBOX:
            gone = {OutboundState.SENT, OutboundState.CANCELLED}
            return state not in gone and (state is not OutboundState.SCHEDULED or is_undo)
        case OutboxView.NOT_SENT:
            return state is OutboundState.CANCELLED
        case OutboxView.ALL:
            return True


def is_listed(draft: Draft, text: str) -> bool:
    """Say whether the list of drafts shows one under a filter."""
    return not draft.is_blank and draft_matches(draft, text)


def draft_matches(draft: Draft, text: str) -> bool:
    """Say whether a draft holds every word of a filter."""
    people = " ".join(person.format() for person in draft.recipients.everybody)
    hay = f"{draft.subject} {people} {draft.body.text} {draft.body.html}".casefold()
    return all(word in hay for word in text.casefold().split())
