"""A sandbox whose mailboxes hold thousands of conversations, as a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from app.domain.address import Address
from app.domain.conversation import MessageHeader
from app.mime.headers import encode_addresses, encode_unstructured
from app.sandbox import gmail_store, graph_store
from app.sandbox.server import SandboxServer
from app.sandbox.world import Sandbox
from tests.support.made_up_mail import NOON, OWN, Crowd

GMAIL_BOX = "sam@gmail-team.example"
GRAPH_BOX = "nina@fabrikam.example"
START_TIMEOUT_S = 120.0


@contextlib.contextmanager
def crowded_sandbox(threads: int, days: int, **settings: Any) -> Iterator[dict[str, Any]]:
    """Run one; yields its address and how many messages each mailbox holds."""
    options = {"threads": threads, "days": days, "settings": settings}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.crowded_sandbox", json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        watchdog = threading.Timer(START_TIMEOUT_S, child.kill)
        watchdog.start()
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            watchdog.cancel()
            assert line, "the sandbox did not start"
            yield json.loads(line)
        finally:
            watchdog.cancel()
            assert child.stdin is not None
            child.stdin.close()
            child.wait(START_TIMEOUT_S)


def fill(sandbox: Sandbox, threads: int, days: int) -> int:
    """Put the same conversations into one mailbox of each provider; give the number of messages."""
    for box in (sandbox.world.gmail[GMAIL_BOX], sandbox.world.graph[GRAPH_BOX]):
        (box.messages if hasattr(box, "messages") else box.items).clear()
    moved_s, count = time.time() - 600 - NOON.timestamp(), 0
    for header in Crowd().headers("", threads, days):
        at = header.sent_at.timestamp() + moved_s
        _put_gmail(sandbox, header, at)
        _put_graph(sandbox, header, at)
        count += 1
    # What was there from the beginning is no news.
    sandbox.world.gmail[GMAIL_BOX].history.clear()
    return count


def _put_gmail(sandbox: Sandbox, header: MessageHeader, at: float) -> None:
    box = sandbox.world.gmail[GMAIL_BOX]
    labels = ["SENT"] if header.is_sent else ["IMPORTANT", "INBOX"]
    raw = _raw(header, Address(GMAIL_BOX, "Sam Okafor"), at)
    gmail_store.add_message(sandbox, box, raw, labels, header.ref.thread_id, at=at)


def _put_graph(sandbox: Sandbox, header: MessageHeader, at: float) -> None:
    box, own = sandbox.world.graph[GRAPH_BOX], Address(GRAPH_BOX, "Nina Weber")
    folder = "sentitems" if header.is_sent else "inbox"
    item = graph_store.new_item(sandbox, box, folder, is_draft=False)
    item.created_at = item.sent_at = item.received_at = at
    item.indexed_at = 0.0
    item.subject, item.body_type, item.body = header.subject, "text", header.snippet
    item.from_ = item.sender = _graph(_own(header.sender or own, own))
    item.to = [_graph(_own(one, own)) for one in header.recipients]
    item.conversation_id = header.ref.thread_id


def _own(one: Address, own: Address) -> Address:
    return own if one == OWN else one


def _graph(one: Address) -> dict[str, str]:
    return {"name": one.name, "address": one.addr_spec}


def _raw(header: MessageHeader, own: Address, at: float) -> bytes:
    people = [_own(one, own) for one in header.recipients]
    lines = (
        encode_addresses("From", [_own(header.sender or own, own)]),
        encode_addresses("To", people),
        encode_unstructured("Subject", header.subject),
        f"Date: {format_datetime(datetime.fromtimestamp(at, UTC))}\r\n".encode(),
        f"Message-ID: <{header.provider_message_id}@crowd.example>\r\n".encode(),
        b"Content-Type: text/plain; charset=utf-8\r\n",
    )
    return b"".join(lines) + b"\r\n" + header.snippet.encode()


def _main() -> None:
    options = json.loads(sys.argv[1])
    settings = {"auto_consent": True, "index_lag_s": 0.0, **options["settings"]}
    with SandboxServer(auto_consent=True, settings=settings) as server:
        count = fill(server.sandbox, options["threads"], options["days"])
        sys.stdout.write(json.dumps({"url": server.url, "messages": count}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _main()
