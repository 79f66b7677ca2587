"""Fills the mailboxes with believable sales conversations. The dates are fixed relative to the start."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib.resources import files
from typing import Any

from app.sandbox import gmail_store, graph_store, mail
from app.sandbox.graph_send import own_address
from app.sandbox.records import Account, GmailBox, GraphBox
from app.sandbox.world import Sandbox

DAY_S = 86_400
_NAMESPACE = uuid.UUID("6f6c9d3e-7d0f-4b62-9a53-0b5a6f1e2c11")
_TENANTS = {"acme.onmicrosoft.example": "Acme", "fabrikam.example": "Fabrikam"}

_PEOPLE = (
    ("gmail", "ada@acme.example", "Ada Reyes"),
    ("gmail", "sam@gmail-team.example", "Sam Okafor"),
    ("microsoft", "ada@acme.onmicrosoft.example", "Ada Reyes"),
    ("microsoft", "nina@fabrikam.example", "Nina Weber"),
)
_SIGNATURE = (
    '<div dir="ltr"><b>{name}</b><br>Account Executive, Acme<br>'
    '<a href="https://acme.example">acme.example</a> · +1 415 555 0134</div>'
)
_SALES_SIGNATURE = (
    '<div dir="ltr"><b>Acme Sales</b><br>We answer within one working day.<br>'
    '<a href="https://acme.example/pricing">Plans and prices</a></div>'
)


def plant(sandbox: Sandbox) -> None:
    """Create the accounts and their mail."""
    for provider, address, name in _PEOPLE:
        tenant = address.partition("@")[2]
        sandbox.world.accounts.append(
            Account(
                provider=provider,
                address=address,
                name=name,
                subject_id=_subject(provider, address),
                tenant_id=str(uuid.uuid5(_NAMESPACE, tenant)) if tenant in _TENANTS else "",
            )
        )
        if provider == "gmail":
            sandbox.world.gmail[address] = GmailBox(
                address=address, send_as=_aliases(address, name)
            )
        else:
            sandbox.world.graph[address] = GraphBox(address=address)
    for account in sandbox.world.accounts:
        for conversation in conversations():
            if account.address in conversation["mailboxes"]:
                _plant_conversation(sandbox, account, conversation)


def _subject(provider: str, address: str) -> str:
    if provider == "microsoft":
        return str(uuid.uuid5(_NAMESPACE, address))
    return str(int(hashlib.sha256(address.encode()).hexdigest()[:16], 16)).zfill(21)[:21]


def _aliases(address: str, name: str) -> list[dict[str, Any]]:
    own = {
        "sendAsEmail": address,
        "displayName": name,
        "replyToAddress": "",
        "signature": _SIGNATURE.format(name=name) if address.startswith("ada@") else "",
        "isPrimary": True,
        "isDefault": True,
    }
    if not address.startswith("ada@"):
        return [own]
    return [
        own,
        {
            "sendAsEmail": "sales@acme.example",
            "displayName": "Acme Sales",
            "replyToAddress": "sales@acme.example",
            "signature": _SALES_SIGNATURE,
            "isPrimary": False,
            "isDefault": False,
            "treatAsAlias": True,
            "verificationStatus": "accepted",
        },
    ]


@functools.cache
def conversations() -> list[dict[str, Any]]:
    text = files("app.sandbox").joinpath("conversations.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["conversation"])


def _split(person: str) -> tuple[str, str]:
    """Take "name <address>" apart; the name may hold a comma."""
    name, _, address = person.rpartition("<")
    return name.strip(), address.strip("> ")


def seeded_people() -> list[dict[str, str]]:
    """Return name, address and company of everybody the conversations are with."""
    found: dict[str, dict[str, str]] = {}
    for conversation in conversations():
        for person in conversation["people"].values():
            name, address = _split(person)
            company = address.partition("@")[2].partition(".")[0].replace("-", " ").title()
            found[address] = {"name": name, "address": address, "company": company}
    return sorted(found.values(), key=lambda one: one["address"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    sent: bool
    at: float
    raw: bytes


def _plant_conversation(sandbox: Sandbox, account: Account, conversation: dict[str, Any]) -> None:
    start = sandbox.now()
    earlier: list[str] = []
    thread: str | None = None
    for number, message in enumerate(conversation["message"]):
        letter = _letter(account, conversation, message, earlier, start)
        earlier.append(mail.message_id_of(mail.head_of(letter.raw)))
        if account.provider == "gmail":
            box = sandbox.world.gmail[account.address]
            labels = ["SENT"] if letter.sent else ["IMPORTANT", "CATEGORY_PERSONAL", "INBOX"]
            stored = gmail_store.add_message(sandbox, box, letter.raw, labels, thread, at=letter.at)
            thread = stored.thread_id
        else:
            _plant_item(sandbox, account, letter, topic=number == 0)


def _plant_item(sandbox: Sandbox, account: Account, letter: _Letter, *, topic: bool) -> None:
    box = sandbox.world.graph[account.address]
    item = graph_store.arrive(sandbox, account.address, letter.raw, at=letter.at)
    if topic:
        item.conversation_index = graph_store.first_index(letter.at)
        item.conversation_id = graph_store.new_conversation_id(box, item.conversation_index)
    if letter.sent:
        item.folder = "sentitems"
        item.from_ = item.sender = own_address(account)


def _letter(
    account: Account,
    conversation: dict[str, Any],
    message: dict[str, Any],
    earlier: list[str],
    start: float,
) -> _Letter:
    own = f"{account.name} <{account.address}>"
    people = {"me": own, **conversation["people"]}
    at = start - float(message["days_ago"]) * DAY_S
    mark = hashlib.sha256(f"{account.address}{conversation['subject']}{len(earlier)}".encode())
    sender = people[message["from"]]
    domain = _split(sender)[1].partition("@")[2]
    subject = conversation["subject"] if not earlier else f"Re: {conversation['subject']}"
    rows = [
        ("From", _person(sender)),
        ("To", ", ".join(_person(people[name]) for name in message["to"])),
        ("Cc", ", ".join(_person(people[name]) for name in message.get("cc", []))),
        ("Subject", mail.encoded(message.get("subject", subject))),
        ("Date", format_datetime(datetime.fromtimestamp(int(at), tz=UTC))),
        ("Message-ID", f"<{mark.hexdigest()[:32]}@{domain}>"),
        ("In-Reply-To", earlier[-1] if earlier else ""),
        ("References", "\r\n ".join(earlier)),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in rows if value)
    raw = head.encode() + _body(message, mark.hexdigest()[:16])
    return _Letter(sent=message["from"] == "me", at=at, raw=raw)


def _person(text: str) -> str:
    name, address = _split(text)
    return f"{mail.encoded(name) if not name.isascii() else chr(34) + name + chr(34)} <{address}>"


def _body(message: dict[str, Any], mark: str) -> bytes:
    text = message["text"].strip() + "\n"
    direction = ' dir="rtl"' if message.get("rtl") else ' dir="ltr"'
    paragraphs = "".join(
        f"<p>{html.escape(paragraph, quote=False).replace(chr(10), '<br>')}</p>"
        for paragraph in text.strip().split("\n\n")
    )
    markup = message.get("html") or f"<div{direction}>{paragraphs}</div>"
    both = _multipart(
        "alternative",
        f"alt{mark}",
        [
            _part("text/plain; charset=utf-8", text.encode()),
            _part("text/html; charset=utf-8", f"<html><body>{markup}</body></html>".encode()),
        ],
    )
    attached = message.get("attachment")
    if not attached:
        return both
    name = attached["name"]
    extra = f'Content-Disposition: attachment; filename="{name}"\r\n'
    data = attached["text"].encode()
    part = _part(f'{attached["type"]}; name="{name}"', data, extra)
    return _multipart("mixed", f"mix{mark}", [both, part])


def _part(kind: str, data: bytes, extra: str = "") -> bytes:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = f"Content-Type: {kind}\r\n{extra}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + encoded


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
