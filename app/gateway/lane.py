"""Answers the endpoints of sending without the framework's routing. Pure ASGI, on the loop.

The framework's seven layers cost a request a third of its time (0.35 of 1.1 ms). Whatever is not
exactly one of these methods and paths goes to it: other endpoints, wrong methods, nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError
from app.gateway.api import JSON, Reply, caller_of
from app.gateway.guard import REQUEST_ID, check_type, refusal_headers
from app.gateway.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.gateway.api import Route
    from app.gateway.guard import App, Receive, Scope, Send

BODIES = frozenset({"POST", "PATCH"})


class Lane:
    """Wraps the framework's application."""

    def __init__(
        self, app: App, routes: Iterable[Route], make_request: Callable[[Scope, Receive], Any]
    ) -> None:
        self._app = app
        self._routes = {(route.method, route.path): route for route in routes}
        self._make_request = make_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            await self._app(scope, receive, send)
            return
        reply = await reply_to(route, self._make_request(scope, receive))
        headers = [(b"content-length", str(len(reply.body)).encode())]
        headers += [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


async def reply_to(route: Route, request: Any) -> Reply:
    """Give a route's answer to a request, or the refusal it came to."""
    try:
        caller = caller_of(request, route.permission)
        if route.method in BODIES:
            check_type(request)
        reply = await route.answer(request, caller)
    except Refusal as refusal:
        return refused(request, refusal)
    except AppError as error:
        return refused(request, refusal_of(error))
    if not reply.body:
        return reply
    headers = (("content-type", JSON), *reply.headers)
    return Reply(status=reply.status, body=reply.body, headers=headers)


def refused(request: Any, refusal: Refusal) -> Reply:
    """Give a refusal as an answer."""
    body = refusal.body(request.scope[REQUEST_ID])
    return Reply(status=refusal.status, body=body, headers=tuple(refusal_headers(refusal)))
