"""createReply, createReplyAll, createForward: drafts that carry the conversation.

The answer quotes the original as Outlook does, and only these drafts get the conversationIndex
that Outlook groups by.
"""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.sandbox import graph_mime, graph_send, graph_store
from app.sandbox.graph_api import (
    WRITE,
    answer,
    apply_values,
    check_headers,
    context,
    find,
    graph_route,
    read_json,
    show,
)
from app.sandbox.graph_errors import refuse
from app.sandbox.records import GraphItem
from app.sandbox.wire import Response
from app.sandbox.world import Call


def create_reply(call: Call) -> Response:
    return _create(call, "reply")


def create_reply_all(call: Call) -> Response:
    return _create(call, "reply_all")


def create_forward(call: Call) -> Response:
    return _create(call, "forward")


def _create(call: Call, kind: str) -> Response:
    original = find(call)
    values = read_json(call)
    message = values.get("message") or {}
    comment = str(values.get("comment") or "")
    if comment and (message.get("body") or {}).get("content"):
        raise refuse(
            400,
            "ErrorInvalidRequest",
            "Specify either the comment or the body property of message, not both.",
        )
    check_headers(message)
    item = graph_store.new_item(call.sandbox, call.graph, "drafts", is_draft=True)
    item.from_ = graph_send.own_address(call.sandbox.account("microsoft", call.account))
    item.sender = dict(item.from_)
    _thread(call, item, original)
    _address(call, item, original, kind)
    item.subject = _subject("FW" if kind == "forward" else "RE", original.subject)
    item.body_type, item.body = "html", _quoted(original, comment)
    if kind == "forward":
        item.attachments = [_copied(one) for one in original.attachments]
        people = [{"emailAddress": one["emailAddress"]} for one in values.get("toRecipients") or []]
        message = {**({"toRecipients": people} if people else {}), **message}
    else:
        item.attachments = [_copied(one) for one in original.attachments if one.is_inline]
    apply_values(call, item, message)
    if call.behaves("vanish_draft"):
        graph_store.delete(call.sandbox, call.graph, item)
    return answer(call, {**context(call, "users('me')/messages/$entity"), **show(call, item)}, 201)


def _copied(one: Any) -> Any:
    return replace(one, id="AAMkAtt" + secrets.token_urlsafe(24))


def _thread(call: Call, item: GraphItem, original: GraphItem) -> None:
    item.conversation_id = original.conversation_id
    item.conversation_index = graph_store.child_index(
        original.conversation_index, call.sandbox.now()
    )
    item.in_reply_to = original.internet_message_id
    earlier = original.references or original.in_reply_to
    item.references = " ".join([*earlier.split(), original.internet_message_id])


def _address(call: Call, item: GraphItem, original: GraphItem, kind: str) -> None:
    own = call.account
    if kind == "forward":
        return
    mine = original.from_.get("address", "").casefold() == own
    answered = original.to if mine else original.reply_to or [original.from_]
    item.to = [dict(one) for one in answered]
    if kind == "reply_all":
        seen = {own, *(one["address"].casefold() for one in item.to)}
        others = [*(original.to if not mine else []), *original.cc]
        for one in others:
            if one["address"].casefold() not in seen:
                seen.add(one["address"].casefold())
                item.cc.append(dict(one))


def _subject(mark: str, subject: str) -> str:
    bare = re.sub(r"^\s*((re|fw|fwd|aw|wg)\s*:\s*)+", "", subject, flags=re.IGNORECASE)
    return f"{mark}: {bare}"


def _quoted(original: GraphItem, comment: str) -> str:
    when = datetime.fromtimestamp(original.sent_at, tz=UTC)
    rows = [
        ("From", _names([original.from_])),
        ("Sent", when.strftime("%A, %B %d, %Y %I:%M %p").replace(" 0", " ")),
        ("To", _names(original.to)),
        ("Cc", _names(original.cc)),
        ("Subject", html.escape(original.subject, quote=False)),
    ]
    head = "<br>\r\n".join(f"<b>{name}:</b> {value}" for name, value in rows if value)
    body = original.body
    if original.body_type == "text":
        body = graph_mime.html_from_text(body)
    inner = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", body)
    said = html.escape(comment, quote=False).replace("\n", "<br>")
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
        f'<body>{said}\r\n<hr tabindex="-1" style="display:inline-block; width:98%">\r\n'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" color="#000000" '
        f'style="font-size:11pt">{head}</font>\r\n<div>&nbsp;</div>\r\n</div>\r\n{inner}</body></html>'
    )


def _names(people: list[dict[str, str]]) -> str:
    return "; ".join(
        html.escape(f"{one['name']} <{one['address']}>", quote=False) for one in people if one
    )


_GROUPS = ("create_draft", "create_reply")
ROUTES = [
    graph_route(
        "POST", "/messages/{id}/createReply", "messages.createReply", _GROUPS, WRITE, create_reply
    ),
    graph_route(
        "POST",
        "/messages/{id}/createReplyAll",
        "messages.createReplyAll",
        _GROUPS,
        WRITE,
        create_reply_all,
    ),
    graph_route(
        "POST",
        "/messages/{id}/createForward",
        "messages.createForward",
        _GROUPS,
        WRITE,
        create_forward,
    ),
]
