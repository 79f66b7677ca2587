"""A composer over the real core of a profile on disk; only what the provider says is made up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.compose.replying import new_draft
from app.domain.account import Account, AccountState, Capability, Mailbox, ProviderKind
from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.conversation import Conversation, OriginalMessage, ThreadRef
from app.domain.errors import Unavailable
from app.paths import Paths
from app.ui.bridge import Bridge
from app.ui.compose.service_host import ServiceHost
from app.ui.compose.window import ComposeWindow
from app.ui.theme import Theme
from app.wiring import open_services

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
JANE = Address("jane@northwind.example", "Jane Doe")
RAJ = Address("raj@northwind.example", "Raj Patel")


def account(uid, provider, address, name):
    return Account(
        uid=uid,
        provider=provider,
        address=address,
        display_name=name,
        state=AccountState.CONNECTED,
        # Gmail's API keeps nothing until a moment.
        capabilities=frozenset(Capability)
        - ({Capability.DEFER} if provider is ProviderKind.GMAIL else set()),
        added_at=NOON,
    )


def mailbox(uid, owner, address, name, *, is_default=False):
    return Mailbox(
        uid=uid,
        account_uid=owner.uid,
        provider=owner.provider,
        address=address,
        display_name=name,
        is_default=is_default,
    )


GMAIL = account("acc-g", ProviderKind.GMAIL, "ada@acme.example", "Ada Reyes")
OUTLOOK = account("acc-o", ProviderKind.MICROSOFT, "ada.reyes@contoso.example", "Ada Reyes")
MAILBOXES = {
    "acc-g": [
        mailbox("box-g", GMAIL, "ada@acme.example", "Ada Reyes", is_default=True),
        mailbox("box-s", GMAIL, "sales@acme.example", "Acme Sales"),
    ],
    "acc-o": [mailbox("box-o", OUTLOOK, "ada.reyes@contoso.example", "Ada Reyes")],
}


def conversation(number, subject, people, *, owner=GMAIL, hours=0, files=False):
    return Conversation(
        ref=ThreadRef(owner.uid, f"thread-{number}"),
        subject=subject,
        participants=people,
        snippet=f"About {subject}",
        last_at=NOON - timedelta(hours=hours),
        message_count=number + 1,
        has_attachments=files,
        last_sender=people[0].label,
    )


CONVERSATIONS = [
    conversation(1, "Pricing for Q3", (JANE, RAJ), hours=1, files=True),
    conversation(2, "Contract draft", (JANE,), hours=30),
    conversation(
        3, "Intro call, Northwind × Acme", (RAJ, Address("lee@northwind.example")), hours=90
    ),
    conversation(4, "契約更新のご相談", (Address("ken@tanaka.example", "田中 健"),), hours=400),
    conversation(5, "Renewal", (JANE,), owner=OUTLOOK, hours=5),
]


def original(row, *, html="", text="Could you send the Q3 numbers?"):
    return OriginalMessage(
        ref=row.ref,
        provider_message_id=f"pm-{row.ref.thread_id}",
        message_id=f"<{row.ref.thread_id}@northwind.example>",
        references=("<first@northwind.example>",),
        subject=row.subject,
        sender=row.participants[0],
        to=(Address("ada@acme.example", "Ada Reyes"), *row.participants[1:]),
        cc=(),
        sent_at=row.last_at,
        text=text,
        html=html or f"<p>{text}</p>",
    )


class MadeUpConversations:
    """What the provider and the local index would say."""

    def __init__(self, rows=None):
        self.rows = list(CONVERSATIONS if rows is None else rows)
        self.remote_rows = []
        self.is_offline = False
        self.html = ""
        self.files = ()

    def recent(self, account_uid, text="", limit=100):
        words = text.casefold()
        return [
            row
            for row in self.rows
            if row.ref.account_uid == account_uid and words in row.subject.casefold()
        ][:limit]

    def refresh(self, account_uid, cancel):
        cancel.check()
        self._answer()
        return len(self.rows)

    def search(self, account_uid, text, cancel):
        cancel.check()
        self._answer()
        return [*self.recent(account_uid, text), *self.remote_rows]

    def latest(self, ref):
        self._answer()
        row = next(row for row in [*self.rows, *self.remote_rows] if row.ref == ref)
        return replace(original(row, html=self.html), attachments=self.files)

    def _answer(self):
        if self.is_offline:
            raise Unavailable(provider="gmail")


class MadeUpFiles:
    """What the provider would give of a forwarded message; `go` lets it."""

    def __init__(self, blobs):
        self._blobs = blobs
        self.contents = {}
        self.errors = {}
        self.asked = []
        self.go = threading.Event()
        self.go.set()

    def fetch(self, coming, *, cancel, progress):
        name = coming.file.filename
        self.asked.append(name)
        data = self.contents.get(name, name.encode())
        progress(len(data) // 2, len(data))
        while not self.go.wait(0.01):
            cancel.check()
        cancel.check()
        if name in self.errors:
            raise self.errors[name]
        blob = self._blobs.put(data)
        return Attachment(
            uid=coming.uid,
            filename=name,
            media_type=coming.file.media_type,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            disposition=coming.disposition,
            content_id=coming.file.content_id,
            brought_by=coming.message_id,
        )


class MadeUpTips:
    """What the provider would say of recipients; `go` lets it."""

    def __init__(self):
        self.known = {}
        self.asked = []
        self.go = threading.Event()
        self.go.set()

    def look(self, account, addresses, cancel):
        self.asked.append((account.uid, list(addresses)))
        while not self.go.wait(0.01):
            cancel.check()
        return {one: self.known[one] for one in addresses if one in self.known}


class Windows:
    """Remembers which windows were asked for."""

    def __init__(self):
        self.opened = []

    def open_accounts(self):
        self.opened.append("accounts")

    def open_mailroom(self):
        self.opened.append("mailroom")

    def open_settings(self):
        self.opened.append("settings")

    def open_new(self):
        self.opened.append("new")


def on_worker(work, *args):
    """Do what must not be done on the GUI thread."""
    with ThreadPoolExecutor(1) as worker:
        return worker.submit(work, *args).result(timeout=30)


class Desk:
    """A profile with accounts, and the composers opened over it."""

    def __init__(self, folder, *, accounts=(GMAIL, OUTLOOK), flags=None, theme="light"):
        services = on_worker(open_services, Paths(folder), flags or {})
        for one in accounts:
            on_worker(services.accounts.save, one, MAILBOXES[one.uid])
        self.conversations = MadeUpConversations()
        self.files = MadeUpFiles(services.blobs)
        self.tips = MadeUpTips()
        self.services = replace(
            services,
            conversations=self.conversations,
            original_files=self.files,
            tips=self.tips,
        )
        self.windows = Windows()
        self.bridge = Bridge(self.services.bus)
        self.theme = Theme(choice=theme)
        self.host = ServiceHost(self.services, bridge=self.bridge, windows=self.windows)

    def blank(self, **changes):
        draft = new_draft(ids=self.services.ids, clock=self.services.clock)
        return replace(draft, **changes)

    def compose(self, draft=None):
        return ComposeWindow(host=self.host, theme=self.theme, draft=draft or self.blank())

    def run_store(self, work, *args):
        return self.services.executors.run_store(work, *args).result(timeout=30)

    def drafts(self):
        return self.run_store(self.services.drafts.list_drafts)

    def records(self):
        from app.ports import OutboxView

        return self.run_store(self.services.records.list_records, OutboxView.ALL)

    def close(self):
        self.bridge.close()
        on_worker(self.services.close)
