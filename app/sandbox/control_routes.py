"""The control over HTTP, under /control. Loopback only, like everything here."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app.sandbox import control as control_module
from app.sandbox import pages
from app.sandbox.control import Control, ControlError
from app.sandbox.faults import FaultInvalid
from app.sandbox.wire import Response, Route, html_response, json_response
from app.sandbox.world import Call

Action = Callable[[Call, Control], Any]


def _help(_call: Call, _control: Control) -> Response:
    text = control_module.__doc__ or ""
    return Response(body=text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})


def _delivered(call: Call, control: Control) -> Any:
    since = call.request.param("since")
    return control.delivered(
        recipient=call.request.param("recipient"),
        since=float(since or 0),
        with_raw=call.request.param("raw") != "no",
    )


def _deliveries(call: Call, control: Control) -> Any:
    return control.deliveries(with_raw=call.request.param("raw") != "no")


def _requests(call: Call, control: Control) -> Any:
    since = call.request.param("since")
    return control.requests(operation=call.request.param("operation"), since=int(since or 0))


def _order(call: Call, _control: Control) -> Any:
    value = json.loads(call.request.body or b"{}")
    orders = value if isinstance(value, list) else [value]
    placed = [asdict(call.sandbox.faults.add(order)) for order in orders]
    return placed if isinstance(value, list) else placed[0]


def _clear(_call: Call, control: Control) -> Any:
    control.clear_faults()
    return {}


def _consent(call: Call, control: Control) -> Any:
    order = call.request.json()
    control.consent(str(order.pop("provider", "")), **order)
    return {}


def _device(call: Call, control: Control) -> Any:
    account = str(call.request.json().get("account") or "")
    control.device(call.params["code"], call.params["decision"], account=account)
    return {}


def _revoke(call: Call, control: Control) -> Any:
    provider = str(call.request.json().get("provider") or "")
    return {"revoked": control.revoke(call.params["address"], provider=provider)}


def _tokens(call: Call, control: Control) -> Any:
    order = call.request.json()
    return control.token(str(order.get("provider")), str(order.get("account")), order.get("scopes"))


def _mail(call: Call, control: Control) -> Any:
    order = call.request.json()
    return {
        "id": control.receive(str(order.get("to")), base64.b64decode(order.get("raw_base64", "")))
    }


def _reset(_call: Call, control: Control) -> Any:
    control.reset()
    return {}


def _handler(action: Action) -> Callable[[Call], Response]:
    def handle(call: Call) -> Response:
        try:
            value = action(call, Control(call.sandbox))
        except (ControlError, FaultInvalid, ValueError, TypeError) as error:
            return json_response({"error": str(error)}, 400)
        return value if isinstance(value, Response) else json_response(value)

    return handle


def _route(method: str, path: str, action: Action) -> Route:
    return Route(
        method=method,
        template="/control" + path,
        operation="control",
        groups=(),
        provider="",
        scopes=frozenset(),
        handler=_handler(action),
    )


def _overview(call: Call) -> Response:
    control = Control(call.sandbox)
    return html_response(
        pages.overview(call.sandbox.world.accounts, control.deliveries(with_raw=False))
    )


ROUTES = [
    Route(
        method="GET",
        template="/",
        operation="overview",
        groups=(),
        provider="",
        scopes=frozenset(),
        handler=_overview,
    ),
    _route("GET", "", _help),
    _route("GET", "/deliveries", _deliveries),
    _route("GET", "/delivered", _delivered),
    _route("GET", "/contacts", lambda _, control: control.contacts()),
    _route("GET", "/mailboxes", lambda _, control: control.mailboxes()),
    _route("GET", "/requests", _requests),
    _route("GET", "/faults", lambda _, control: control.faults()),
    _route("POST", "/faults", _order),
    _route("DELETE", "/faults", _clear),
    _route("POST", "/release", lambda _, control: {"released": control.release()}),
    _route("GET", "/settings", lambda _, control: control.settings()),
    _route("POST", "/settings", lambda call, control: control.settings(**call.request.json())),
    _route("POST", "/consent", _consent),
    _route("GET", "/devicecodes", lambda _, control: control.device_codes()),
    _route("POST", "/devicecodes/{code}/{decision}", _device),
    _route("POST", "/accounts/{address}/revoke", _revoke),
    _route("POST", "/tokens", _tokens),
    _route("POST", "/mail", _mail),
    _route("POST", "/reset", _reset),
]
