"""Gmail: conversations for the picker, the latest message of one, and the addresses to send from."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.conversation import (
    Conversation,
    OriginalMessage,
    ThreadRef,
    participants,
)
from app.domain.errors import NeedsPerson, NotFound
from app.mime.msgid import parse_msgids
from app.ports import ConversationPage, MailboxInfo
from app.providers.charsets import charset_of, text_of
from app.providers.gmail_api import (
    GmailApi,
    addresses,
    decoded,
    header,
    is_draft,
    part_header,
    parts,
    raw_header,
    sent_at,
)
from app.providers.gmail_files import attachments_of
from app.providers.http import params
from app.providers.parallel import in_parallel
from app.providers.values import Json, inner, number, rows, text

if TYPE_CHECKING:
    from app.domain.account import Account

_AT_ONCE = 6
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = ("Subject", "From", "To", "Cc", "Content-Type")


def list_threads(
    api: GmailApi, account: Account, *, text_query: str, page: str, limit: int
) -> ConversationPage:
    """Give one page of threads, newest first; with a query, those that match Gmail's search."""
    query = params(maxResults=limit, pageToken=page, q=text_query)
    listed = api.get("threads", query).json()
    found = in_parallel(
        lambda row: _thread(api, text(row, "id")), rows(listed, "threads"), _AT_ONCE
    )
    conversations = [_conversation(account, thread) for thread in found]
    return ConversationPage(
        conversations=tuple(one for one in conversations if one is not None),
        next_page=text(listed, "nextPageToken"),
    )


def fetch_latest(api: GmailApi, ref: ThreadRef, kept: OriginalMessage | None) -> OriginalMessage:
    """Give the newest finished message of a thread, whole. Raises NotFound, ProviderError."""
    thread = _thread(api, ref.thread_id)
    finished = [message for message in rows(thread, "messages") if not is_draft(message)]
    if not finished:
        raise NotFound(kind="conversation", uid=ref.thread_id)
    newest = max(finished, key=lambda message: number(message, "internalDate"))
    if kept is not None and kept.provider_message_id == text(newest, "id"):
        return kept
    path = f"messages/{quote(text(newest, 'id'), safe='')}"
    return _original(api, ref, api.get(path, params(format="full")).json())


def fetch_mailboxes(api: GmailApi, account: Account) -> list[MailboxInfo]:
    """Give the send-as addresses; without the right to read them, the account's own."""
    try:
        found = rows(api.get("settings/sendAs").json(), "sendAs")
    except NeedsPerson:
        found = []
    infos = [
        MailboxInfo(
            address=text(row, "sendAsEmail"),
            display_name=text(row, "displayName"),
            is_default=bool(row.get("isDefault")),
            reply_to=text(row, "replyToAddress"),
            signature_html=text(row, "signature"),
        )
        for row in found
        # An alias that was never confirmed would be replaced by the account's own address.
        if row.get("isPrimary") or text(row, "verificationStatus") in {"", "accepted"}
    ]
    own = MailboxInfo(address=account.address, display_name=account.display_name, is_default=True)
    return infos or [own]


def _thread(api: GmailApi, thread_id: str) -> Json:
    path = f"threads/{quote(thread_id, safe='')}"
    query = params(format="metadata", metadataHeaders=list(_SHOWN))
    answer = api.get(path, query, fine=frozenset({404}))
    return answer.json() if answer.is_ok else {}


def _conversation(account: Account, thread: Json) -> Conversation | None:
    messages = [message for message in rows(thread, "messages") if not is_draft(message)]
    if not messages:
        return None
    messages.sort(key=lambda message: number(message, "internalDate"))
    last = messages[-1]
    people = [
        address
        for message in reversed(messages)
        for name in ("From", "To", "Cc")
        for address in addresses(message, name)
    ]
    senders = addresses(last, "From")
    return Conversation(
        ref=ThreadRef(account.uid, text(thread, "id")),
        subject=header(messages[0], "Subject"),
        participants=participants(people, (account.address,)),
        snippet=_unescaped(text(last, "snippet")),
        last_at=sent_at(last) or _LONG_AGO,
        message_count=len(messages),
        has_attachments=any(
            text(inner(message, "payload"), "mimeType") == "multipart/mixed" for message in messages
        ),
        last_sender=senders[0].label if senders else "",
    )


def _unescaped(snippet: str) -> str:
    """Gmail escapes its snippets as HTML."""
    return html.unescape(snippet)


def _original(api: GmailApi, ref: ThreadRef, message: Json) -> OriginalMessage:
    plain, rich = _bodies(api, message)
    senders = addresses(message, "From")
    message_id = parse_msgids(raw_header(message, "Message-ID"))
    in_reply_to = parse_msgids(raw_header(message, "In-Reply-To"))
    return OriginalMessage(
        ref=ref,
        provider_message_id=text(message, "id"),
        message_id=message_id[0] if message_id else "",
        references=parse_msgids(raw_header(message, "References")),
        in_reply_to=in_reply_to[0] if in_reply_to else "",
        subject=header(message, "Subject"),
        sender=senders[0] if senders else None,
        to=addresses(message, "To"),
        cc=addresses(message, "Cc"),
        reply_to=addresses(message, "Reply-To"),
        mail_followup_to=addresses(message, "Mail-Followup-To"),
        sent_at=sent_at(message),
        text=plain,
        html=rich,
        attachments=attachments_of(message),
    )


def _bodies(api: GmailApi, message: Json) -> tuple[str, str]:
    """Give the first text and the first HTML that are no attachments."""
    found = {"text/plain": "", "text/html": ""}
    for part in parts(inner(message, "payload")):
        kind = text(part, "mimeType")
        if kind in found and not found[kind] and not text(part, "filename"):
            found[kind] = text_of(
                _data(api, message, part), charset_of(part_header(part, "Content-Type"))
            )
    return found["text/plain"], found["text/html"]


def _data(api: GmailApi, message: Json, part: Json) -> bytes:
    body = inner(part, "body")
    if data := text(body, "data"):
        return decoded(data)
    attachment_id = text(body, "attachmentId")
    if not attachment_id:
        return b""
    # Long bodies come like attachments.
    path = (
        f"messages/{quote(text(message, 'id'), safe='')}"
        f"/attachments/{quote(attachment_id, safe='')}"
    )
    return decoded(text(api.get(path).json(), "data"))
