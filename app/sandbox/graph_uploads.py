"""Microsoft Graph attachments: small ones in one request, large ones through an upload session."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from app.sandbox import graph_store, graph_view
from app.sandbox.graph_api import (
    READ,
    WRITE,
    answer,
    context,
    find,
    graph_route,
    read_attachment,
    read_json,
)
from app.sandbox.graph_errors import bad_request, not_found, refuse, too_large
from app.sandbox.records import GraphAttachment, GraphItem
from app.sandbox.wire import Response, Route, json_response
from app.sandbox.world import Call, Upload, opaque

SMALL_BYTES = 3 * 1024 * 1024
MOST_BYTES = 150 * 1024 * 1024
CHUNK_BYTES = 4 * 1024 * 1024
SESSION_S = 3600.0
# $select on the collection knows these only with the type in front.
_FILE = "microsoft.graph.fileAttachment/"
_OF_FILES = frozenset({"contentId", "contentBytes", "contentLocation"})
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def _draft(call: Call) -> GraphItem:
    item = find(call)
    if not item.is_draft or item.submitted:
        raise refuse(400, "ErrorInvalidOperation", "The message is no draft any more.")
    return item


def attach(call: Call) -> Response:
    item = _draft(call)
    attachment = read_attachment(read_json(call))
    if len(attachment.data) >= SMALL_BYTES:
        raise too_large()
    _add(call, item, attachment)
    shown = graph_view.attachment(attachment, with_bytes=True)
    return answer(call, {**context(call, "attachments/$entity"), **shown}, 201)


def _add(call: Call, item: GraphItem, attachment: GraphAttachment) -> None:
    item.attachments.append(attachment)
    item.mime = b""
    box = call.sandbox.world.graph[_owner(call, item)]
    graph_store.touch(call.sandbox, box, item)


def _owner(call: Call, item: GraphItem) -> str:
    boxes = call.sandbox.world.graph.items()
    return next(address for address, box in boxes if item.immutable_id in box.items)


def list_attachments(call: Call) -> Response:
    wanted = [name.strip() for name in call.request.param("$select").split(",") if name.strip()]
    stranger = next((name for name in wanted if name in _OF_FILES), "")
    if stranger:
        raise refuse(
            400,
            "RequestBroker--ParseUri",
            f"Could not find a property named '{stranger}' on type 'microsoft.graph.attachment'.",
        )
    with_bytes = not wanted or _FILE + "contentBytes" in wanted
    rows = [graph_view.attachment(one, with_bytes=with_bytes) for one in find(call).attachments]
    if wanted:
        kept = {name.removeprefix(_FILE) for name in wanted}
        rows = [{k: v for k, v in row.items() if k in kept or k[0] == "@"} for row in rows]
    return answer(call, {**context(call, "attachments"), "value": rows})


def _attachment(call: Call) -> tuple[GraphItem, GraphAttachment]:
    item = find(call)
    for one in item.attachments:
        if one.id == call.params["attachment"]:
            return item, one
    raise not_found()


def get_attachment(call: Call) -> Response:
    return answer(call, graph_view.attachment(_attachment(call)[1], with_bytes=True))


def get_attachment_value(call: Call) -> Response:
    _, one = _attachment(call)
    if one.kind == "reference":
        raise refuse(405, "ErrorInvalidRequest", "A reference attachment has no raw content.")
    kind = one.content_type or "text/plain"
    return Response(body=one.data, headers={"Content-Type": kind})


def delete_attachment(call: Call) -> Response:
    item, one = _attachment(call)
    item.attachments.remove(one)
    item.mime = b""
    graph_store.touch(call.sandbox, call.graph, item)
    return Response(status=204)


def create_session(call: Call) -> Response:
    item = _draft(call)
    wanted = read_json(call).get("AttachmentItem") or {}
    size = wanted.get("size")
    if str(wanted.get("attachmentType", "")).lower() != "file" or not isinstance(size, int):
        raise bad_request("AttachmentItem needs attachmentType, name and size.")
    if size < SMALL_BYTES:
        raise refuse(
            400,
            "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
            "The attachment size should not be less than the minimum size.",
        )
    if size > MOST_BYTES:
        raise refuse(413, "ErrorAttachmentSizeLimitExceeded", "The attachment is too large.")
    session = Upload(
        id=opaque("AS", 24),
        account=call.account,
        total=size,
        started_at=call.sandbox.now(),
        target={"item": item.immutable_id, "wanted": wanted, "shown_id": call.params["id"]},
    )
    call.sandbox.uploads[session.id] = session
    url = (
        f"{call.request.base_url}/graph-uploads/{session.id}?authtoken={secrets.token_urlsafe(32)}"
    )
    session.target["token"] = url.rpartition("=")[2]
    return json_response(
        {**context(call, "microsoft.graph.uploadSession"), **_state(session), "uploadUrl": url}, 201
    )


def _state(session: Upload) -> dict[str, Any]:
    expires = datetime.fromtimestamp(session.started_at + SESSION_S, tz=UTC)
    return {
        "expirationDateTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "nextExpectedRanges": [_expected(session)],
    }


def _expected(session: Upload) -> str:
    """Answer `0-` at first and a bare number later: both are seen."""
    return str(len(session.data)) if session.data else "0-"


def _session(call: Call) -> Upload:
    if call.request.header("authorization"):
        raise refuse(
            401,
            "InvalidAudience",
            "The upload URL carries its own token; do not send an Authorization header.",
        )
    session = call.sandbox.uploads.get(call.params["session"])
    alive = session is not None and session.started_at + SESSION_S > call.sandbox.now()
    if session is None or not alive:
        raise not_found()
    if call.request.param("authtoken") != session.target["token"]:
        raise refuse(401, "InvalidAuthenticationToken", "The token of the upload URL is not valid.")
    return session


def put_chunk(call: Call) -> Response:
    session = _session(call)
    body = call.request.body
    if len(body) > CHUNK_BYTES:
        raise too_large()
    hit = _RANGE.fullmatch(call.request.header("content-range").strip())
    if hit is None or int(hit[3]) != session.total or int(hit[2]) - int(hit[1]) + 1 != len(body):
        raise refuse(400, "ErrorInvalidContentRange", "The Content-Range header is not valid.")
    if int(hit[1]) != len(session.data):
        raise refuse(
            416,
            "ErrorInvalidContentRange",
            f"Chunks must come in order; expected {len(session.data)}.",
        )
    session.data += body
    if len(session.data) < (session.total or 0):
        return json_response(_state(session))
    return _finish(call, session)


def _finish(call: Call, session: Upload) -> Response:
    item = call.sandbox.world.graph[session.account].items.get(session.target["item"])
    if item is None:
        raise not_found()
    wanted = session.target["wanted"]
    attachment = GraphAttachment(
        id="AAMkAtt" + secrets.token_urlsafe(24),
        name=str(wanted.get("name", "")),
        content_type=str(wanted.get("contentType") or "application/octet-stream"),
        data=bytes(session.data),
        is_inline=bool(wanted.get("isInline")),
        content_id=wanted.get("contentId"),
    )
    _add(call, item, attachment)
    del call.sandbox.uploads[session.id]
    base = call.request.base_url
    location = (
        f"{base}/graph/v1.0/me/messages/{session.target['shown_id']}/attachments/{attachment.id}"
    )
    return Response(status=201, headers={"Location": location})


def get_session(call: Call) -> Response:
    return json_response(_state(_session(call)))


def delete_session(call: Call) -> Response:
    del call.sandbox.uploads[_session(call).id]
    return Response(status=204)


def _upload_route(method: str, handler: Any) -> Route:
    return Route(
        method=method,
        template="/graph-uploads/{session}",
        operation="graph.uploadSession",
        groups=("upload",),
        provider="microsoft",
        scopes=frozenset(),
        handler=handler,
    )


_ONE = "/messages/{id}/attachments/{attachment}"
ROUTES = [
    graph_route(
        "POST", "/messages/{id}/attachments", "attachments.create", ("attach",), WRITE, attach
    ),
    graph_route(
        "GET",
        "/messages/{id}/attachments",
        "attachments.list",
        ("attachment",),
        READ,
        list_attachments,
    ),
    graph_route(
        "POST",
        "/messages/{id}/attachments/createUploadSession",
        "attachments.createUploadSession",
        ("attach", "upload_session"),
        WRITE,
        create_session,
    ),
    graph_route("GET", _ONE, "attachments.get", ("attachment",), READ, get_attachment),
    graph_route(
        "GET", _ONE + "/$value", "attachments.value", ("attachment",), READ, get_attachment_value
    ),
    graph_route("DELETE", _ONE, "attachments.delete", ("detach",), WRITE, delete_attachment),
    _upload_route("PUT", put_chunk),
    _upload_route("GET", get_session),
    _upload_route("DELETE", delete_session),
]
