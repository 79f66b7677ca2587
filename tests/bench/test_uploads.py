"""Upload throughput beside a bare httpx stream of the same file in the same run, and memory while at it.

Both go to the same server in a process of its own, which reads bodies and keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.auth.sealer import HandleSealer
from app.auth.vault import MemoryVault
from app.domain.account import Account, AccountState, Capability, ProviderKind
from app.domain.outbound import RenderedMessage
from app.ports import Carriage, Provider
from app.providers.gmail import GmailProvider
from app.providers.gmail_errors import judge_gmail
from app.providers.graph import GraphProvider
from app.providers.graph_errors import judge_graph
from app.providers.http import Http, HttpLimits
from app.runtime.clock import SystemClock
from tests.support.carriages import Parcel

MB = 1024 * 1024
LEAST = 0.7
MOST_EXTRA_BYTES = 16 * MB
ROUNDS = 3
SIZES = {ProviderKind.GMAIL: 34 * MB, ProviderKind.MICROSOFT: 150 * MB}

# Answers as Gmail's and Graph's upload sessions do; reads bodies into one buffer.
_SINK = """
import json, re, socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
base = "http://127.0.0.1:%d" % server.getsockname()[1]
print(base, flush=True)
buffer = memoryview(bytearray(1 << 20))

def reply(status, value=None, *headers):
    body = b"" if value is None else json.dumps(value).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return ("\\r\\n".join(head) + "\\r\\n\\r\\n").encode() + body

def answer(line, span):
    path = line.split()[1]
    done = span and span[2] == str(int(span[1]) + 1)
    if path.startswith("/session/gmail"):
        if done:
            return reply(200, {"id": "d", "message": {"id": "m", "threadId": "t"}})
        return reply(308, None, f"Range: bytes=0-{span[1]}")
    if path.startswith("/session/graph"):
        if done:
            return reply(201, None, "Location: x")
        return reply(200, {"nextExpectedRanges": [f"{int(span[1]) + 1}-"]})
    if "uploadType=resumable" in path:
        return reply(200, None, f"Location: {base}/session/gmail?upload_id=1")
    if path.endswith("createUploadSession"):
        return reply(201, {"uploadUrl": f"{base}/session/graph"})
    return reply(200, {"id": "d", "isDraft": True, "value": []})

def serve(one):
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            more = one.recv(65536)
            if not more:
                return
            head += more
        head, _, rest = head.partition(b"\\r\\n\\r\\n")
        text = head.decode("latin-1")
        length = re.search(r"(?i)^content-length: (\\d+)", text, re.M)
        left = int(length[1]) - len(rest) if length else 0
        while left > 0:
            left -= one.recv_into(buffer, min(left, len(buffer)))
        span = re.search(r"(?i)^content-range: bytes (\\d+)-(\\d+)/(\\d+)", text, re.M)
        one.sendall(answer(text.split("\\r\\n")[0], span and (span[1], span[2], span[3])))

while True:
    one, _ = server.accept()
    threading.Thread(target=serve, args=(one,), daemon=True).start()
"""


class Tokens:
    def token(self, cancel: object = None) -> str:
        del cancel
        return "t"

    def refreshed(self, stale: str, cancel: object = None) -> str:
        del cancel
        return stale


@contextmanager
def sink() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", _SINK], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with sink() as address:
        yield address


def provider(kind: ProviderKind, url: str) -> Provider:
    account = Account(
        uid="u",
        provider=kind,
        address="ada@acme.example",
        display_name="Ada",
        state=AccountState.CONNECTED,
        capabilities=frozenset(Capability),
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    judge = judge_gmail if kind is ProviderKind.GMAIL else judge_graph
    http = Http(
        provider=kind, tokens=Tokens(), judge=judge, clock=SystemClock(), limits=HttpLimits()
    )
    sealer = HandleSealer(MemoryVault())
    if kind is ProviderKind.GMAIL:
        return GmailProvider(account=account, http=http, api_url=url, sealer=sealer)
    return GraphProvider(account=account, http=http, graph_url=url, sealer=sealer)


def carriage(path: Path) -> Carriage:
    """A message whose bytes, and whose one file, are the file at `path`."""
    size = path.stat().st_size
    parcel = Parcel(sender="ada@acme.example", files={"big.pdf": b"x"})
    file = replace(parcel.content.attachments[0], size_bytes=size)
    content = replace(parcel.content, attachments=(file,))
    digest = hashlib.sha256(b"any").hexdigest()
    return replace(
        parcel.carriage(),
        message=RenderedMessage(
            content=content, sha256=digest, size_bytes=size, frozen_hash=digest
        ),
        open_spool=lambda: path.open("rb"),
        open_blob=lambda _: path.open("rb"),
    )


def bare(client: httpx.Client, url: str, path: Path) -> None:
    with path.open("rb") as file:
        size = path.stat().st_size
        client.post(f"{url}/bare", content=file, headers={"Content-Length": str(size)})


def best_s(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return min(spent)


@pytest.mark.parametrize("kind", list(SIZES))
def test_throughput_is_near_that_of_a_bare_stream(
    kind: ProviderKind, url: str, tmp_path: Path
) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(SIZES[kind]))
    carried, outlet = carriage(path), provider(kind, url)
    with httpx.Client(timeout=60) as client:
        bare(client, url, path)
        outlet.create_draft(carried)
        for _ in range(ROUNDS):
            plain_s = best_s(lambda: bare(client, url, path))
            ours_s = best_s(lambda: outlet.create_draft(carried))
            ratio = plain_s / ours_s
            if ratio >= LEAST:
                break
    outlet.close()
    mb = SIZES[kind] / MB
    print(f"{kind.value}: {mb / ours_s:.0f} MB/s, bare httpx {mb / plain_s:.0f} MB/s: {ratio:.2f}")
    assert ratio >= LEAST


_MEASURED = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from app.domain.account import ProviderKind
from tests.bench.test_uploads import carriage, provider
kind, path = ProviderKind(sys.argv[1]), Path(sys.argv[2])
outlet = provider(kind, sys.argv[4])
small = path.with_suffix(".small")
small.write_bytes(bytes(6 * 1024 * 1024))
outlet.create_draft(carriage(small))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outlet.create_draft(carriage(path))
print(json.dumps((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024))
"""


@pytest.mark.parametrize("kind", list(SIZES))
def test_memory_stays_flat(kind: ProviderKind, url: str, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(SIZES[kind]))
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, kind.value, str(path), root, url],
        capture_output=True,
        text=True,
        check=True,
    )
    extra = json.loads(done.stdout)
    print(f"{kind.value}: {extra / MB:.1f} MB more for {SIZES[kind] // MB} MB")
    assert extra <= MOST_EXTRA_BYTES
