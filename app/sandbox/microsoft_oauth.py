"""Microsoft Entra's endpoints: discovery, authorize, token (code, refresh, device code), device page.

The discovery document names https://login.microsoftonline.com, because MSAL refuses http
authorities; the client's transport rewrites that host to BASE/microsoft.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from app.sandbox import consent, pages, tokens
from app.sandbox.records import Account, DeviceCode, Grant
from app.sandbox.wire import Refusal, Response, Route, html_response, json_response, redirect
from app.sandbox.world import Call, Sandbox, opaque

LOGIN = "https://login.microsoftonline.com"
_GRAPH_PREFIX = "https://graph.microsoft.com/"
_RESERVED = frozenset({"openid", "profile", "email", "offline_access"})
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"


def read_scopes(text: str) -> list[str]:
    return list(dict.fromkeys(scope.removeprefix(_GRAPH_PREFIX) for scope in text.split()))


def _mandatory(_scope: str) -> bool:
    """Entra's consent is all or nothing."""
    return True


def authorize(call: Call) -> Response:
    return consent.begin(call, "microsoft", read_scopes, _mandatory)


def post_consent(call: Call) -> Response:
    return consent.finish(call, "microsoft", read_scopes, _mandatory)


def error(code: str, number: int, text: str, sandbox: Sandbox) -> Refusal:
    stamp = datetime.fromtimestamp(sandbox.now(), tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    description = (
        f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    )
    return Refusal(
        json_response(
            {
                "error": code,
                "error_description": description,
                "error_codes": [number],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
            },
            400,
        )
    )


def token(call: Call) -> Response:
    form = {name: values[-1] for name, values in call.request.form().items()}
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(call, form)
        case "refresh_token":
            return _refresh(call, form)
        case "urn:ietf:params:oauth:grant-type:device_code" | "device_code":
            return _poll_device(call, form)
        case other:
            raise error(
                "unsupported_grant_type", 70003, f"Unsupported grant {other}.", call.sandbox
            )


def _exchange(call: Call, form: dict[str, str]) -> Response:
    code = tokens.take_code(call.sandbox, "microsoft", form)
    account = call.sandbox.account("microsoft", code.account) if code else None
    if code is None or account is None:
        text = "The authorization code, redirect URI or code_verifier is invalid or has expired."
        raise error("invalid_grant", 70008, text, call.sandbox)
    grant = tokens.new_grant(call.sandbox, account, code.client_id, code.scopes)
    return _answer(call, grant, account, code.nonce)


def _refresh(call: Call, form: dict[str, str]) -> Response:
    sandbox = call.sandbox
    grant = tokens.find_grant(sandbox, "microsoft", form.get("refresh_token", ""))
    account = sandbox.account("microsoft", grant.account) if grant else None
    if grant is None or account is None or grant.client_id != form.get("client_id"):
        text = (
            "The provided grant has expired due to it being revoked, a fresh auth token is needed."
        )
        raise error("invalid_grant", 50173, text, sandbox)
    wanted = [scope for scope in read_scopes(form.get("scope", "")) if scope not in _RESERVED]
    if set(wanted) - set(grant.scopes):
        text = "The user or administrator has not consented to use the application."
        raise error("invalid_grant", 65001, text, sandbox)
    grant.refresh_tokens.append(opaque("1.A", 40))
    return _answer(call, grant, account, "")


def _answer(call: Call, grant: Grant, account: Account, nonce: str) -> Response:
    call.sandbox.changes += 1
    lifetime = int(call.sandbox.settings.token_lifetime_s)
    granted = [scope for scope in grant.scopes if scope != "offline_access"]
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(granted),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": tokens.new_access_token(call.sandbox, grant, granted),
        "client_info": tokens.client_info(account),
    }
    if "offline_access" in grant.scopes:
        answer["refresh_token"] = grant.refresh_tokens[-1]
    if "openid" in grant.scopes:
        answer["id_token"] = _id_token(call, grant, account, nonce)
    return json_response(answer, headers={"Cache-Control": "no-store, no-cache"})


def _id_token(call: Call, grant: Grant, account: Account, nonce: str) -> str:
    now = int(call.sandbox.now())
    claims: dict[str, Any] = {
        "aud": grant.client_id,
        "iss": f"{LOGIN}/{account.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "name": account.name,
        "oid": account.subject_id,
        "preferred_username": account.address,
        "sub": account.subject_id,
        "tid": account.tenant_id,
        "ver": "2.0",
    }
    if nonce:
        claims["nonce"] = nonce
    return tokens.unsigned_id_token(claims)


def start_device(call: Call) -> Response:
    form = {name: values[-1] for name, values in call.request.form().items()}
    if not form.get("client_id"):
        raise error(
            "invalid_request", 900144, "The request must contain 'client_id'.", call.sandbox
        )
    settings = call.sandbox.settings
    device = DeviceCode(
        device_code=opaque("D"),
        user_code="".join(secrets.choice(_LETTERS) for _ in range(9)),
        client_id=form["client_id"],
        scopes=read_scopes(form.get("scope", "")),
        expires_at=call.sandbox.now() + settings.device_lifetime_s,
        interval_s=settings.device_interval_s,
    )
    call.sandbox.world.devices[device.device_code] = device
    page = f"{call.request.base_url}/microsoft/devicelogin"
    interval = settings.device_interval_s
    return json_response(
        {
            "user_code": device.user_code,
            "device_code": device.device_code,
            "verification_uri": page,
            "expires_in": int(settings.device_lifetime_s),
            "interval": int(interval) if interval == int(interval) else interval,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code "
            f"{device.user_code} to authenticate.",
        }
    )


def _poll_device(call: Call, form: dict[str, str]) -> Response:
    sandbox = call.sandbox
    device = sandbox.world.devices.get(form.get("device_code", ""))
    if device is None or device.client_id != form.get("client_id"):
        raise error("bad_verification_code", 70016, "The device code is not known.", sandbox)
    now, last = sandbox.now(), device.polled_at
    device.polled_at = now
    if now >= device.expires_at or device.status == "expired":
        raise error("expired_token", 70020, "The device code has expired.", sandbox)
    if device.status == "declined":
        raise error("authorization_declined", 70018, "The person declined the request.", sandbox)
    if device.status == "pending" and sandbox.settings.auto_consent and last:
        approve_device(sandbox, device, "")
    if device.status == "pending":
        if last and now - last < device.interval_s / 2:
            raise error("slow_down", 70020, "Polled too often.", sandbox)
        text = "The application is polling a device code that is still pending."
        raise error("authorization_pending", 70016, text, sandbox)
    account = sandbox.account("microsoft", device.account)
    if account is None or device.status != "approved":
        raise error("invalid_grant", 70008, "The device code was used before.", sandbox)
    device.status = "used"
    grant = tokens.new_grant(sandbox, account, device.client_id, device.scopes)
    return _answer(call, grant, account, "")


def approve_device(sandbox: Sandbox, device: DeviceCode, address: str) -> None:
    accounts = sandbox.accounts_of("microsoft")
    order = sandbox.consents["microsoft"].pop(0) if sandbox.consents["microsoft"] else {}
    account = sandbox.account("microsoft", address or str(order.get("account") or ""))
    device.account = (account or accounts[0]).address
    device.status = "declined" if order.get("deny") else "approved"


def find_device(sandbox: Sandbox, user_code: str) -> DeviceCode | None:
    wanted = user_code.strip().upper().replace("-", "")
    devices = sandbox.world.devices.values()
    return next((device for device in devices if device.user_code == wanted), None)


def device_page(call: Call) -> Response:
    return html_response(pages.device_login(call.sandbox.accounts_of("microsoft")))


def post_device_page(call: Call) -> Response:
    form = {name: values[-1] for name, values in call.request.form().items()}
    device = find_device(call.sandbox, form.get("user_code", ""))
    accounts = call.sandbox.accounts_of("microsoft")
    if device is None or device.status != "pending" or device.expires_at <= call.sandbox.now():
        text = "That code is not known or has expired. Check it and type it again."
        return html_response(pages.device_login(accounts, text), 400)
    if form.get("decision") != "allow":
        device.status = "declined"
        return html_response(pages.notice("Declined", "You can close this window."))
    approve_device(call.sandbox, device, form.get("chosen_account", ""))
    return html_response(pages.notice("You have signed in", "You can close this window."))


def openid_configuration(call: Call) -> Response:
    tenant = call.params["tenant"]
    base = f"{LOGIN}/{tenant}"
    issuer = "{tenantid}" if tenant in {"common", "organizations"} else tenant
    return json_response(
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{LOGIN}/{issuer}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "userinfo_endpoint": f"{call.request.base_url}/graph/oidc/userinfo",
            "tenant_region_scope": None,
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        }
    )


def instance_discovery(_call: Call) -> Response:
    return json_response(
        {
            "tenant_discovery_endpoint": f"{LOGIN}/common/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": [
                        "login.microsoftonline.com",
                        "login.windows.net",
                        "login.microsoft.com",
                        "sts.windows.net",
                    ],
                }
            ],
        }
    )


def logout(call: Call) -> Response:
    target = call.request.param("post_logout_redirect_uri")
    if target and consent.loopback(target):
        return redirect(target)
    return html_response(pages.notice("You signed out", "You can close this window."))


def _route(method: str, path: str, name: str, groups: tuple[str, ...], handler: Any) -> Route:
    return Route(
        method=method,
        template="/microsoft" + path,
        operation=f"microsoft.{name}",
        groups=groups,
        provider="microsoft",
        scopes=frozenset(),
        handler=handler,
    )


_V2 = "/{tenant}/oauth2/v2.0"
ROUTES = [
    _route("GET", "/common/discovery/instance", "discovery", ("discovery",), instance_discovery),
    _route("GET", "/devicelogin", "devicelogin", (), device_page),
    _route("POST", "/devicelogin", "devicelogin", (), post_device_page),
    _route("POST", "/consent", "consent", ("authorize",), post_consent),
    _route(
        "GET",
        "/{tenant}/v2.0/.well-known/openid-configuration",
        "discovery",
        ("discovery",),
        openid_configuration,
    ),
    _route("GET", _V2 + "/authorize", "authorize", ("authorize",), authorize),
    _route("POST", _V2 + "/token", "token", ("token", "refresh", "device_token"), token),
    _route("POST", _V2 + "/devicecode", "devicecode", ("devicecode",), start_device),
    _route("GET", _V2 + "/logout", "logout", ("logout",), logout),
]
