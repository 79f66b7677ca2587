"""Puts the gateway together as an ASGI application. FastAPI is loaded by calling this, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.errors import AppError
from app.gateway.api import JSON, caller_of, not_an_endpoint, sending_routes
from app.gateway.desk_routes import DeskRoutes
from app.gateway.draft_desk import DraftDesk
from app.gateway.guard import REQUEST_ID, Guard, bug, check_type, refusal_headers
from app.gateway.openapi import document
from app.gateway.rates import RateGate
from app.gateway.reading import ReadingDesk
from app.gateway.refusals import Refusal, json_bytes, refusal_of
from app.gateway.sending import Sending
from app.gateway.uploads import UploadDesk
from app.gateway.waiting import Watch

if TYPE_CHECKING:
    import asyncio

    from fastapi import FastAPI

    from app.gateway.api import Route
    from app.gateway.pools import Pools
    from app.services import Services

BODIES = frozenset({"POST", "PATCH"})
HEALTHY = json_bytes({"status": "ok"})


def make_application(
    services: Services, pools: Pools, loop: asyncio.AbstractEventLoop
) -> tuple[Guard, Watch]:
    """Make the application and the watch that is closed with it."""
    settings = services.settings
    gate = RateGate(
        uses=services.gateway.uses,
        limits=services.limits,
        clock=services.clock,
        per_second=settings.gateway_per_second,
        per_day=settings.gateway_per_day,
    )
    watch = Watch(bus=services.bus, loop=loop)
    sending = Sending(services=services, pools=pools, watch=watch, gate=gate)
    app = _framework(_routes(services, sending, pools))
    guard = Guard(
        app,
        keys=services.keys,
        gate=gate,
        ids=services.ids,
        origins=frozenset(settings.gateway_origins.split()),
        wait_s=settings.gateway_wait_s,
    )
    return guard, watch


def _routes(services: Services, sending: Sending, pools: Pools) -> list[Route]:
    desks = DeskRoutes(
        drafts=DraftDesk(services, sending),
        reading=ReadingDesk(services),
        uploads=UploadDesk(services, pools),
        pools=pools,
    )
    return [*sending_routes(sending, pools), *desks.routes()]


def _framework(routes: list[Route]) -> FastAPI:
    from fastapi import FastAPI, Request, Response
    from fastapi.routing import APIRoute
    from starlette.exceptions import HTTPException

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
            if isinstance(route, APIRoute) and route.path_regex.match(path)
            for method in route.methods or ()
        }
        refusal = not_an_endpoint(error.status_code, ", ".join(sorted(allow)))
        return _refused(request, refusal, Response)

    async def broken(request: Any, _error: Any) -> Any:
        return _refused(request, bug(), Response)

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, broken)
    return app


def _refused(request: Any, refusal: Refusal, response: Any) -> Any:
    return response(
        refusal.body(request.scope[REQUEST_ID]),
        status_code=refusal.status,
        headers=dict(refusal_headers(refusal)),
    )


def _endpoint(route: Route, response: Any) -> Any:
    async def endpoint(request: Any) -> Any:
        try:
            caller = caller_of(request, route.permission)
            if route.method in BODIES:
                check_type(request)
            reply = await route.answer(request, caller)
        except Refusal as refusal:
            return _refused(request, refusal, response)
        except AppError as error:
            return _refused(request, refusal_of(error), response)
        return response(
            reply.body,
            status_code=reply.status,
            media_type=JSON if reply.body else None,
            headers=dict(reply.headers),
        )

    return endpoint


def _injected(endpoint: Any, request: Any) -> Any:
    """Say what the endpoint takes: FastAPI goes by annotations, and ours are text to it."""
    endpoint.__annotations__ = {next(iter(endpoint.__annotations__)): request}
    return endpoint
