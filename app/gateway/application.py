"""Puts the gateway together as an ASGI application. FastAPI is loaded by calling this, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.gateway.api import JSON, not_an_endpoint, sending_routes
from app.gateway.desk_routes import DeskRoutes
from app.gateway.draft_desk import DraftDesk
from app.gateway.guard import Guard, bug
from app.gateway.lane import Lane, refused, reply_to
from app.gateway.openapi import document
from app.gateway.rates import RateGate
from app.gateway.reading import ReadingDesk
from app.gateway.refusals import json_bytes
from app.gateway.sending import Sending
from app.gateway.uploads import UploadDesk
from app.gateway.waiting import Watch

if TYPE_CHECKING:
    import asyncio

    from fastapi import FastAPI

    from app.gateway.api import Reply, Route
    from app.gateway.pools import Pools
    from app.services import Services

HEALTHY = json_bytes({"status": "ok"})


def make_application(
    services: Services, pools: Pools, loop: asyncio.AbstractEventLoop
) -> tuple[Guard, Watch]:
    """Make the application and the watch that is closed with it."""
    from starlette.requests import Request

    settings = services.settings
    gate = RateGate(
        uses=services.gateway.uses,
        clock=services.clock,
        per_second=settings.gateway_per_second,
        per_day=settings.gateway_per_day,
    )
    watch = Watch(bus=services.bus, loop=loop)
    sending = Sending(services=services, pools=pools, watch=watch, gate=gate)
    hot = sending_routes(sending, pools)
    app = _framework([*hot, *_desk_routes(services, sending, pools)])
    guard = Guard(
        Lane(app, hot, Request),
        keys=services.keys,
        gate=gate,
        ids=services.ids,
        origins=frozenset(settings.gateway_origins.split()),
        wait_s=settings.gateway_wait_s,
    )
    return guard, watch


def _desk_routes(services: Services, sending: Sending, pools: Pools) -> list[Route]:
    return DeskRoutes(
        drafts=DraftDesk(services, sending),
        reading=ReadingDesk(services),
        uploads=UploadDesk(services, pools),
        pools=pools,
    ).routes()


def _framework(routes: list[Route]) -> FastAPI:
    from fastapi import FastAPI, Request, Response
    from starlette.exceptions import HTTPException
    from starlette.routing import Route as Served

    app = FastAPI(
        title="Postrider", version="1", docs_url=None, redoc_url=None, redirect_slashes=False
    )

    async def health(_request: Any) -> Any:
        return Response(HEALTHY, media_type=JSON)

    app.add_api_route("/healthz", _injected(health, Request), response_model=None)
    for route in routes:
        app.add_api_route(
            route.path,
            _injected(_endpoint(route, Response), Request),
            methods=[route.method],
            name=route.name,
            response_model=None,
        )

    description = document(routes)
    app.openapi = lambda: description  # type: ignore[method-assign]

    async def refuse(request: Any, error: Any) -> Any:
        # One path may be several routes; the framework names the methods of the first.
        path = request.url.path
        allow = {
            method
            for route in app.router.routes
            if isinstance(route, Served) and route.path_regex.match(path)
            for method in route.methods or ()
        }
        if "GET" in allow:
            allow.add("HEAD")
        refusal = not_an_endpoint(error.status_code, ", ".join(sorted(allow)))
        return _response(refused(request, refusal), Response)

    async def broken(request: Any, _error: Any) -> Any:
        return _response(refused(request, bug()), Response)

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, broken)
    return app


def _endpoint(route: Route, response: Any) -> Any:
    async def endpoint(request: Any) -> Any:
        return _response(await reply_to(route, request), response)

    return endpoint


def _response(reply: Reply, response: Any) -> Any:
    return response(reply.body, status_code=reply.status, headers=dict(reply.headers))


def _injected(endpoint: Any, request: Any) -> Any:
    """Say what the endpoint takes: FastAPI goes by annotations, and ours are text to it."""
    endpoint.__annotations__ = {next(iter(endpoint.__annotations__)): request}
    return endpoint
