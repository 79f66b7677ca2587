"""Gmail's part of the local index: all threads page by page first, then what the history tells.

The list goes without a query: the index behind `q` lags, so mail that came just before the start
would be in neither the list nor the history. Spends about 10 quota units a thread; pauses are the
caller's.
"""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.conversation import MessageHeader, ThreadRef
from app.ports import SyncPage
from app.providers.gmail_api import addresses, header, is_draft, sent_at
from app.providers.http import params
from app.providers.parallel import in_parallel
from app.providers.values import Json, inner, rows, text, texts

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.providers.gmail_api import GmailApi
    from app.runtime.cancel import CancelToken

THREADS_A_PAGE = 25
CHANGES_A_PAGE = 50
# Few: what comes at once is read at once, beside somebody who may be typing.
_AT_ONCE = 2
_EXPIRED = SyncPage(is_expired=True)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = ("Subject", "From", "To", "Cc", "Bcc", "Content-Type")
_KINDS = ("messageAdded", "messageDeleted", "labelAdded", "labelRemoved")
_HIDING = frozenset({"TRASH", "SPAM"})


def fetch_changes(
    api: GmailApi, account: Account, cursor: str, since: datetime, cancel: CancelToken
) -> SyncPage:
    """Give one step of the synchronisation. Raises ProviderError, SignInRequired, Cancelled."""
    state = _read(cursor)
    fetch = partial(_threads, api, account, cancel)
    if not text(state, "history"):
        # Before the first list: what comes while it is read is in the history after this id.
        profile = api.get("profile", cancel=cancel).json()
        state = {"history": text(profile, "historyId"), "listing": True, "page": ""}
    if state.get("listing"):
        return _listed(api, state, since, fetch, cancel)
    return _changed(api, state, fetch, cancel)


def _listed(
    api: GmailApi, state: Json, since: datetime, fetch: partial[SyncPage], cancel: CancelToken
) -> SyncPage:
    page = text(state, "page")
    query = params(maxResults=THREADS_A_PAGE, pageToken=page)
    # A page token does not live for ever; Gmail calls a dead one an invalid argument.
    fine = frozenset({400}) if page else frozenset[int]()
    answer = api.get("threads", query, fine=fine, cancel=cancel)
    if not answer.is_ok:
        return _EXPIRED
    listed = answer.json()
    found = fetch([text(row, "id") for row in rows(listed, "threads")])
    following = text(listed, "nextPageToken")
    newest = max((one.sent_at for one in found.headers), default=None)
    # Newest first: a page that lies before the day wholly is followed by older ones only.
    is_over = not following or (newest is not None and newest < since)
    after: Json = {"history": text(state, "history")}
    if not is_over:
        after = {**after, "listing": True, "page": following}
    return SyncPage(
        headers=found.headers,
        whole_threads=found.whole_threads,
        cursor=json.dumps(after),
        has_more=True,
    )


def _changed(api: GmailApi, state: Json, fetch: partial[SyncPage], cancel: CancelToken) -> SyncPage:
    start = text(state, "history")
    query = params(
        startHistoryId=start,
        pageToken=text(state, "page"),
        maxResults=CHANGES_A_PAGE,
        historyTypes=list(_KINDS),
    )
    # "If you receive an HTTP 404 error response, your application should perform a full sync"
    # (gmail users.history.list); 400: the page token died.
    answer = api.get("history", query, fine=frozenset({400, 404}), cancel=cancel)
    if not answer.is_ok:
        return _EXPIRED
    listed = answer.json()
    found = fetch(_touched(listed))
    following = text(listed, "nextPageToken")
    after = {"history": start, "page": following}
    if not following:
        after = {"history": text(listed, "historyId") or start}
    return SyncPage(
        headers=found.headers,
        whole_threads=found.whole_threads,
        cursor=json.dumps(after),
        has_more=bool(following),
    )


def _touched(listed: Json) -> list[str]:
    """Give the threads whose messages came, went, or went to and from the bin."""
    found: dict[str, None] = {}
    for row in rows(listed, "history"):
        for kind in ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"):
            for change in rows(row, kind):
                is_label = kind.startswith("labels")
                if is_label and not _HIDING & set(texts(change, "labelIds")):
                    continue
                found[text(inner(change, "message"), "threadId")] = None
    found.pop("", None)
    return list(found)


def _threads(
    api: GmailApi, account: Account, cancel: CancelToken, thread_ids: list[str]
) -> SyncPage:
    def ask(thread_id: str) -> Json:
        path = f"threads/{quote(thread_id, safe='')}"
        query = params(format="metadata", metadataHeaders=list(_SHOWN))
        answer = api.get(path, query, fine=frozenset({404}), cancel=cancel)
        return answer.json() if answer.is_ok else {}

    found = in_parallel(ask, thread_ids, _AT_ONCE)
    headers = (
        _header(account, thread_id, message)
        for thread_id, thread in zip(thread_ids, found, strict=True)
        for message in rows(thread, "messages")
        if not is_draft(message) and not _HIDING & set(texts(message, "labelIds"))
    )
    return SyncPage(headers=tuple(headers), whole_threads=tuple(thread_ids))


def _header(account: Account, thread_id: str, message: Json) -> MessageHeader:
    senders = addresses(message, "From")
    return MessageHeader(
        ref=ThreadRef(account.uid, thread_id),
        provider_message_id=text(message, "id"),
        sent_at=sent_at(message) or _LONG_AGO,
        subject=header(message, "Subject"),
        sender=senders[0] if senders else None,
        recipients=(*addresses(message, "To"), *addresses(message, "Cc")),
        # Gmail escapes its snippets as HTML.
        snippet=html.unescape(text(message, "snippet")),
        has_attachments=text(inner(message, "payload"), "mimeType") == "multipart/mixed",
        is_sent="SENT" in texts(message, "labelIds"),
        hidden=len(addresses(message, "Bcc")),
    )


def _read(cursor: str) -> Json:
    try:
        state = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}
