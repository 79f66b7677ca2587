"""The authorize endpoints of both providers: checks, the consent page and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.sandbox import pages
from app.sandbox.records import Account
from app.sandbox.tokens import client_info, issue_code
from app.sandbox.wire import Response, html_response, redirect
from app.sandbox.world import Call

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FORM_FIELDS = frozenset({"decision", "chosen_account", "ticked"})
_NAMES = {"gmail": "Google", "microsoft": "Microsoft"}

ScopeReader = Callable[[str], list[str]]
Mandatory = Callable[[str], bool]


def loopback(uri: str) -> bool:
    """Any port of this machine may receive the code (RFC 8252 section 7.3)."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def bad_request(asked: dict[str, str]) -> Response | None:
    """Refuse what must not be redirected, on a page; None if the request can be answered."""
    if not asked.get("client_id"):
        text = "The request names no client_id."
    elif not loopback(asked.get("redirect_uri", "")):
        text = "The redirect_uri is not registered: the sandbox takes loopback addresses only."
    else:
        return None
    return html_response(pages.notice("This sign-in request is not valid", text), 400)


def begin(call: Call, provider: str, scopes: ScopeReader, mandatory: Mandatory) -> Response:
    """Answer the authorize request: with a decision made beforehand, or with the consent page."""
    asked = {name: values[-1] for name, values in call.request.query.items()}
    refused = bad_request(asked) or _protocol_error(asked)
    if refused:
        return refused
    sandbox = call.sandbox
    wanted = scopes(asked.get("scope", ""))
    hint = asked.get("login_hint", "").casefold()
    if sandbox.consents[provider] or sandbox.settings.auto_consent:
        order = sandbox.consents[provider].pop(0) if sandbox.consents[provider] else {}
        return _ordered(call, provider, asked, wanted, {"account": hint, **order})
    rows = [(scope, not mandatory(scope)) for scope in wanted]
    page = pages.consent(
        who=_NAMES[provider],
        action="/google/consent" if provider == "gmail" else "/microsoft/consent",
        hidden=asked,
        accounts=sandbox.accounts_of(provider),
        hint=hint,
        scopes=rows,
    )
    return html_response(page)


def finish(call: Call, provider: str, scopes: ScopeReader, mandatory: Mandatory) -> Response:
    """Take the posted consent page."""
    form = call.request.form()
    asked = {name: values[-1] for name, values in form.items() if name not in _FORM_FIELDS}
    refused = bad_request(asked)
    if refused:
        return refused
    if form.get("decision", [""])[-1] != "allow":
        return denied(asked, "access_denied", "")
    account = call.sandbox.account(provider, form.get("chosen_account", [""])[-1])
    if account is None:
        return html_response(pages.notice("No such account", "Go back and choose one."), 400)
    ticked = set(form.get("ticked", []))
    wanted = scopes(asked.get("scope", ""))
    granted = [scope for scope in wanted if mandatory(scope) or scope in ticked]
    return allowed(call, account, asked, granted)


def _protocol_error(asked: dict[str, str]) -> Response | None:
    if asked.get("response_type", "").split()[:1] != ["code"]:
        return denied(asked, "unsupported_response_type", "response_type must be code")
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return denied(asked, "invalid_request", "code_challenge_method must be S256")
    if not asked.get("scope"):
        return denied(asked, "invalid_request", "Missing required parameter: scope")
    return None


def _ordered(
    call: Call, provider: str, asked: dict[str, str], wanted: list[str], order: dict[str, Any]
) -> Response:
    if order.get("deny") or order.get("error"):
        error = str(order.get("error") or "access_denied")
        return denied(asked, error, str(order.get("error_description") or ""))
    sandbox = call.sandbox
    account = sandbox.account(provider, str(order.get("account") or ""))
    account = account or sandbox.accounts_of(provider)[0]
    unticked = [str(scope) for scope in order.get("unticked", [])]
    granted = [s for s in wanted if not any(s == u or s.endswith("/" + u) for u in unticked)]
    return allowed(call, account, asked, granted)


def allowed(call: Call, account: Account, asked: dict[str, str], granted: list[str]) -> Response:
    granted = [*granted, *_granted_before(call, account, asked, granted)]
    answer = {"code": issue_code(call.sandbox, account, asked, granted)}
    if account.provider == "gmail":
        answer |= {"scope": " ".join(granted), "authuser": "0", "prompt": "consent"}
    else:
        answer |= {"session_state": account.subject_id}
        if asked.get("client_info") == "1":
            answer["client_info"] = client_info(account)
    call.sandbox.changes += 1
    return answer_to(asked, answer)


def _granted_before(
    call: Call, account: Account, asked: dict[str, str], granted: list[str]
) -> list[str]:
    """Google's incremental authorization: the new grant holds what the client was given before.

    Only where the request asks for it; Entra grants the scopes of the request.
    """
    if account.provider != "gmail" or asked.get("include_granted_scopes") != "true":
        return []
    earlier = [
        scope
        for grant in call.sandbox.world.grants.values()
        if grant.account == account.address
        and grant.provider == account.provider
        and grant.client_id == asked.get("client_id")
        and not grant.revoked
        for scope in grant.scopes
    ]
    return [scope for scope in dict.fromkeys(earlier) if scope not in granted]


def denied(asked: dict[str, str], error: str, description: str) -> Response:
    answer = {"error": error}
    if description:
        answer["error_description"] = description
    return answer_to(asked, answer)


def answer_to(asked: dict[str, str], answer: dict[str, str]) -> Response:
    if "state" in asked:
        answer = {"state": asked["state"], **answer}
    uri = asked["redirect_uri"]
    if asked.get("response_mode") == "form_post":
        return html_response(pages.form_post(uri, answer))
    return redirect(uri + ("&" if "?" in uri else "?") + urlencode(answer))
