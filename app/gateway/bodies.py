"""Reads request bodies: bounded in size, and in the time a slow client may take. On the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.gateway.guard import MAX_BODY_BYTES, too_large
from app.gateway.refusals import Refusal
from app.gateway.strict_json import parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.gateway.pools import Pools

CHUNK_TIMEOUT_S = 15.0
BODY_TIMEOUT_S = 120.0
# Parsed on the loop below this; in the pool above, where it holds up nobody.
SMALL_BYTES = 32_768


async def chunks(receive: Any) -> AsyncIterator[bytes]:
    """Yield the body as it comes.

    Raises:
        Refusal: 413 over the bound, 408 when nothing comes for too long, 400 if it ends early.
    """
    size = 0
    clock = asyncio.get_running_loop().time
    end = clock() + BODY_TIMEOUT_S
    while True:
        try:
            async with asyncio.timeout_at(min(clock() + CHUNK_TIMEOUT_S, end)):
                message = await receive()
        except TimeoutError:
            raise Refusal(408, "The body did not come in time.") from None
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The body ended early.")
        data = message.get("body", b"")
        size += len(data)
        if size > MAX_BODY_BYTES:
            raise too_large()
        if data:
            yield data
        if not message.get("more_body"):
            return


async def read_json(receive: Any, pools: Pools) -> Any:
    """Read a whole JSON body. Raises Refusal."""
    data = b"".join([chunk async for chunk in chunks(receive)])
    if len(data) < SMALL_BYTES:
        return parse(data)
    return await pools.core(parse, data)
