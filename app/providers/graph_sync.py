"""Outlook's part of the local index: delta queries over Inbox and Sent Items, one page a step.

A delta query lists a whole folder first and then its changes
(learn.microsoft.com/graph/delta-query-messages). Without $filter: a filtered delta stops at 5,000
messages (likely), so older mail is passed over here instead.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.conversation import MessageHeader, ThreadRef
from app.ports import SyncPage
from app.providers.graph_api import GraphApi, address, addresses, moment
from app.providers.http import Call, params
from app.providers.parallel import in_parallel
from app.providers.values import Json, rows, text

if TYPE_CHECKING:
    from app.domain.account import Account
    from app.runtime.cancel import CancelToken

FOLDERS = ("inbox", "sentitems")
MESSAGES_A_PAGE = 100
# Graph lets four requests of a mailbox run at a time; two stay free for sending.
_AT_ONCE = 2
_EXPIRED = SyncPage(is_expired=True)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PREFER = f'IdType="ImmutableId", odata.maxpagesize={MESSAGES_A_PAGE}'
_ROW = (
    "id,conversationId,subject,from,toRecipients,ccRecipients,bccRecipients,receivedDateTime,"
    "bodyPreview,hasAttachments,isDraft"
)


def fetch_changes(
    api: GraphApi, account: Account, cursor: str, since: datetime, cancel: CancelToken
) -> SyncPage:
    """Give one step of the synchronisation. Raises ProviderError, SignInRequired, Cancelled."""
    links = _read(cursor)
    turn = text(links, "turn")
    turn = turn if turn in FOLDERS else FOLDERS[0]
    answer = api.http.call(_call(api, turn, text(links, turn), cancel))
    if not answer.is_ok:
        return _EXPIRED
    listed = answer.json()
    following, reached = text(listed, "@odata.nextLink"), text(listed, "@odata.deltaLink")
    if not _is_ours(api, following or reached):
        return _EXPIRED
    found, gone = _apart(api, listed, cancel)
    after = {**links, "turn": turn, turn: following or reached}
    if not following:
        after["turn"] = FOLDERS[(FOLDERS.index(turn) + 1) % len(FOLDERS)]
    headers = (_header(account, message, is_sent=turn == "sentitems") for message in found)
    return SyncPage(
        headers=tuple(one for one in headers if one.sent_at >= since),
        gone=tuple(gone),
        cursor=json.dumps(after),
        has_more=bool(following) or turn != FOLDERS[-1],
    )


def _call(api: GraphApi, folder: str, link: str, cancel: CancelToken) -> Call:
    is_going_on = _is_ours(api, link)
    query = params(_select=_ROW, _orderby="receivedDateTime desc")
    return Call(
        method="GET",
        url=link if is_going_on else api.url(f"mailFolders/{folder}/messages/delta"),
        params=() if is_going_on else query,
        headers=(("Prefer", _PREFER),),
        # 410: "the application must restart with a full synchronization" (graph/delta-query-overview).
        fine=frozenset({410}) if is_going_on else frozenset(),
        cancel=cancel,
    )


def _is_ours(api: GraphApi, link: str) -> bool:
    return link.startswith(api.base_url + "/")


def _apart(api: GraphApi, listed: Json, cancel: CancelToken) -> tuple[list[Json], list[str]]:
    """Give the finished messages of a page, and the ids of those that are no more."""
    found, left = [], []
    for message in rows(listed, "value"):
        if "@removed" in message:
            left.append(text(message, "id"))
        elif message.get("isDraft") is not True and text(message, "conversationId"):
            found.append(message)
    if not left:
        return found, []
    return found, _really_gone(api, left, cancel)


def _really_gone(api: GraphApi, ids: list[str], cancel: CancelToken) -> list[str]:
    """Leave out what was only filed away: a delta says of moved messages too that they are removed."""
    bin_url = api.url("mailFolders/deleteditems")
    the_bin = text(api.get(bin_url, params(_select="id"), cancel=cancel).json(), "id")

    def is_gone(message_id: str) -> bool:
        url = api.message_url(message_id)
        query = params(_select="id,parentFolderId")
        answer = api.get(url, query, fine=frozenset({404}), cancel=cancel)
        return not answer.is_ok or text(answer.json(), "parentFolderId") == the_bin

    verdicts = in_parallel(is_gone, ids, _AT_ONCE)
    return [one for one, gone in zip(ids, verdicts, strict=True) if gone]


def _header(account: Account, message: Json, *, is_sent: bool) -> MessageHeader:
    return MessageHeader(
        ref=ThreadRef(account.uid, text(message, "conversationId")),
        provider_message_id=text(message, "id"),
        sent_at=moment(message, "receivedDateTime") or _LONG_AGO,
        subject=text(message, "subject"),
        sender=address(message.get("from")),
        recipients=(*addresses(message, "toRecipients"), *addresses(message, "ccRecipients")),
        snippet=text(message, "bodyPreview"),
        has_attachments=message.get("hasAttachments") is True,
        is_sent=is_sent,
        hidden=len(addresses(message, "bccRecipients")),
    )


def _read(cursor: str) -> Json:
    try:
        state = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}
