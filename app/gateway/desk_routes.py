"""The endpoints beside sending: drafts, prepare, records, conversations, files. On the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.permission import Permission
from app.gateway.api import Reply, Route, reply_json
from app.gateway.bodies import read_json
from app.gateway.refusals import invalid_field

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.gateway.act import Caller
    from app.gateway.draft_desk import DraftDesk
    from app.gateway.pools import Pools
    from app.gateway.reading import ReadingDesk
    from app.gateway.uploads import UploadDesk

MAX_ID = 2000
DRAFTS = "/api/email/drafts"
OUTBOUND = "/api/email/outbound"


class DeskRoutes:
    """Connects the desks to their paths."""

    def __init__(
        self, *, drafts: DraftDesk, reading: ReadingDesk, uploads: UploadDesk, pools: Pools
    ) -> None:
        self._drafts = drafts
        self._reading = reading
        self._uploads = uploads
        self._pools = pools

    def routes(self) -> list[Route]:
        """Give every endpoint."""
        read, write = Permission.READ, Permission.WRITE
        table: list[tuple[str, str, str, Callable[..., Awaitable[Reply]], Permission]] = [
            ("POST", DRAFTS, "create_draft", self._create_draft, write),
            ("GET", DRAFTS, "list_drafts", self._list_drafts, read),
            ("GET", DRAFTS + "/{uid}", "get_draft", self._get_draft, read),
            ("PATCH", DRAFTS + "/{uid}", "change_draft", self._change_draft, write),
            ("DELETE", DRAFTS + "/{uid}", "discard_draft", self._discard_draft, write),
            ("POST", "/api/email/prepare", "prepare_email", self._prepare, write),
            ("GET", OUTBOUND, "list_outbound", self._list_outbound, read),
            ("GET", OUTBOUND + "/{uid}", "get_outbound", self._outbound, read),
            # Of the delivery alone: the record stays, and is answered as before.
            ("DELETE", OUTBOUND + "/{uid}/delivery", "withdraw_outbound", self._withdraw, write),
            ("GET", "/api/conversation", "list_conversations", self._conversations, read),
            ("GET", "/api/conversation/{id}", "get_conversation", self._conversation, read),
            ("POST", "/api/files", "upload_file", self._upload, write),
        ]
        return [
            Route(method=method, path=path, name=name, answer=answer, permission=permission)
            for method, path, name, answer, permission in table
        ]

    async def _create_draft(self, request: Any, caller: Caller) -> Reply:
        value = await read_json(request.receive, self._pools)
        made = await self._pools.far(self._drafts.create, value, caller)
        return reply_json(made, 201, location=f"{DRAFTS}/{made['draft_uid']}")

    async def _list_drafts(self, request: Any, _: Caller) -> Reply:
        _query(request)
        return reply_json(await self._pools.core(self._drafts.list_all))

    async def _get_draft(self, request: Any, _: Caller) -> Reply:
        return reply_json(await self._pools.core(self._drafts.get, _path(request, "uid")))

    async def _change_draft(self, request: Any, caller: Caller) -> Reply:
        uid = _path(request, "uid")
        value = await read_json(request.receive, self._pools)
        return reply_json(await self._pools.far(self._drafts.change, uid, value, caller))

    async def _discard_draft(self, request: Any, _: Caller) -> Reply:
        await self._pools.core(self._drafts.discard, _path(request, "uid"))
        return Reply(status=204, body=b"")

    async def _prepare(self, request: Any, caller: Caller) -> Reply:
        value = await read_json(request.receive, self._pools)
        return reply_json(await self._pools.core(self._drafts.prepare, value, caller))

    async def _list_outbound(self, request: Any, _: Caller) -> Reply:
        query = _query(request, "limit", "before")
        return reply_json(await self._pools.core(self._reading.list_outbound, query))

    async def _outbound(self, request: Any, _: Caller) -> Reply:
        return reply_json(await self._pools.core(self._reading.outbound, _path(request, "uid")))

    async def _withdraw(self, request: Any, _: Caller) -> Reply:
        return reply_json(await self._pools.core(self._reading.withdraw, _path(request, "uid")))

    async def _conversations(self, request: Any, _: Caller) -> Reply:
        query = _query(request, "limit", "q")
        return reply_json(await self._pools.core(self._reading.list_conversations, query))

    async def _conversation(self, request: Any, _: Caller) -> Reply:
        identifier = _path(request, "id")
        return reply_json(await self._pools.far(self._reading.conversation, identifier))

    async def _upload(self, request: Any, caller: Caller) -> Reply:
        return reply_json(await self._uploads.take(request, caller), 201)


def _path(request: Any, name: str) -> str:
    text: str = request.path_params[name]
    if len(text) > MAX_ID or "\0" in text:
        raise invalid_field(name, f"{name} is no id.")
    return text.encode("utf-8", "replace").decode()


def _query(request: Any, *known: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise invalid_field(name[:100], f"{name[:100]} is not a parameter of this request.")
        if name in found:
            raise invalid_field(name, f"{name} is given more than once.")
        found[name] = value.replace("\0", "").encode("utf-8", "replace").decode()
    return found
