"""What the gateway answers, as JSON Schema; the tables of `openapi`. Pure."""

from __future__ import annotations

from typing import Any


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
OPTIONAL = {"type": ["string", "null"]}
TIME = {"type": ["string", "null"], "format": "date-time"}
NUMBER = {"type": "integer"}
_STATUS = {"type": "string", "enum": ["queued", "sent", "failed"]}
_PROVIDER = {"type": "string", "enum": ["gmail", "microsoft"]}

_OUTBOUND = {
    "outbound_email_uid": {"type": "string", "format": "uuid"},
    "provider_message_id": OPTIONAL,
    "provider_thread_id": OPTIONAL,
    "status": _STATUS,
    "sent_at": TIME,
}
_OUTBOUND_NAMES = "outbound_email_uid provider_message_id provider_thread_id status sent_at"
_MESSAGE = _object(
    "_id conversationId channelType isIncoming isInternal status body attachments",
    _id=TEXT,
    organizationId=TEXT,
    conversationId=TEXT,
    contactId=TEXT,
    userId=TEXT,
    channelType={"const": "email"},
    isIncoming={"type": "boolean"},
    isInternal={"type": "boolean"},
    status={"type": "string", "enum": ["delivered", "queued", "failed", "received"]},
    body=TEXT,
    subject=TEXT,
    attachments=_list(_object("filename contentType size", filename=TEXT, contentType=TEXT)),
    emailMetadata={"type": "object"},
    createdAt=TIME,
    updatedAt=TIME,
)
_DRAFT = _object(
    "draft_uid to subject status planned_send_at outbound_email_uid",
    draft_uid=TEXT,
    from_account_id=OPTIONAL,
    to=_list(TEXT),
    cc=_list(TEXT),
    bcc=_list(TEXT),
    subject=TEXT,
    body_text=OPTIONAL,
    body_html=OPTIONAL,
    status=TEXT,
    planned_send_at=TIME,
    outbound_email_uid=OPTIONAL,
)
_DETAIL = _object("field message", field=TEXT, message=TEXT)

SCHEMAS: dict[str, Any] = {
    "Error": _object(
        "error request_id",
        error=_object("code message details", code=TEXT, message=TEXT, details=_list(_DETAIL)),
        request_id=TEXT,
    ),
    "Health": _object("status", status={"const": "ok"}),
    "WorkspaceAnswer": _object(
        "data",
        data=_object(
            "id thread_id provider status sent_at",
            id=TEXT,
            thread_id=OPTIONAL,
            provider=_PROVIDER,
            status=_STATUS,
            sent_at=TIME,
        ),
    ),
    "MailboxAnswer": _object(
        "message conversationId", message=_MESSAGE, conversationId=TEXT, threadId=TEXT
    ),
    "AccountAnswer": _object(_OUTBOUND_NAMES, **_OUTBOUND),
    "Draft": _DRAFT,
    "Drafts": _object("drafts", drafts=_list(_DRAFT)),
    "Prepared": _object(
        "subject body_text body_html missing is_ready",
        subject=TEXT,
        body_text=OPTIONAL,
        body_html=OPTIONAL,
        missing=_list(_DETAIL),
        is_ready={"type": "boolean"},
    ),
    "Outbound": _object(f"{_OUTBOUND_NAMES} state reason", **_OUTBOUND, state=TEXT, reason=TEXT),
    "Outbounds": _object(
        "outbound next_before",
        outbound=_list({"$ref": "#/components/schemas/Outbound"}),
        next_before={"type": ["integer", "null"]},
    ),
    "Conversations": _object(
        "conversations",
        conversations=_list(_object("_id channelIdentifier", _id=TEXT, channelIdentifier=TEXT)),
    ),
    "Conversation": _object(
        "_id channelIdentifier messages",
        _id=TEXT,
        channelIdentifier=OPTIONAL,
        messages=_list(_MESSAGE),
    ),
    "Upload": _object("file", file={"type": "string", "format": "binary"}),
    "KeptFile": _object(
        "storageKey storage_path filename content_type size_bytes sha256",
        storageKey=TEXT,
        storage_path=TEXT,
        filename=TEXT,
        content_type=TEXT,
        size_bytes=NUMBER,
        sha256=TEXT,
    ),
}
# What the models cannot say of themselves.
RULES: dict[str, Any] = {
    "WorkspaceSend": {
        "anyOf": [
            {"required": [name], "properties": {name: {"type": "string", "minLength": 1}}}
            for name in ("body_html", "body_text")
        ]
    },
    "WorkspaceFile": {
        "oneOf": [
            {
                "required": ["filename", "content_base64"],
                "properties": {
                    "filename": {"type": "string"},
                    "content_base64": {"type": "string"},
                    "storage_path": {"type": "null"},
                },
            },
            {
                "required": ["storage_path"],
                "properties": {
                    "storage_path": {"type": "string"},
                    "content_base64": {"type": "null"},
                },
            },
        ]
    },
    "MailboxFile": {
        "oneOf": [
            {"required": [name], "properties": {name: {"type": "string"}, other: {"type": "null"}}}
            for name, other in (("storageKey", "url"), ("url", "storageKey"))
        ]
    },
}
ANSWERS: dict[str, dict[int, str]] = {
    "send_workspace": {200: "WorkspaceAnswer", 202: "WorkspaceAnswer"},
    "send_mailbox": {200: "MailboxAnswer", 202: "MailboxAnswer"},
    "send_account": {200: "AccountAnswer", 202: "AccountAnswer"},
    "create_draft": {201: "Draft"},
    "list_drafts": {200: "Drafts"},
    "get_draft": {200: "Draft"},
    "change_draft": {200: "Draft"},
    "discard_draft": {204: ""},
    "prepare_email": {200: "Prepared"},
    "list_outbound": {200: "Outbounds"},
    "get_outbound": {200: "Outbound"},
    "withdraw_outbound": {200: "Outbound"},
    "list_conversations": {200: "Conversations"},
    "get_conversation": {200: "Conversation"},
    "upload_file": {201: "KeptFile"},
}
MEANINGS = {
    200: "Done; a message was accepted by the provider",
    201: "Made",
    202: "Kept and on its way; the record at Location says how it goes on",
    204: "Gone",
}
# Spaces behind a header's value are no part of it (RFC 9110 §5.5); before it clients refuse them.
KEY = r"^[!-~]([ -~]*[!-~])?[ \t]*$"
SEND_HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "For 24 hours the same key with the same body gives the first answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY},
    },
    {
        "name": "Prefer",
        "in": "header",
        "description": "`wait=N` waits at most N seconds for the outcome; others are ignored (RFC 7240).",
        "schema": {"type": "string"},
    },
]
