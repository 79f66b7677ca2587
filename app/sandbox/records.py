"""Everything the sandbox remembers, as plain values. No behaviour, so that it can be saved whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Settings:
    """What `POST /control/settings` changes."""

    latency_ms: float = 0.0
    line_bytes_per_s: float | None = None
    index_lag_s: float = 2.0
    sent_move_delay_s: float = 0.2
    x_header_drop_s: float = 1.0
    token_lifetime_s: float = 3599.0
    refresh_lifetime_s: float | None = None
    device_interval_s: float = 5.0
    device_lifetime_s: float = 900.0
    quota_units_per_min: int | None = None
    gmail_concurrency: int | None = None
    graph_concurrency: int | None = None
    strict_rotation: bool = False
    refuse_second_send: bool = False
    mailbox_limit_bytes: int = 36_700_160
    clock_ahead_s: float = 0.0
    keep_deleted_drafts: bool = False
    recipient_tips: dict[str, dict[str, Any]] = field(default_factory=dict)
    auto_consent: bool = False
    down: bool = False


@dataclass(slots=True, kw_only=True)
class Account:
    provider: str
    address: str
    name: str
    subject_id: str
    tenant_id: str = ""


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a person allowed one client to do; its refresh tokens, newest last."""

    id: str
    provider: str
    account: str
    client_id: str
    scopes: list[str]
    refresh_tokens: list[str]
    issued_at: float
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class AccessToken:
    grant_id: str
    provider: str
    account: str
    scopes: list[str]
    expires_at: float


@dataclass(slots=True, kw_only=True)
class AuthCode:
    provider: str
    account: str
    client_id: str
    scopes: list[str]
    redirect_uri: str
    challenge: str
    nonce: str
    expires_at: float


@dataclass(slots=True, kw_only=True)
class DeviceCode:
    device_code: str
    user_code: str
    client_id: str
    scopes: list[str]
    expires_at: float
    interval_s: float
    status: str = "pending"
    account: str = ""
    polled_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class GmailMessage:
    id: str
    thread_id: str
    labels: list[str]
    raw: bytes
    internal_ms: int
    history_id: int
    visible_at: float
    indexed_at: float


@dataclass(slots=True, kw_only=True)
class GmailBox:
    address: str
    send_as: list[dict[str, Any]]
    messages: dict[str, GmailMessage] = field(default_factory=dict)
    # The ids of each thread's messages: looking through 50,000 for every thread takes minutes.
    threads: dict[str, list[str]] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    history_id: int = 100_000
    quota_units: int = 0

    def __post_init__(self) -> None:
        self.threads = {}
        for message in self.messages.values():
            self.threads.setdefault(message.thread_id, []).append(message.id)


@dataclass(slots=True, kw_only=True)
class GraphAttachment:
    """`kind` is file, item (a message, event or person inside) or reference (a link)."""

    id: str
    name: str
    content_type: str
    data: bytes
    is_inline: bool = False
    content_id: str | None = None
    kind: str = "file"


@dataclass(slots=True, kw_only=True)
class GraphItem:
    """One message of an Outlook mailbox. `mime` is kept while nothing has changed its content."""

    id: str
    immutable_id: str
    change: int
    folder: str
    is_draft: bool
    created_at: float
    sent_at: float
    received_at: float
    indexed_at: float
    subject: str = ""
    body_type: str = "html"
    body: str = ""
    sender: dict[str, str] = field(default_factory=dict)
    from_: dict[str, str] = field(default_factory=dict)
    to: list[dict[str, str]] = field(default_factory=list)
    cc: list[dict[str, str]] = field(default_factory=list)
    bcc: list[dict[str, str]] = field(default_factory=list)
    reply_to: list[dict[str, str]] = field(default_factory=list)
    internet_message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    conversation_id: str = ""
    conversation_index: bytes = b""
    importance: str = "normal"
    is_read: bool = True
    categories: list[str] = field(default_factory=list)
    x_headers: list[dict[str, str]] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    attachments: list[GraphAttachment] = field(default_factory=list)
    mime: bytes = b""
    submitted: bool = False


@dataclass(slots=True, kw_only=True)
class GraphBox:
    address: str
    items: dict[str, GraphItem] = field(default_factory=dict)
    removed: list[dict[str, Any]] = field(default_factory=list)
    change: int = 0


@dataclass(slots=True, kw_only=True)
class Accepted:
    """One send a provider took: what "delivered twice" is counted on."""

    id: str
    provider: str
    account: str
    provider_message_id: str
    thread_id: str
    message_id: str
    recipients: list[str]
    subject: str
    raw: bytes
    accepted_at: float
    cancelled: bool = False


@dataclass(slots=True, kw_only=True)
class Delivered:
    """One copy that reached one recipient: exactly these bytes."""

    id: str
    provider: str
    account: str
    recipient: str
    raw: bytes
    message_id: str
    thread_id: str
    provider_message_id: str
    received_at: float


@dataclass(slots=True, kw_only=True)
class Timer:
    """Something due later: `transport`, `arrive` or `drop_x_headers` of one Graph item."""

    due_at: float
    kind: str
    account: str
    item_id: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class World:
    """The whole memory: what a snapshot holds."""

    version: int = 1
    accounts: list[Account] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    codes: dict[str, AuthCode] = field(default_factory=dict)
    devices: dict[str, DeviceCode] = field(default_factory=dict)
    gmail: dict[str, GmailBox] = field(default_factory=dict)
    graph: dict[str, GraphBox] = field(default_factory=dict)
    accepted: list[Accepted] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
