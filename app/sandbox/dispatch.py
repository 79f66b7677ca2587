"""From a complete request to its answer: route, token, scopes, quota, handler. Runs under the lock."""

from __future__ import annotations

import re
from collections import deque
from datetime import UTC, datetime
from urllib.parse import parse_qs

from app.sandbox import (
    control_routes,
    gmail_api,
    gmail_errors,
    gmail_send,
    gmail_uploads,
    google_oauth,
    graph_api,
    graph_errors,
    graph_lists,
    graph_replies,
    graph_tips,
    graph_uploads,
    microsoft_oauth,
    tokens,
)
from app.sandbox.records import AccessToken
from app.sandbox.wire import Refusal, Request, Response, Route, Router, json_response
from app.sandbox.world import Call, Sandbox

QUOTA_UNITS = {
    "gmail.messages.send": 100,
    "gmail.drafts.send": 100,
    "gmail.drafts.create": 10,
    "gmail.drafts.update": 15,
    "gmail.drafts.delete": 10,
    "gmail.threads.get": 10,
    "gmail.threads.list": 10,
    "gmail.getProfile": 1,
    "gmail.labels.list": 1,
    "gmail.settings.sendAs.list": 1,
    "gmail.history.list": 2,
    "gmail.threads.modify": 10,
}
DEFAULT_UNITS = 5

ROUTER = Router(
    [
        *control_routes.ROUTES,
        *google_oauth.ROUTES,
        *microsoft_oauth.ROUTES,
        *gmail_send.ROUTES,
        *gmail_api.ROUTES,
        *gmail_uploads.ROUTES,
        *graph_lists.ROUTES,
        *graph_replies.ROUTES,
        *graph_tips.ROUTES,
        *graph_uploads.ROUTES,
        *graph_api.ROUTES,
    ]
)


def names_of(route: Route, request: Request) -> frozenset[str]:
    """Return every name a fault may use for this request.

    A resumable upload is `send` or `create_draft` only with its last chunk: that one commits.
    """
    if route.handler is gmail_uploads.upload:
        return _upload_names(route, request)
    if "refresh" in route.groups and request.body:
        grant = parse_qs(request.body.decode("latin-1")).get("grant_type", [""])[-1]
        kinds = {"refresh_token": "refresh", "authorization_code": "token"}
        return frozenset({kinds.get(grant, "device_token"), route.operation})
    return frozenset({route.operation, *route.groups})


def _upload_names(route: Route, request: Request) -> frozenset[str]:
    if request.param("uploadType") != "resumable" and not request.param("upload_id"):
        return frozenset({route.operation, *route.groups})
    if not request.param("upload_id"):
        return frozenset({"upload_start"})
    content_range = request.header("content-range")
    if content_range.startswith("bytes */"):
        return frozenset({"upload_query"})
    if gmail_uploads.is_last_chunk(content_range):
        return frozenset({route.operation, *route.groups, "upload"})
    return frozenset({"upload"})


def bearer(request: Request) -> str:
    kind, _, token = request.header("authorization").partition(" ")
    return token.strip() if kind.lower() == "bearer" else request.param("access_token")


def account_of(sandbox: Sandbox, route: Route, request: Request) -> str:
    """Tell whose request it is, as far as it can be known."""
    access = sandbox.world.tokens.get(bearer(request))
    if access is not None:
        return access.account
    if "refresh" in route.groups and request.body:
        given = parse_qs(request.body.decode("latin-1")).get("refresh_token", [""])[-1]
        grant = tokens.find_grant(sandbox, route.provider, given)
        return grant.account if grant else ""
    session = sandbox.uploads.get(request.path.rpartition("/")[2])
    return session.account if session else ""


def answer(sandbox: Sandbox, route: Route, params: dict[str, str], request: Request) -> Response:
    """Run one request."""
    call = Call(
        sandbox=sandbox, request=request, route=route, params=params, names=names_of(route, request)
    )
    if route.scopes:
        access = sandbox.valid_token(route.provider, bearer(request))
        refused = _refused(sandbox, call, access)
        if refused is not None:
            return refused
        call.access = access
    try:
        return route.handler(call)
    except Refusal as refusal:
        return refusal.response


def _refused(sandbox: Sandbox, call: Call, access: AccessToken | None) -> Response | None:
    gmail = call.route.provider == "gmail"
    if access is None:
        return gmail_errors.unauthorized() if gmail else graph_errors.unauthorized()
    if not call.route.scopes & set(access.scopes):
        return gmail_errors.insufficient_scope() if gmail else graph_errors.insufficient_scope()
    if not gmail:
        return None
    if call.params.get("user", "me") not in {"me", access.account}:
        return gmail_errors.error_response(
            403, f"Delegation denied for {access.account}", "forbidden", "PERMISSION_DENIED"
        )
    return _over_quota(sandbox, access.account, call.route.operation)


def _over_quota(sandbox: Sandbox, account: str, operation: str) -> Response | None:
    units = QUOTA_UNITS.get(operation.replace("gmail.upload.", "gmail."), DEFAULT_UNITS)
    box = sandbox.world.gmail.get(account)
    if box is not None:
        box.quota_units += units
    most = sandbox.settings.quota_units_per_min
    if most is None:
        return None
    now = sandbox.now()
    used = sandbox.quota.setdefault(account, deque())
    while used and used[0][0] <= now - 60:
        used.popleft()
    if sum(spent for _, spent in used) + units > most:
        until = datetime.fromtimestamp((used[0][0] if used else now) + 60, tz=UTC)
        return gmail_errors.rate_limited(iso_ms(until), text=True)
    used.append((now, units))
    return None


def iso_ms(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def unknown(request: Request) -> Response:
    if request.path.startswith("/graph"):
        return graph_errors.error_response(
            400, "BadRequest", f"Resource not found for the segment '{request.path}'."
        )
    if request.path.startswith(("/gmail", "/upload/gmail")):
        return gmail_errors.error_response(404, "Not Found", "notFound", "NOT_FOUND")
    return json_response({"error": "not_found", "path": request.path}, 404)


_SECRET = re.compile(
    r"(?i)\b(code|state|token|access_token|refresh_token|authtoken|upload_id|code_challenge|"
    r"code_verifier|client_secret|id_token_hint|nonce)=[^&]*"
)


def redacted(query: str) -> str:
    return _SECRET.sub(r"\1=…", query)
