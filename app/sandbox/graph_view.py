"""How Graph shows a message, an attachment and a folder (v1.0 resources). Pure."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from app.sandbox import graph_mime
from app.sandbox.graph_store import FOLDERS, folder_id
from app.sandbox.records import GraphAttachment, GraphBox, GraphItem

PREVIEW_LENGTH = 255
DEFERRED_SEND = "SystemTime 0x3FEF"


def stamp(at: float) -> str:
    return datetime.fromtimestamp(int(at), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def item_id(item: GraphItem, *, immutable: bool) -> str:
    return item.immutable_id if immutable else item.id


def _people(people: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"emailAddress": dict(one)} for one in people]


def message(box: GraphBox, item: GraphItem, *, immutable: bool) -> dict[str, Any]:
    """Return the whole resource; $select cuts it afterwards."""
    text = graph_mime.text_from_html(item.body) if item.body_type == "html" else item.body
    shown: dict[str, Any] = {
        "@odata.etag": f'W/"{change_key(item)}"',
        "id": item_id(item, immutable=immutable),
        "createdDateTime": stamp(item.created_at),
        "lastModifiedDateTime": stamp(max(item.created_at, item.sent_at)),
        "changeKey": change_key(item),
        "categories": list(item.categories),
        "receivedDateTime": stamp(item.received_at),
        "sentDateTime": stamp(item.sent_at),
        "hasAttachments": any(not a.is_inline for a in item.attachments),
        "internetMessageId": item.internet_message_id,
        "subject": item.subject,
        "bodyPreview": " ".join(text.split())[:PREVIEW_LENGTH],
        "importance": item.importance,
        "parentFolderId": folder_id(box, item.folder),
        "conversationId": item.conversation_id,
        "conversationIndex": base64.b64encode(item.conversation_index).decode(),
        "isDeliveryReceiptRequested": None if item.is_draft else False,
        "isReadReceiptRequested": False,
        "isRead": item.is_read,
        "isDraft": item.is_draft,
        "webLink": "https://outlook.office365.com/owa/?viewmodel=ReadMessageItem",
        "inferenceClassification": "focused",
        "body": {"contentType": item.body_type, "content": item.body},
        "toRecipients": _people(item.to),
        "ccRecipients": _people(item.cc),
        "bccRecipients": _people(item.bcc),
        "replyTo": _people(item.reply_to),
        "flag": {"flagStatus": "notFlagged"},
    }
    if item.from_:
        shown["sender"] = {"emailAddress": dict(item.sender or item.from_)}
        shown["from"] = {"emailAddress": dict(item.from_)}
    return shown


def change_key(item: GraphItem) -> str:
    return "CQAAABYAAAB" + base64.b64encode(f"{item.change:012d}".encode()).decode()


def only_on_request(item: GraphItem) -> dict[str, Any]:
    """What Graph leaves out unless $select names it."""
    wire = [{"name": "Message-ID", "value": item.internet_message_id}]
    if item.in_reply_to:
        wire.append({"name": "In-Reply-To", "value": item.in_reply_to})
    if item.references:
        wire.append({"name": "References", "value": item.references})
    return {
        "internetMessageHeaders": [] if item.is_draft else [*wire, *item.x_headers],
        "uniqueBody": {"contentType": item.body_type, "content": item.body},
    }


def attachment(one: GraphAttachment, *, with_bytes: bool) -> dict[str, Any]:
    """Show one: what is no file has none of a file's properties (docs: attachment and its kinds)."""
    shown: dict[str, Any] = {
        "@odata.type": f"#microsoft.graph.{one.kind}Attachment",
        "id": one.id,
        "lastModifiedDateTime": stamp(0),
        "name": one.name,
        "contentType": one.content_type or None,
        "size": len(one.data) + 200,
        "isInline": one.is_inline,
    }
    if one.kind != "file":
        return shown
    shown["@odata.mediaContentType"] = one.content_type
    shown |= {"contentId": one.content_id, "contentLocation": None}
    if with_bytes:
        shown["contentBytes"] = base64.b64encode(one.data).decode()
    return shown


def folder(box: GraphBox, name: str) -> dict[str, Any]:
    items = [item for item in box.items.values() if item.folder == name]
    return {
        "id": folder_id(box, name),
        "displayName": FOLDERS[name],
        "parentFolderId": folder_id(box, "root"),
        "childFolderCount": 0,
        "unreadItemCount": sum(not item.is_read for item in items),
        "totalItemCount": len(items),
        "isHidden": False,
    }
