"""Outlook: what is known of recipients before sending (learn.microsoft.com, user: getMailTips; Mail.Read)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.mail_tips import MailTip
from app.providers.body import json_body
from app.providers.values import Json, inner, number, rows, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.providers.graph_api import GraphApi
    from app.runtime.cancel import CancelToken

MOST_RECIPIENTS = 100
_WANTED = (
    "automaticReplies, mailboxFullStatus, customMailTip, externalMemberCount, totalMemberCount,"
    " deliveryRestriction, moderationStatus, recipientScope"
)
_UNKNOWN = ("invalidrecipient", "recipientnotfound", "nonexistentmailbox")
_LONGEST_REPLY = 20_000


def fetch_tips(api: GraphApi, addresses: Sequence[str], cancel: CancelToken) -> dict[str, MailTip]:
    """Ask about recipients, a hundred at a time; by address, casefolded. Raises ProviderError."""
    found: dict[str, MailTip] = {}
    for start in range(0, len(addresses), MOST_RECIPIENTS):
        asked = list(addresses[start : start + MOST_RECIPIENTS])
        body = json_body({"EmailAddresses": asked, "MailTipsOptions": _WANTED})
        answer = api.write("POST", api.url("getMailTips"), body, cancel)
        found |= {tip.address: tip for tip in _read(answer.json())}
    return found


def _read(answer: Json) -> Iterator[MailTip]:
    for row in rows(answer, "value"):
        address = text(inner(row, "emailAddress"), "address").casefold()
        if not address:
            continue
        error = text(inner(row, "error"), "code").casefold()
        if error:
            # Whatever else went wrong says nothing about the recipient.
            if any(word in error for word in _UNKNOWN):
                yield MailTip(address=address, is_unknown=True)
            continue
        yield _tip(address, row)


def _tip(address: str, row: Json) -> MailTip:
    replies = inner(row, "automaticReplies")
    scope = text(row, "recipientScope").casefold()
    return MailTip(
        address=address,
        away=_plain(text(replies, "message")),
        away_from=_moment(inner(replies, "scheduledStartTime")),
        away_until=_moment(inner(replies, "scheduledEndTime")),
        is_full=row.get("mailboxFull") is True,
        is_restricted=row.get("deliveryRestricted") is True,
        is_moderated=row.get("isModerated") is True,
        is_outside=None if scope in {"", "none"} else scope.startswith("external"),
        members=number(row, "totalMemberCount"),
        outside=number(row, "externalMemberCount"),
        custom=_plain(text(row, "customMailTip")),
    )


def _plain(html: str) -> str:
    """Give a stranger's markup as words."""
    if "<" not in html:
        return " ".join(html.split())
    from app.mime.html.to_text import html_to_text  # the cleaner is not needed to send

    return " ".join(html_to_text(html[:_LONGEST_REPLY]).split())


def _moment(value: Json) -> datetime | None:
    """Read a dateTimeTimeZone; one in another zone than UTC is not guessed."""
    try:
        found = datetime.fromisoformat(text(value, "dateTime"))
    except ValueError:
        return None
    if text(value, "timeZone").casefold() not in {"", "utc"}:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
