"""The ASGI application: reads requests, hurts them to order, keeps the log. No provider rules here."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from app.sandbox import dispatch, hurt
from app.sandbox.faults import DELAY, WIRE, Fault
from app.sandbox.wire import Request, Response, Route
from app.sandbox.world import Sandbox

TRANSPORT = "postrider.transport"
IN_THREAD_BYTES = 256 * 1024
STALL_STEP_S = 0.01
LONGEST_STALL_S = 600.0
SLOW_LINE_BUFFER_BYTES = 128 * 1024
_AT_HEAD = frozenset({"reset_body"})

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Dropped(Exception):
    """The connection was closed without an answer; the text says how, for the log."""


class SandboxApp:
    """One instance serves one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = _head(scope)
        found = dispatch.ROUTER.find(request.method, request.path)
        visit = _Visit(self._sandbox, scope, receive)
        note: dict[str, Any] = {"account": "", "operation": found[0].operation if found else ""}
        try:
            answer = await visit.run(request, found, note)
        except Dropped as dropped:
            self._log(request, note, str(dropped))
            return
        self._log(request, note, answer.status)
        await _respond(send, answer, self._sandbox.now())
        if answer.cut:
            await visit.cut()

    def _log(self, request: Request, note: dict[str, Any], outcome: int | str) -> None:
        if request.path.startswith("/control"):
            return
        row = {
            "n": self._sandbox.number(),
            "at": self._sandbox.now(),
            "method": request.method,
            "path": request.path,
            "query": dispatch.redacted(request.query_string),
            "status": outcome,
            **note,
        }
        if request.path.startswith("/graph/"):
            row["prefer"] = request.header("prefer")
        if request.header("content-range"):
            row["content_range"] = request.header("content-range")
        with self._sandbox.lock:
            self._sandbox.requests.append(row)


class _Visit:
    """One request on its way through the faults."""

    def __init__(self, sandbox: Sandbox, scope: dict[str, Any], receive: Receive) -> None:
        self._sandbox = sandbox
        self._transport = scope.get(TRANSPORT)
        self._receive = receive

    async def run(
        self, request: Request, found: tuple[Route, dict[str, str]] | None, note: dict[str, Any]
    ) -> Response:
        sandbox = self._sandbox
        controlled = request.path.startswith("/control")
        if sandbox.settings.down and not controlled:
            await self._drop("down")
        route = found[0] if found else None
        if route and not controlled:
            await self._maybe_reset(route, request, note)
        request = replace(request, body=await self._body())
        if found is None:
            return dispatch.unknown(request)
        if controlled:
            return await self._commit(found, request)
        if sandbox.settings.latency_ms:
            await asyncio.sleep(sandbox.settings.latency_ms / 1000)
        return await self._with_faults(found, request, note)

    async def _with_faults(
        self, found: tuple[Route, dict[str, str]], request: Request, note: dict[str, Any]
    ) -> Response:
        sandbox, route = self._sandbox, found[0]
        names = dispatch.names_of(route, request)
        who = (route.provider, dispatch.account_of(sandbox, route, request))
        note["account"] = who[1]
        stall = sandbox.faults.take(DELAY, names, who)
        if stall and stall.when == "before":
            await self._stall(stall)
        fault = sandbox.faults.take(WIRE - _AT_HEAD, names, who)
        note["fault"] = "+".join(f.kind for f in (stall, fault) if f)
        if fault and fault.kind == "refuse_before":
            await self._drop("refused")
        if fault:
            with sandbox.lock:
                early = hurt.instead(sandbox, fault, *who)
            if early is not None:
                return early
        with self._counted(who) as busy:
            if busy is not None:
                return busy
            return await self._carry_out(found, request, stall, fault)

    async def _carry_out(
        self,
        found: tuple[Route, dict[str, str]],
        request: Request,
        stall: Fault | None,
        fault: Fault | None,
    ) -> Response:
        answer = await self._commit(found, request)
        if stall and stall.when == "after":
            await self._stall(stall)
        if fault and fault.kind == "drop_after":
            await self._drop("dropped")
        return hurt.afterwards(fault, found[0].provider, answer) if fault else answer

    @contextlib.contextmanager
    def _counted(self, who: tuple[str, str]) -> Iterator[Response | None]:
        """Count the requests of a mailbox that are under way; yields a refusal above the limit."""
        counts, settings = self._sandbox.in_flight, self._sandbox.settings
        limits = {"gmail": settings.gmail_concurrency, "microsoft": settings.graph_concurrency}
        most = limits.get(who[0])
        if who[1] and most is not None and counts.get(who, 0) >= most:
            yield hurt.too_many(who[0])
            return
        counts[who] = counts.get(who, 0) + 1
        try:
            yield None
        finally:
            counts[who] -= 1

    async def _commit(self, found: tuple[Route, dict[str, str]], request: Request) -> Response:
        if len(request.body) > IN_THREAD_BYTES:
            return await asyncio.to_thread(self._commit_now, found, request)
        return self._commit_now(found, request)

    def _commit_now(self, found: tuple[Route, dict[str, str]], request: Request) -> Response:
        with self._sandbox.lock:
            self._sandbox.settle()
            return dispatch.answer(self._sandbox, found[0], found[1], request)

    async def _maybe_reset(self, route: Route, request: Request, note: dict[str, Any]) -> None:
        names = dispatch.names_of(route, request)
        who = (route.provider, dispatch.account_of(self._sandbox, route, request))
        fault = self._sandbox.faults.take(_AT_HEAD, names, who)
        if fault is None:
            return
        note.update(account=who[1], fault=fault.kind)
        read = 0
        more = True
        while more and read <= fault.after_bytes:
            message = await self._receive()
            read += len(message.get("body", b""))
            more = bool(message.get("more_body"))
            if message["type"] == "http.disconnect":
                break
        await self._drop("reset", hard=True)

    async def _body(self) -> bytes:
        pieces = []
        more = True
        line = _Line(self._sandbox.settings.line_bytes_per_s, self._transport)
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Dropped("client went away")
            pieces.append(message.get("body", b""))
            more = bool(message.get("more_body"))
            await line.carry(len(pieces[-1]))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _stall(self, fault: Fault) -> None:
        """Hold until released, or for `delay_s`."""
        loop = asyncio.get_running_loop()
        seen = self._sandbox.faults.releases
        end = loop.time() + (LONGEST_STALL_S if fault.delay_s is None else fault.delay_s)
        self._sandbox.faults.stalled += 1
        try:
            # Released from any thread, so there is no asyncio.Event to wait on.
            while loop.time() < end and self._sandbox.faults.releases == seen:  # noqa: ASYNC110
                await asyncio.sleep(STALL_STEP_S)
        finally:
            self._sandbox.faults.stalled -= 1

    async def cut(self) -> None:
        """Close after what was written so far, in the middle of the answer."""
        if self._transport is not None:
            self._transport.close()
            while (await self._receive())["type"] != "http.disconnect":
                continue

    async def _drop(self, how: str, *, hard: bool = False) -> None:
        """Close the TCP connection without an answer; `hard` sends RST instead of FIN."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            if hard and sock is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
            while (await self._receive())["type"] != "http.disconnect":
                continue
        raise Dropped(how)


class _Line:
    """A slow line: takes a body no faster than so many bytes a second. None: as fast as it comes."""

    def __init__(self, bytes_per_s: float | None, transport: Any) -> None:
        self._rate = bytes_per_s
        self._transport = transport
        self._began: float | None = None
        self._carried = 0

    async def carry(self, count: int) -> None:
        if self._rate is None or not count:
            return
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began = loop.time()
            sock = self._transport.get_extra_info("socket") if self._transport else None
            if sock is not None:
                # What a large buffer swallows looks like progress to the sender.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_LINE_BUFFER_BYTES)
        self._carried += count
        await asyncio.sleep(max(0.0, self._began + self._carried / self._rate - loop.time()))


def _head(scope: dict[str, Any]) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "127.0.0.1")
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1").replace("%24", "$"),
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        base_url=f"http://{host}",
    )


async def _respond(send: Send, answer: Response, now: float) -> None:
    headers = [
        (b"date", formatdate(now, usegmt=True).encode()),
        *(
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in answer.headers.items()
        ),
    ]
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": answer.cut})
