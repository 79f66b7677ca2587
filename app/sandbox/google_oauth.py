"""Google's OAuth 2.0 endpoints for installed applications: authorize, token, revoke, userinfo."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

from app.sandbox import consent, tokens
from app.sandbox.records import Account, Grant
from app.sandbox.wire import Refusal, Response, Route, html_response, json_response
from app.sandbox.world import Call

_LONG = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
_MANDATORY = frozenset({"openid", *_LONG.values()})


def read_scopes(text: str) -> list[str]:
    """Google answers with the long names of `email` and `profile`."""
    return list(dict.fromkeys(_LONG.get(scope, scope) for scope in text.split()))


def _mandatory(scope: str) -> bool:
    return scope in _MANDATORY


def authorize(call: Call) -> Response:
    return consent.begin(call, "gmail", read_scopes, _mandatory)


def post_consent(call: Call) -> Response:
    return consent.finish(call, "gmail", read_scopes, _mandatory)


def error(code: str, description: str, status: int = 400) -> Refusal:
    return Refusal(json_response({"error": code, "error_description": description}, status))


def token(call: Call) -> Response:
    form = {name: values[-1] for name, values in call.request.form().items()}
    form.setdefault("client_id", _basic_client(call.request.header("authorization")))
    if not form.get("client_id"):
        raise error("invalid_request", "Could not determine client ID from request.")
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(call, form)
        case "refresh_token":
            return _refresh(call, form)
        case other:
            raise error("unsupported_grant_type", f"Invalid grant_type: {other or ''}")


def _basic_client(header: str) -> str:
    """A client may name itself by HTTP Basic instead (RFC 6749 section 2.3.1); it has no secret here."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return unquote(base64.b64decode(value).decode().partition(":")[0])
    except ValueError:
        return ""


def _exchange(call: Call, form: dict[str, str]) -> Response:
    code = tokens.take_code(call.sandbox, "gmail", form)
    account = call.sandbox.account("gmail", code.account) if code else None
    if code is None or account is None:
        raise error("invalid_grant", "Malformed auth code, redirect_uri or code_verifier.")
    grant = tokens.new_grant(call.sandbox, account, code.client_id, code.scopes)
    call.sandbox.changes += 1
    answer = _token_answer(call, grant, code.scopes)
    answer["refresh_token"] = grant.refresh_tokens[-1]
    if call.sandbox.settings.refresh_lifetime_s is not None:
        answer["refresh_token_expires_in"] = int(call.sandbox.settings.refresh_lifetime_s)
    if "openid" in code.scopes:
        answer["id_token"] = _id_token(call, account, grant, code.nonce)
    return json_response(answer, headers={"Cache-Control": "no-cache, no-store"})


def _refresh(call: Call, form: dict[str, str]) -> Response:
    grant = tokens.find_grant(call.sandbox, "gmail", form.get("refresh_token", ""))
    if grant is None or grant.client_id != form["client_id"]:
        raise error("invalid_grant", "Token has been expired or revoked.")
    wanted = read_scopes(form.get("scope", "")) or grant.scopes
    if set(wanted) - set(grant.scopes):
        raise error("invalid_scope", "Some requested scopes were not granted before.")
    call.sandbox.changes += 1
    return json_response(_token_answer(call, grant, wanted))


def _token_answer(call: Call, grant: Grant, scopes: list[str]) -> dict[str, Any]:
    return {
        "access_token": tokens.new_access_token(call.sandbox, grant, scopes),
        "expires_in": int(call.sandbox.settings.token_lifetime_s),
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def _id_token(call: Call, account: Account, grant: Grant, nonce: str) -> str:
    now = int(call.sandbox.now())
    claims: dict[str, Any] = {
        "iss": "https://accounts.google.com",
        "azp": grant.client_id,
        "aud": grant.client_id,
        "sub": account.subject_id,
        "email": account.address,
        "email_verified": True,
        "name": account.name,
        "iat": now,
        "exp": now + 3600,
    }
    if nonce:
        claims["nonce"] = nonce
    return tokens.unsigned_id_token(claims)


def revoke(call: Call) -> Response:
    values = {**call.request.query, **call.request.form()}
    if not tokens.revoke_token(call.sandbox, values.get("token", [""])[-1]):
        raise error("invalid_token", "Token expired or revoked")
    call.sandbox.changes += 1
    return json_response({})


def userinfo(call: Call) -> Response:
    account = call.sandbox.account("gmail", call.account)
    if account is None:
        raise error("invalid_request", "Invalid Credentials", 401)
    given, _, family = account.name.partition(" ")
    return json_response(
        {
            "sub": account.subject_id,
            "name": account.name,
            "given_name": given,
            "family_name": family,
            "email": account.address,
            "email_verified": True,
        }
    )


def device_code(call: Call) -> Response:
    """Google's device flow cannot request Gmail scopes (identity/protocols/oauth2/limited-input-device)."""
    raise error(
        "invalid_scope", "Invalid device flow scope: " + call.request.form().get("scope", [""])[-1]
    )


def not_found(_call: Call) -> Response:
    return html_response("Not Found", 404)


def _route(method: str, path: str, name: str, groups: tuple[str, ...], handler: Any) -> Route:
    return Route(
        method=method,
        template="/google" + path,
        operation=f"google.{name}",
        groups=groups,
        provider="gmail",
        scopes=frozenset({"openid", *_LONG.values()}) if name == "userinfo" else frozenset(),
        handler=handler,
    )


ROUTES = [
    _route("GET", "/o/oauth2/v2/auth", "authorize", ("authorize",), authorize),
    _route("POST", "/consent", "consent", ("authorize",), post_consent),
    _route("POST", "/token", "token", ("token", "refresh"), token),
    _route("POST", "/revoke", "revoke", ("revoke",), revoke),
    _route("GET", "/userinfo", "userinfo", ("profile",), userinfo),
    _route("POST", "/device/code", "devicecode", ("devicecode",), device_code),
]
