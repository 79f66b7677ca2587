"""Microsoft Graph mail: messages, folders and the account (v1.0)."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from typing import Any

from app.sandbox import graph_mime, graph_query, graph_send, graph_store, graph_view, mail
from app.sandbox.graph_errors import bad_request, not_found, refuse, too_large
from app.sandbox.records import GraphAttachment, GraphItem
from app.sandbox.wire import Response, Route, json_response
from app.sandbox.world import Call

READ = frozenset({"Mail.Read", "Mail.ReadWrite"})
WRITE = frozenset({"Mail.ReadWrite"})
SEND = frozenset({"Mail.Send"})
PROFILE = frozenset({"User.Read", "User.ReadBasic.All"})
MOST_REQUEST_BYTES = 4 * 1024 * 1024
MOST_X_HEADERS = 5
_RECIPIENTS = {
    "toRecipients": "to",
    "ccRecipients": "cc",
    "bccRecipients": "bcc",
    "replyTo": "reply_to",
}
_NOT_CONTENT = frozenset({"isRead", "categories", "flag", "singleValueExtendedProperties"})


def immutable(call: Call) -> bool:
    asked = 'idtype="immutableid"' in call.request.header("prefer").replace(" ", "").lower()
    blind = call.sandbox.faults.peek("no_immutable_id", call.names, ("microsoft", call.account))
    return asked and not blind


def answer(call: Call, value: Any, status: int = 200) -> Response:
    headers = {"Preference-Applied": 'IdType="ImmutableId"'} if immutable(call) else {}
    return json_response(value, status, headers)


def context(call: Call, tail: str) -> dict[str, str]:
    return {"@odata.context": f"{call.request.base_url}/graph/v1.0/$metadata#{tail}"}


def find(call: Call, name: str = "id") -> GraphItem:
    item = graph_store.find(call.graph, call.params[name])
    if item is None:
        raise not_found()
    return item


def show(call: Call, item: GraphItem) -> dict[str, Any]:
    return graph_view.message(call.graph, item, immutable=immutable(call))


def me(call: Call) -> Response:
    account = call.sandbox.account("microsoft", call.account)
    name = account.name if account else ""
    given, _, family = name.partition(" ")
    return json_response(
        {
            **context(call, "users/$entity"),
            "id": account.subject_id if account else "",
            "displayName": name,
            "givenName": given,
            "surname": family,
            "mail": call.account,
            "userPrincipalName": call.account,
            "businessPhones": [],
            "jobTitle": None,
            "preferredLanguage": "en-US",
        }
    )


def revoke_sessions(call: Call) -> Response:
    for grant in call.sandbox.world.grants.values():
        if grant.provider == "microsoft" and grant.account == call.account:
            grant.revoked = True
    return json_response({**context(call, "Edm.Boolean"), "value": True})


def create(call: Call) -> Response:
    """Create a draft from JSON, or from MIME (base64, Content-Type text/plain)."""
    if len(call.request.body) > MOST_REQUEST_BYTES:
        raise too_large()
    if call.request.header("content-type").lower().startswith("text/plain"):
        raw = read_mime(call.request.body)
        item = graph_store.new_item(call.sandbox, call.graph, "drafts", is_draft=True)
        graph_store.fill_from_mime(item, raw)
        _group_mime_draft(call, item)
    else:
        values = read_json(call)
        check_headers(values)
        item = graph_store.new_item(call.sandbox, call.graph, "drafts", is_draft=True)
        apply_values(call, item, values)
    if call.behaves("vanish_draft"):
        graph_store.delete(call.sandbox, call.graph, item)
    shown = {**context(call, "users('me')/messages/$entity"), **show(call, item)}
    return answer(call, shown, 201)


def _group_mime_draft(call: Call, item: GraphItem) -> None:
    """Outlook groups by Thread-Index; other headers alone start a new conversation."""
    try:
        index = base64.b64decode(
            str(mail.head_of(item.mime).get("Thread-Index", "")), validate=True
        )
    except (binascii.Error, ValueError):
        return
    if len(index) >= 22:
        item.conversation_index = index
        item.conversation_id = graph_store.new_conversation_id(call.graph, index)


def read_mime(body: bytes) -> bytes:
    """Decode *standard* base64.

    Raises:
        Refusal: base64url or anything else.
    """
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from error


def read_json(call: Call) -> dict[str, Any]:
    try:
        return call.request.json()
    except ValueError as error:
        raise refuse(400, "BadRequest", "Unable to read JSON request payload.") from error


def check_headers(values: dict[str, Any]) -> None:
    headers = values.get("internetMessageHeaders") or []
    if len(headers) > MOST_X_HEADERS:
        raise refuse(
            400,
            "InvalidInternetMessageHeaderCollection",
            "Maximum number of headers in one message should be less than or equal to 5.",
        )
    for header in headers:
        if not str(header.get("name", "")).lower().startswith("x-"):
            raise refuse(
                400,
                "InvalidInternetMessageHeader",
                f"The internet message header name '{header.get('name')}' should start with "
                "'x-' or 'X-'.",
            )


def apply_values(call: Call, item: GraphItem, values: dict[str, Any]) -> None:
    """Write the properties of a JSON message into the item."""
    if set(values) - _NOT_CONTENT:
        item.mime = b""
    for name, attribute in _RECIPIENTS.items():
        if name in values:
            setattr(item, attribute, [_address(one) for one in values[name] or []])
    for name, attribute in (("from", "from_"), ("sender", "sender")):
        if name in values:
            setattr(item, attribute, _address(values[name]))
    for name, attribute in (
        ("subject", "subject"),
        ("importance", "importance"),
        ("isRead", "is_read"),
        ("categories", "categories"),
        ("internetMessageId", "internet_message_id"),
    ):
        if values.get(name) is not None:
            setattr(item, attribute, values[name])
    if "body" in values:
        body = values["body"] or {}
        item.body_type = str(body.get("contentType", "text")).lower()
        item.body = str(body.get("content", ""))
    item.x_headers += [dict(header) for header in values.get("internetMessageHeaders") or []]
    for one in values.get("singleValueExtendedProperties") or []:
        item.properties[str(one["id"])] = str(one["value"])
    for one in values.get("attachments") or []:
        item.attachments.append(read_attachment(one))
    graph_store.touch(call.sandbox, call.graph, item)


def _address(value: Any) -> dict[str, str]:
    address = (value or {}).get("emailAddress") or {}
    if not isinstance(address, dict):
        raise bad_request("emailAddress must be an object.")
    where = str(address.get("address") or "")
    return {"name": str(address.get("name") or where), "address": where}


def read_attachment(value: dict[str, Any]) -> GraphAttachment:
    try:
        data = base64.b64decode(str(value.get("contentBytes", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("contentBytes is not base64.") from error
    return GraphAttachment(
        id="AAMkAtt" + secrets.token_urlsafe(24),
        name=str(value.get("name", "")),
        content_type=str(value.get("contentType") or "application/octet-stream"),
        data=data,
        is_inline=bool(value.get("isInline")),
        content_id=value.get("contentId"),
    )


def get(call: Call) -> Response:
    item = find(call)
    extra = {**graph_view.only_on_request(item), **_expanded(call, item)}
    shown = graph_query.select(show(call, item), extra, call.request.param("$select"))
    shown.update(_expanded(call, item))
    return answer(call, {**context(call, "users('me')/messages/$entity"), **shown})


def _expanded(call: Call, item: GraphItem) -> dict[str, Any]:
    wanted = call.request.param("$expand")
    found: dict[str, Any] = {}
    if "attachments" in wanted:
        found["attachments"] = [graph_view.attachment(a, with_bytes=True) for a in item.attachments]
    if "singleValueExtendedProperties" in wanted:
        names = re.findall(r"id eq '([^']*)'", wanted)
        rows = [{"id": n, "value": v} for n, v in item.properties.items() if n in names]
        if rows:
            found["singleValueExtendedProperties"] = rows
    return found


def get_value(call: Call) -> Response:
    """Return the MIME of an item."""
    item = find(call)
    raw = item.mime or graph_mime.build(item, item.sent_at, with_bcc=True)
    return Response(body=raw, headers={"Content-Type": "text/plain"})


def patch(call: Call) -> Response:
    item = find(call)
    values = read_json(call)
    if "internetMessageHeaders" in values:
        raise bad_request("internetMessageHeaders can only be set when the message is created.")
    locked = set(values) - _NOT_CONTENT
    if not item.is_draft and locked & {*_RECIPIENTS, "from", "sender", "internetMessageId"}:
        raise refuse(400, "ErrorInvalidPropertySet", "The property can be set on a draft only.")
    if item.submitted and locked:
        raise refuse(409, "ErrorIrresolvableConflict", "The item is being sent.")
    apply_values(call, item, values)
    return answer(call, {**context(call, "users('me')/messages/$entity"), **show(call, item)})


def delete(call: Call) -> Response:
    """Delete: a draft is gone, other mail goes to Deleted Items; what waits for its time is not sent."""
    item = find(call)
    if item.is_draft and item.folder == "drafts" and call.sandbox.settings.keep_deleted_drafts:
        graph_store.hold_back(call.sandbox, item)
        graph_store.move(call.sandbox, call.graph, item, "deleteditems")
    elif item.is_draft or item.folder == "deleteditems":
        graph_store.delete(call.sandbox, call.graph, item)
    else:
        graph_store.move(call.sandbox, call.graph, item, "deleteditems")
    return Response(status=204)


def move(call: Call) -> Response:
    item = find(call)
    folder = graph_store.folder_name(call.graph, str(read_json(call).get("destinationId", "")))
    if folder is None:
        raise not_found()
    graph_store.move(call.sandbox, call.graph, item, folder)
    return answer(call, show(call, item), 201)


def send(call: Call) -> Response:
    if call.behaves("vanish_draft"):
        graph_store.delete(call.sandbox, call.graph, find(call))
    return graph_send.submit(call, find(call))


def send_mail(call: Call) -> Response:
    """Send in one step; JSON or MIME."""
    if len(call.request.body) > MOST_REQUEST_BYTES:
        raise too_large()
    if call.request.header("content-type").lower().startswith("text/plain"):
        raw = read_mime(call.request.body)
        item = graph_store.new_item(call.sandbox, call.graph, "drafts", is_draft=True)
        graph_store.fill_from_mime(item, raw)
    else:
        values = read_json(call).get("message") or {}
        check_headers(values)
        item = graph_store.new_item(call.sandbox, call.graph, "drafts", is_draft=True)
        apply_values(call, item, values)
    try:
        return graph_send.submit(call, item)
    except Exception:
        graph_store.delete(call.sandbox, call.graph, item)
        raise


def graph_route(  # noqa: PLR0917 - a table row
    method: str, path: str, name: str, groups: tuple[str, ...], scopes: frozenset[str], handler: Any
) -> Route:
    return Route(
        method=method,
        template="/graph/v1.0/me" + path,
        operation=f"graph.{name}",
        groups=groups,
        provider="microsoft",
        scopes=scopes,
        handler=handler,
    )


ROUTES = [
    graph_route("GET", "", "me", ("profile",), PROFILE, me),
    graph_route("POST", "/revokeSignInSessions", "revoke", ("revoke",), PROFILE, revoke_sessions),
    graph_route("POST", "/sendMail", "sendMail", ("send",), SEND, send_mail),
    graph_route("POST", "/messages", "messages.create", ("create_draft",), WRITE, create),
    graph_route("GET", "/messages/{id}", "messages.get", ("read_back",), READ, get),
    graph_route("GET", "/messages/{id}/$value", "messages.value", ("read_back",), READ, get_value),
    graph_route("PATCH", "/messages/{id}", "messages.update", ("update_draft",), WRITE, patch),
    graph_route(
        "DELETE", "/messages/{id}", "messages.delete", ("delete_draft", "delete"), WRITE, delete
    ),
    graph_route("POST", "/messages/{id}/move", "messages.move", ("modify",), WRITE, move),
    graph_route("POST", "/messages/{id}/send", "messages.send", ("send",), SEND, send),
]
