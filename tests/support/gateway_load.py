"""Loads a gateway from a process of its own, over connections that stay open; prints JSON.

Closed loop: each connection asks again as soon as it was answered. Open loop (`rate`): requests
are due at fixed times, and what waits because the server is behind counts as latency.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count
from typing import Any
from urllib.parse import urlsplit


async def main(order: dict[str, Any]) -> dict[str, Any]:
    address = urlsplit(order["url"])
    numbers = count(1)
    statuses: dict[str, int] = {}
    taken: list[float] = []
    total, rate = order["total"], order.get("rate")
    begun = time.perf_counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while (number := next(numbers)) <= total:
            due = time.perf_counter()
            if rate:
                due = begun + number / rate
                await _until(due)
            writer.write(_request(order, number))
            status = await _answer(reader)
            taken.append(time.perf_counter() - due)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(connection() for _ in range(order["connections"])))
    took_s = time.perf_counter() - begun
    taken.sort()
    return {
        "statuses": statuses,
        "per_second": total / took_s,
        "p50_ms": taken[len(taken) // 2] * 1000,
        "p99_ms": taken[int(len(taken) * 0.99)] * 1000,
        "max_ms": taken[-1] * 1000,
    }


async def _until(due: float) -> None:
    left = due - time.perf_counter()
    if left > 0:
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(left, done.set_result, None)
        await done


def _request(order: dict[str, Any], number: int) -> bytes:
    body = order.get("body", "").replace("{number}", str(number)).encode()
    lines = [f"{order['method']} {order['path']} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in order.get("headers", {}).items()]
    lines.append(f"Content-Length: {len(body)}")
    if order.get("keyed"):
        lines.append(f"Idempotency-Key: {order['keyed']}-{number}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    return head[9:12].decode()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))) + "\n")
