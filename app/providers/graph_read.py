"""Outlook: conversations for the picker, the latest message of one, and the account's address.

Graph lists messages, not conversations, so a page of messages is grouped by conversationId.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.conversation import (
    Conversation,
    OriginalMessage,
    ThreadRef,
    participants,
)
from app.domain.errors import NotFound, Rejected
from app.mime.msgid import parse_msgids
from app.ports import ConversationPage, MailboxInfo
from app.providers.graph_api import GraphApi, address, addresses, moment
from app.providers.graph_files import list_attachments
from app.providers.http import params
from app.providers.values import Json, inner, rows, text

if TYPE_CHECKING:
    from app.domain.account import Account

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TOP = 250
_MOST_PAGES = 10
_ROW = (
    "id,conversationId,subject,from,toRecipients,ccRecipients,receivedDateTime,bodyPreview,"
    "hasAttachments,isDraft"
)
_WHOLE = (
    "id,conversationId,subject,from,toRecipients,ccRecipients,replyTo,sentDateTime,"
    "receivedDateTime,internetMessageId,internetMessageHeaders,hasAttachments,body"
)


def list_conversations(
    api: GraphApi, account: Account, *, page: str, limit: int
) -> ConversationPage:
    """Give the conversations of one page of messages, newest first."""
    if page:
        if not page.startswith(api.base_url + "/"):
            raise Rejected(provider="microsoft", detail="the page is another server's", field="")
        listed = api.get(page).json()
    else:
        query = params(
            _select=_ROW, _orderby="receivedDateTime desc", _top=min(2 * limit, _MOST_TOP)
        )
        listed = api.get(api.url("messages"), query).json()
    return _grouped(account, listed)


def search_conversations(
    api: GraphApi, account: Account, text_query: str, *, limit: int
) -> ConversationPage:
    """Give the conversations that match Exchange's search; it takes neither filter nor order."""
    words = text_query.replace("\\", " ").replace('"', " ").strip()
    if not words:
        return ConversationPage(conversations=())
    query = params(_search=f'"{words}"', _select=_ROW, _top=min(2 * limit, _MOST_TOP))
    listed = api.get(api.url("messages"), query).json()
    found = _grouped(account, listed)
    return ConversationPage(conversations=found.conversations[:limit])


def fetch_latest(api: GraphApi, ref: ThreadRef, kept: OriginalMessage | None) -> OriginalMessage:
    """Give the newest finished message of a conversation, whole. Raises NotFound, ProviderError."""
    newest = _newest(api, ref)
    if kept is not None and kept.provider_message_id == text(newest, "id"):
        return kept
    url = api.message_url(text(newest, "id"))
    message = api.get(url, params(_select=_WHOLE)).json()
    return _original(api, ref, message)


def fetch_mailboxes(api: GraphApi, account: Account) -> list[MailboxInfo]:
    """Give the account's own address; Graph lists no aliases."""
    me = api.get(api.url(""), params(_select="displayName,mail,userPrincipalName")).json()
    own = text(me, "mail") or text(me, "userPrincipalName") or account.address
    name = text(me, "displayName") or account.display_name
    return [MailboxInfo(address=own, display_name=name, is_default=True)]


def _grouped(account: Account, listed: Json) -> ConversationPage:
    groups: dict[str, list[Json]] = {}
    for message in rows(listed, "value"):
        if message.get("isDraft") is not True and text(message, "conversationId"):
            groups.setdefault(text(message, "conversationId"), []).append(message)
    conversations = [_conversation(account, key, group) for key, group in groups.items()]
    conversations.sort(key=lambda one: one.last_at, reverse=True)
    return ConversationPage(
        conversations=tuple(conversations), next_page=text(listed, "@odata.nextLink")
    )


def _received(message: Json) -> datetime:
    return moment(message, "receivedDateTime") or _LONG_AGO


def _conversation(account: Account, thread_id: str, group: list[Json]) -> Conversation:
    group.sort(key=_received)
    last = group[-1]
    people = [
        person
        for message in reversed(group)
        for person in (
            *filter(None, (address(message.get("from")),)),
            *addresses(message, "toRecipients"),
            *addresses(message, "ccRecipients"),
        )
    ]
    sender = address(last.get("from"))
    return Conversation(
        ref=ThreadRef(account.uid, thread_id),
        subject=text(last, "subject"),
        participants=participants(people, (account.address,)),
        snippet=text(last, "bodyPreview"),
        last_at=_received(last),
        message_count=len(group),
        has_attachments=any(message.get("hasAttachments") is True for message in group),
        last_sender=sender.label if sender else "",
    )


def _newest(api: GraphApi, ref: ThreadRef) -> Json:
    """Look through the conversation: Graph refuses to order by what it does not filter by."""
    quoted = ref.thread_id.replace("'", "''")
    query = params(
        _filter=f"conversationId eq '{quoted}'", _select="id,receivedDateTime,isDraft", _top=100
    )
    listed = api.get(api.url("messages"), query).json()
    finished: list[Json] = []
    for _ in range(_MOST_PAGES):
        finished += [one for one in rows(listed, "value") if one.get("isDraft") is not True]
        following = text(listed, "@odata.nextLink")
        if not following.startswith(api.base_url + "/"):
            break
        listed = api.get(following).json()
    if not finished:
        raise NotFound(kind="conversation", uid=ref.thread_id)
    # Times are whole seconds: of two in the same one the later in the list, as it was stored.
    return max(reversed(finished), key=_received)


def _original(api: GraphApi, ref: ThreadRef, message: Json) -> OriginalMessage:
    headers = {
        text(row, "name").lower(): text(row, "value")
        for row in rows(message, "internetMessageHeaders")
    }
    body = inner(message, "body")
    is_html = text(body, "contentType").lower() == "html"
    in_reply_to = parse_msgids(headers.get("in-reply-to", ""))
    return OriginalMessage(
        ref=ref,
        provider_message_id=text(message, "id"),
        message_id=text(message, "internetMessageId"),
        references=parse_msgids(headers.get("references", "")),
        in_reply_to=in_reply_to[0] if in_reply_to else "",
        subject=text(message, "subject"),
        sender=address(message.get("from")),
        to=addresses(message, "toRecipients"),
        cc=addresses(message, "ccRecipients"),
        reply_to=addresses(message, "replyTo"),
        sent_at=moment(message, "sentDateTime"),
        text="" if is_html else text(body, "content"),
        html=text(body, "content") if is_html else "",
        attachments=list_attachments(api, message),
    )
