"""Gmail API: what only reads or relabels. Paths, parameters and answers after gmail.v1.json."""

from __future__ import annotations

import base64
from typing import Any

from app.sandbox import gmail_store, gmail_view
from app.sandbox.gmail_errors import invalid, not_found, refuse
from app.sandbox.gmail_query import search
from app.sandbox.records import GmailMessage
from app.sandbox.wire import Response, Route, json_response
from app.sandbox.world import Call

_AUTH = "https://www.googleapis.com/auth/gmail."
MAIL = "https://mail.google.com/"
READ = frozenset({MAIL, _AUTH + "modify", _AUTH + "readonly"})
READ_HEADERS = READ | {_AUTH + "metadata"}
MODIFY = frozenset({MAIL, _AUTH + "modify"})
COMPOSE = MODIFY | {_AUTH + "compose"}
PROFILE = READ_HEADERS | {_AUTH + "compose"}
READ_DRAFTS = READ | {_AUTH + "compose"}
LABELS = READ_HEADERS | {_AUTH + "labels"}
SEND = COMPOSE | {_AUTH + "send"}
SETTINGS = READ | {_AUTH + "settings.basic"}

SYSTEM_LABELS = (
    "INBOX",
    "SENT",
    "DRAFT",
    "UNREAD",
    "STARRED",
    "IMPORTANT",
    "TRASH",
    "SPAM",
    "CHAT",
    "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL",
    "CATEGORY_UPDATES",
)


def metadata_only(call: Call) -> bool:
    """The metadata scope alone sees neither bodies nor search results."""
    return call.access is not None and not READ & set(call.access.scopes)


def page(call: Call, rows: list[Any], default: int = 100, most: int = 500) -> tuple[list[Any], str]:
    """Cut the list to one page; the token is the position, opaque to clients."""
    size = min(int(call.request.param("maxResults") or default), most)
    token = call.request.param("pageToken")
    try:
        start = int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise invalid("Invalid pageToken") from error
    end = start + size
    following = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(rows) else ""
    return rows[start:end], following


def profile(call: Call) -> Response:
    messages = call.gmail.messages.values()
    return json_response(
        {
            "emailAddress": call.account,
            "messagesTotal": len(messages),
            "threadsTotal": len({message.thread_id for message in messages}),
            "historyId": str(call.gmail.history_id),
        }
    )


def labels(_call: Call) -> Response:
    rows = [{"id": name, "name": name, "type": "system"} for name in SYSTEM_LABELS]
    return json_response({"labels": rows})


def find(call: Call, name: str = "id") -> GmailMessage:
    message = call.gmail.messages.get(call.params[name])
    if message is None or message.visible_at > call.sandbox.now():
        raise not_found()
    return message


def _format(call: Call) -> tuple[str, list[str]]:
    style = call.request.param("format", "full").lower()
    if style not in {"minimal", "full", "raw", "metadata"}:
        raise invalid(f"Invalid value for format: {style}")
    if metadata_only(call) and style in {"full", "raw"}:
        raise refuse(
            403,
            f"Metadata scope doesn't allow format {style.upper()}",
            "forbidden",
            "PERMISSION_DENIED",
        )
    return style, call.request.query.get("metadataHeaders", [])


def get_message(call: Call) -> Response:
    return json_response(gmail_view.full(find(call), *_format(call)))


def _selected(call: Call) -> list[GmailMessage]:
    wanted = set(call.request.query.get("labelIds", []))
    shows_all = call.request.param("includeSpamTrash") == "true"
    hidden = set() if shows_all else {"TRASH", "SPAM"} - wanted
    name = f"{sorted(wanted)} without {sorted(hidden)}"
    messages = gmail_store.kept_listing(
        call.sandbox, call.gmail, name, lambda: _labelled(call, wanted, hidden)
    )
    query = call.request.param("q").strip()
    if query and metadata_only(call):
        raise refuse(
            403, "Metadata scope does not support 'q' parameter", "forbidden", "PERMISSION_DENIED"
        )
    return search(messages, query, call.sandbox.now()) if query else messages


def _labelled(call: Call, wanted: set[str], hidden: set[str]) -> list[GmailMessage]:
    return [
        message
        for message in gmail_store.visible(call.sandbox, call.gmail)
        if wanted <= set(message.labels) and not hidden & set(message.labels)
    ]


def _newest_of_threads(messages: list[GmailMessage]) -> list[GmailMessage]:
    newest: dict[str, GmailMessage] = {}
    for message in messages:
        newest.setdefault(message.thread_id, message)
    return list(newest.values())


def list_messages(call: Call) -> Response:
    found = _selected(call)
    rows, following = page(call, [{"id": m.id, "threadId": m.thread_id} for m in found])
    answer: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if rows:
        answer["messages"] = rows
    if following:
        answer["nextPageToken"] = following
    return json_response(answer)


def _is_narrowed(call: Call) -> bool:
    return any(call.request.param(name) for name in ("q", "labelIds", "includeSpamTrash"))


def list_threads(call: Call) -> Response:
    selected = _selected(call)
    if _is_narrowed(call):
        newest = _newest_of_threads(selected)
    else:
        newest = gmail_store.kept_listing(
            call.sandbox, call.gmail, "threads", lambda: _newest_of_threads(selected)
        )
    rows, following = page(call, newest)
    answer: dict[str, Any] = {"resultSizeEstimate": len(newest)}
    if rows:
        answer["threads"] = [
            {"id": m.thread_id, "snippet": gmail_view.snippet(m), "historyId": str(m.history_id)}
            for m in rows
        ]
    if following:
        answer["nextPageToken"] = following
    return json_response(answer)


def _thread(call: Call) -> list[GmailMessage]:
    now = call.sandbox.now()
    found = gmail_store.thread_messages(call.gmail, call.params["id"])
    found = [message for message in found if message.visible_at <= now]
    if not found:
        raise not_found()
    return found


def get_thread(call: Call) -> Response:
    messages = _thread(call)
    how = _format(call)
    return json_response(
        {
            "id": call.params["id"],
            "historyId": str(max(message.history_id for message in messages)),
            "messages": [gmail_view.full(message, *how) for message in messages],
        }
    )


def _relabel(call: Call, messages: list[GmailMessage]) -> None:
    order = call.request.json()
    for message in messages:
        for kind, names in (("labelsAdded", "addLabelIds"), ("labelsRemoved", "removeLabelIds")):
            changed = [str(label) for label in order.get(names, [])]
            before = list(message.labels)
            kept = [label for label in before if names == "addLabelIds" or label not in changed]
            added = [c for c in changed if names == "addLabelIds" and c not in kept]
            message.labels = kept + added
            if message.labels != before:
                gmail_store.record(call.gmail, kind, message, changed)
    call.sandbox.changes += 1


def modify_message(call: Call) -> Response:
    message = find(call)
    _relabel(call, [message])
    return json_response(gmail_view.brief(message))


def modify_thread(call: Call) -> Response:
    messages = _thread(call)
    _relabel(call, messages)
    return json_response(
        {"id": call.params["id"], "messages": list(map(gmail_view.brief, messages))}
    )


def trash_message(call: Call) -> Response:
    message = find(call)
    message.labels = [*(n for n in message.labels if n not in {"INBOX", "TRASH"}), "TRASH"]
    gmail_store.record(call.gmail, "labelsAdded", message, ["TRASH"])
    return json_response(gmail_view.brief(message))


def delete_message(call: Call) -> Response:
    gmail_store.remove_message(call.sandbox, call.gmail, find(call).id)
    return Response(status=204)


def get_attachment(call: Call) -> Response:
    data = gmail_view.attachment_data(find(call, "messageId"), call.params["id"])
    if data is None:
        raise not_found()
    return json_response(
        {
            "size": len(data),
            "data": base64.urlsafe_b64encode(data).decode(),
            "attachmentId": call.params["id"],
        }
    )


def list_history(call: Call) -> Response:
    start = call.request.param("startHistoryId")
    if not start.isdigit():
        raise invalid("Invalid startHistoryId")
    if int(start) < 100_000 or int(start) > call.gmail.history_id:
        raise not_found()
    kinds = {_history_field(kind) for kind in call.request.query.get("historyTypes", [])}
    label = call.request.param("labelId")
    rows = [
        row
        for row in call.gmail.history
        if int(row["id"]) > int(start)
        and (not kinds or kinds & set(row))
        and (not label or label in str(row))
    ]
    shown, following = page(call, rows)
    answer: dict[str, Any] = {"historyId": str(call.gmail.history_id)}
    if shown:
        answer["history"] = shown
    if following:
        answer["nextPageToken"] = following
    return json_response(answer)


def _history_field(kind: str) -> str:
    return {
        "messageAdded": "messagesAdded",
        "messageDeleted": "messagesDeleted",
        "labelAdded": "labelsAdded",
        "labelRemoved": "labelsRemoved",
    }.get(kind, kind)


def list_send_as(call: Call) -> Response:
    return json_response({"sendAs": call.gmail.send_as})


def get_send_as(call: Call) -> Response:
    for alias in call.gmail.send_as:
        if alias["sendAsEmail"] == call.params["email"].casefold():
            return json_response(alias)
    raise not_found()


def gmail_route(  # noqa: PLR0917 - a table row
    method: str, path: str, name: str, groups: tuple[str, ...], scopes: frozenset[str], handler: Any
) -> Route:
    return Route(
        method=method,
        template="/gmail/v1/users/{user}" + path,
        operation=f"gmail.{name}",
        groups=groups,
        provider="gmail",
        scopes=scopes,
        handler=handler,
    )


ROUTES = [
    gmail_route("GET", "/profile", "getProfile", ("profile",), PROFILE, profile),
    gmail_route("GET", "/labels", "labels.list", ("list", "labels"), LABELS, labels),
    gmail_route("GET", "/messages", "messages.list", ("list",), READ_HEADERS, list_messages),
    gmail_route("GET", "/messages/{id}", "messages.get", ("read_back",), READ_HEADERS, get_message),
    gmail_route(
        "DELETE",
        "/messages/{id}",
        "messages.delete",
        ("delete",),
        frozenset({MAIL}),
        delete_message,
    ),
    gmail_route(
        "POST", "/messages/{id}/modify", "messages.modify", ("modify",), MODIFY, modify_message
    ),
    gmail_route(
        "POST", "/messages/{id}/trash", "messages.trash", ("delete",), MODIFY, trash_message
    ),
    gmail_route(
        "GET",
        "/messages/{messageId}/attachments/{id}",
        "messages.attachments.get",
        ("attachment",),
        READ,
        get_attachment,
    ),
    gmail_route("GET", "/threads", "threads.list", ("list",), READ_HEADERS, list_threads),
    gmail_route("GET", "/threads/{id}", "threads.get", ("read_thread",), READ_HEADERS, get_thread),
    gmail_route(
        "POST", "/threads/{id}/modify", "threads.modify", ("modify",), MODIFY, modify_thread
    ),
    gmail_route("GET", "/history", "history.list", ("list", "history"), READ_HEADERS, list_history),
    gmail_route(
        "GET", "/settings/sendAs", "settings.sendAs.list", ("aliases",), SETTINGS, list_send_as
    ),
    gmail_route(
        "GET",
        "/settings/sendAs/{email}",
        "settings.sendAs.get",
        ("aliases",),
        SETTINGS,
        get_send_as,
    ),
]
