"""The endpoints of sending and their HTTP: keys in headers, answers out. On the loop."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.domain.permission import Permission
from app.gateway.bodies import read_json
from app.gateway.dialects import DIALECTS
from app.gateway.guard import CALLER, require
from app.gateway.refusals import Refusal, invalid_field, json_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.gateway.act import Caller
    from app.gateway.dialects import Dialect
    from app.gateway.pools import Pools
    from app.gateway.sending import Sending
    from app.ports.gateway import StoredAnswer

JSON = "application/json"
MAX_KEY = 255
LONG_SUBJECT = 150
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer before it is a framework's."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint: where it is, who answers, which permission it asks for."""

    method: str
    path: str
    name: str
    answer: Callable[[Any, Caller], Awaitable[Reply]]
    permission: Permission


def reply_json(value: object, status: int = 200, *, location: str = "") -> Reply:
    """Answer with JSON."""
    headers = (("location", location),) if location else ()
    return Reply(status=status, body=json_bytes(value), headers=headers)


def sending_routes(sending: Sending, pools: Pools) -> list[Route]:
    """Give the three endpoints that send."""

    def route(dialect: Dialect) -> Route:
        async def answer(request: Any, caller: Caller) -> Reply:
            key = _idempotency_key(request)
            value = await read_json(request.receive, pools)
            given = await sending.send(dialect, value, caller, key)
            reply = _reply(given.answer, is_replay=given.is_replay)
            return _warned(reply) if _is_long(value) else reply

        return Route(
            method="POST",
            path=dialect.path,
            name=f"send_{dialect.name}",
            answer=answer,
            permission=Permission.WRITE,
        )

    return [route(dialect) for dialect in DIALECTS]


def caller_of(request: Any, permission: Permission) -> Caller:
    """Give who asks. Raises Refusal."""
    caller: Caller = request.scope[CALLER]
    require(caller, permission)
    return caller


def _reply(answer: StoredAnswer, *, is_replay: bool) -> Reply:
    headers = []
    if answer.location:
        headers.append(("location", answer.location))
    if is_replay:
        headers.append(("idempotent-replayed", "true"))
    return Reply(status=answer.status, body=answer.body, headers=tuple(headers))


def _is_long(value: Any) -> bool:
    subject = value.get("subject")
    return isinstance(subject, str) and len(subject) > LONG_SUBJECT


def _warned(reply: Reply) -> Reply:
    """Say beside the answer that few will read such a subject to its end (RFC 7234 §5.5.7)."""
    warning = f'199 postrider "subject has more than {LONG_SUBJECT} characters"'
    return replace(reply, headers=(*reply.headers, ("warning", warning)))


def _idempotency_key(request: Any) -> str:
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    if len(set(given)) > 1:
        raise invalid_field("Idempotency-Key", "Idempotency-Key is given more than once.")
    key: str = given[0]
    if not _KEY.fullmatch(key) or not key.strip():
        message = f"Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters."
        raise invalid_field("Idempotency-Key", message)
    return key


def not_an_endpoint(status: int, allow: str = "") -> Refusal:
    """Refuse a path or a method nobody answers."""
    if status == 405:
        return Refusal(405, "This method is not answered here.", allow=allow)
    return Refusal(status, "There is nothing at this address.")
