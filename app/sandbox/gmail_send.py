"""Gmail API: drafts and sending, with everything Gmail does to a message on its way out."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from typing import Any

from app.sandbox import gmail_store, gmail_view, mail, transport
from app.sandbox.gmail_api import COMPOSE, READ_DRAFTS, SEND, gmail_route, page
from app.sandbox.gmail_errors import invalid, not_found, refuse, too_large
from app.sandbox.gmail_query import search
from app.sandbox.records import GmailBox, GmailMessage
from app.sandbox.wire import Response, Route, json_response
from app.sandbox.world import Call

MOST_BYTES = 36_700_160
MOST_EXTERNAL_RECIPIENTS = 500
_BASE64URL = re.compile(rb"[A-Za-z0-9_\-\r\n]*={0,2}\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What a request brought: the draft it names, the thread it wants, the bytes (None: none)."""

    draft_id: str = ""
    thread_id: str = ""
    raw: bytes | None = None


def decode_raw(text: Any) -> bytes:
    """Decode `raw`: base64url, padding optional."""
    data = str(text).encode("ascii", "replace")
    if not _BASE64URL.fullmatch(data):
        shown = str(text)[:40]
        raise refuse(
            400,
            f"Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed for \"{shown}\"",
            "invalid",
            "INVALID_ARGUMENT",
        )
    bare = data.rstrip(b"=\r\n ")
    if len(bare) % 4 == 1:
        raise refuse(
            400,
            "Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed",
            "invalid",
            "INVALID_ARGUMENT",
        )
    return base64.urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))


def read_submitted(resource: dict[str, Any], *, is_draft: bool, media: bytes | None) -> Submitted:
    """Read a Draft or Message resource; uploaded bytes take the place of `raw`."""
    message = resource.get("message", {}) if is_draft else resource
    if not isinstance(message, dict):
        raise invalid("Invalid value at 'message'")
    raw = media
    if raw is None and message.get("raw"):
        raw = decode_raw(message["raw"])
    if raw is not None and len(raw) > MOST_BYTES:
        raise too_large()
    draft_id = str(resource.get("id", "")) if is_draft else ""
    return Submitted(draft_id=draft_id, thread_id=str(message.get("threadId") or ""), raw=raw)


def _json_submitted(call: Call, *, is_draft: bool) -> Submitted:
    try:
        resource = call.request.json()
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error
    return read_submitted(resource, is_draft=is_draft, media=None)


def _thread_for(call: Call, submitted: Submitted, raw: bytes) -> str | None:
    if not submitted.thread_id:
        return None
    if not gmail_store.thread_messages(call.gmail, submitted.thread_id):
        raise not_found()
    joins = gmail_store.joins(call.gmail, submitted.thread_id, raw)
    return submitted.thread_id if joins else None


def _draft_json(draft_id: str, message: GmailMessage) -> dict[str, Any]:
    return {"id": draft_id, "message": gmail_view.brief(message)}


def create(call: Call, submitted: Submitted) -> Response:
    raw = submitted.raw
    if raw is None:
        raise invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
        )
    thread = _thread_for(call, submitted, raw)
    message = gmail_store.add_message(call.sandbox, call.gmail, raw, ["DRAFT"], thread)
    draft_id = gmail_store.new_draft_id()
    call.gmail.drafts[draft_id] = message.id
    answer = json_response(_draft_json(draft_id, message))
    if call.behaves("vanish_draft"):
        _discard(call, draft_id)
    return answer


def _discard(call: Call, draft_id: str) -> None:
    gmail_store.remove_message(call.sandbox, call.gmail, call.gmail.drafts.pop(draft_id, ""))


def _draft(call: Call, draft_id: str) -> GmailMessage:
    message = call.gmail.messages.get(call.gmail.drafts.get(draft_id, ""))
    if message is None:
        raise not_found()
    return message


def update(call: Call, submitted: Submitted) -> Response:
    """Replace the content: the draft keeps its id, its message gets a new one."""
    draft_id = call.params["id"]
    old = _draft(call, draft_id)
    if submitted.raw is None:
        raise invalid("Missing draft message")
    thread = _thread_for(call, submitted, submitted.raw) if submitted.thread_id else old.thread_id
    gmail_store.remove_message(call.sandbox, call.gmail, old.id)
    message = gmail_store.add_message(call.sandbox, call.gmail, submitted.raw, ["DRAFT"], thread)
    call.gmail.drafts[draft_id] = message.id
    return json_response(_draft_json(draft_id, message))


def send_draft(call: Call, submitted: Submitted) -> Response:
    """Send what the draft holds, or what comes with the request; the draft is consumed."""
    if call.behaves("vanish_draft"):
        _discard(call, submitted.draft_id)
    draft = _draft(call, submitted.draft_id)
    raw, thread = draft.raw, draft.thread_id
    if submitted.raw is not None:
        raw = submitted.raw
        thread = _thread_for(call, submitted, raw) or thread
    recipients = _recipients(raw)
    _discard(call, submitted.draft_id)
    return _post(call, raw, thread, recipients)


def send_message(call: Call, submitted: Submitted) -> Response:
    if submitted.raw is None:
        raise invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
        )
    recipients = _recipients(submitted.raw)
    return _post(call, submitted.raw, _thread_for(call, submitted, submitted.raw), recipients)


def _recipients(raw: bytes) -> list[str]:
    try:
        found = mail.checked_recipients(mail.head_of(raw))
    except mail.InvalidAddresses as error:
        raise invalid(f"Invalid {error.args[0]} header") from error
    everybody = [address for pairs in found.values() for _, address in pairs]
    unique = list({address.casefold(): address for address in everybody}.values())
    if not unique:
        raise invalid("Recipient address required")
    if len(unique) > MOST_EXTERNAL_RECIPIENTS:
        raise invalid("Too many recipients")
    return unique


def _post(call: Call, raw: bytes, thread: str | None, recipients: list[str]) -> Response:
    kept = _as_sent(call, raw)
    late = call.behaves("late_sent")
    hidden_s = float(late.delay_s or 5.0) if late else 0.0
    message = gmail_store.add_message(
        call.sandbox, call.gmail, kept, ["SENT"], thread, hidden_s=hidden_s
    )
    parcel = transport.Parcel(
        provider="gmail",
        account=call.account,
        provider_message_id=message.id,
        thread_id=message.thread_id,
        kept=kept,
        wire=mail.without_headers(kept, "Bcc"),
        recipients=recipients,
    )
    transport.accept(call.sandbox, parcel)
    transport.carry(call.sandbox, parcel)
    return json_response(gmail_view.brief(message))


def _as_sent(call: Call, raw: bytes) -> bytes:
    """Do what Gmail does: its own Message-ID, the account's From, a Date if there is none."""
    head = mail.head_of(raw)
    if not call.behaves("keep_message_id"):
        raw = mail.with_header(raw, "Message-Id", gmail_store.new_message_id())
    if not _may_send_as(call.gmail, head):
        account = call.sandbox.account("gmail", call.account)
        name = account.name if account else ""
        raw = mail.with_header(raw, "From", f"{name} <{call.account}>")
    if not head["Date"]:
        now = datetime.fromtimestamp(call.sandbox.now(), tz=UTC)
        raw = mail.with_header(raw, "Date", format_datetime(now))
    return raw


def _may_send_as(box: GmailBox, head: Message) -> bool:
    senders = [address.casefold() for _, address in mail.addresses(head, "From")]
    allowed = {alias["sendAsEmail"] for alias in box.send_as}
    return bool(senders) and set(senders) <= allowed


def json_create(call: Call) -> Response:
    return create(call, _json_submitted(call, is_draft=True))


def json_update(call: Call) -> Response:
    return update(call, _json_submitted(call, is_draft=True))


def json_send_draft(call: Call) -> Response:
    return send_draft(call, _json_submitted(call, is_draft=True))


def json_send_message(call: Call) -> Response:
    return send_message(call, _json_submitted(call, is_draft=False))


def get_draft(call: Call) -> Response:
    message = _draft(call, call.params["id"])
    style = call.request.param("format", "full").lower()
    return json_response({"id": call.params["id"], "message": gmail_view.full(message, style, [])})


def list_drafts(call: Call) -> Response:
    rows = [(draft_id, call.gmail.messages[ident]) for draft_id, ident in call.gmail.drafts.items()]
    query = call.request.param("q").strip()
    if query:
        hits = {m.id for m in search([m for _, m in rows], query, call.sandbox.now())}
        rows = [row for row in rows if row[1].id in hits]
    rows.sort(key=lambda row: row[1].internal_ms, reverse=True)
    shown, following = page(call, rows)
    answer: dict[str, Any] = {"resultSizeEstimate": len(rows)}
    if shown:
        answer["drafts"] = [
            {"id": draft_id, "message": {"id": m.id, "threadId": m.thread_id}}
            for draft_id, m in shown
        ]
    if following:
        answer["nextPageToken"] = following
    return json_response(answer)


def delete_draft(call: Call) -> Response:
    _draft(call, call.params["id"])
    _discard(call, call.params["id"])
    return Response(status=204)


ROUTES: list[Route] = [
    gmail_route("POST", "/drafts", "drafts.create", ("create_draft",), COMPOSE, json_create),
    gmail_route("GET", "/drafts", "drafts.list", ("list", "list_drafts"), READ_DRAFTS, list_drafts),
    gmail_route("POST", "/drafts/send", "drafts.send", ("send",), COMPOSE, json_send_draft),
    gmail_route("GET", "/drafts/{id}", "drafts.get", ("read_draft",), READ_DRAFTS, get_draft),
    gmail_route("PUT", "/drafts/{id}", "drafts.update", ("update_draft",), COMPOSE, json_update),
    gmail_route(
        "DELETE", "/drafts/{id}", "drafts.delete", ("delete_draft",), COMPOSE, delete_draft
    ),
    gmail_route("POST", "/messages/send", "messages.send", ("send",), SEND, json_send_message),
]
