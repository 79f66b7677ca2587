from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msal
import pytest

from app.sandbox.server import SandboxServer

LOGIN = "https://login.microsoftonline.com/"
pytestmark = pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended")
CALLBACK = "http://localhost:49153/callback"
SCOPES = ["User.Read", "Mail.Send", "Mail.ReadWrite"]
NINA = "nina@fabrikam.example"


class Answer:
    def __init__(self, response: httpx.Response) -> None:
        self.status_code, self.text = response.status_code, response.text
        self.headers = dict(response.headers)

    def raise_for_status(self) -> None:
        assert self.status_code < 400, self.text


class Rewriting:
    """What MSAL asks of https://login.microsoftonline.com goes to the sandbox."""

    def __init__(self, base: str, client: httpx.Client) -> None:
        self._base, self._client = base, client

    def _url(self, url: str) -> str:
        assert url.startswith(LOGIN), url
        return f"{self._base}/microsoft/{url.removeprefix(LOGIN)}"

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Answer:
        return Answer(self._client.get(self._url(url), params=params, headers=headers))

    def post(self, url: str, data: Any = None, headers: Any = None, **_: Any) -> Answer:
        data = {k: v for k, v in (data or {}).items() if v is not None}
        return Answer(self._client.post(self._url(url), data=data, headers=headers))

    def close(self) -> None:
        return None


@pytest.fixture
def app(server: SandboxServer, browser: httpx.Client) -> msal.PublicClientApplication:
    return msal.PublicClientApplication(
        "desk", authority=LOGIN + "common", http_client=Rewriting(server.url, browser)
    )


def sandbox_url(server: SandboxServer, url: str) -> str:
    return f"{server.url}/microsoft/{url.removeprefix(LOGIN)}"


def test_msal_signs_in_with_a_code_and_refreshes_silently(server, browser, app):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK, login_hint=NINA)
    response = browser.get(sandbox_url(server, flow["auth_uri"]))
    answer = {k: v[-1] for k, v in parse_qs(urlsplit(response.headers["location"]).query).items()}
    result = app.acquire_token_by_auth_code_flow(flow, answer)
    assert result["id_token_claims"]["preferred_username"] == NINA
    assert {"oid", "tid"} <= set(result["id_token_claims"])
    [account] = app.get_accounts()
    assert account["username"] == NINA
    cached = app.acquire_token_silent(SCOPES, account=account)
    assert cached["access_token"] == result["access_token"]
    fresh = app.acquire_token_silent(SCOPES, account=account, force_refresh=True)
    assert fresh["access_token"] != result["access_token"]
    headers = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert browser.get("/graph/v1.0/me", headers=headers).json()["userPrincipalName"] == NINA


def test_form_post_brings_the_same_answer(server, browser, app):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK, response_mode="form_post")
    page = browser.get(sandbox_url(server, flow["auth_uri"]))
    assert f"action='{CALLBACK}'" in page.text
    answer = dict(re.findall(r"name='([^']*)' value='([^']*)'", page.text))
    assert "access_token" in app.acquire_token_by_auth_code_flow(flow, answer)


def test_device_code_is_pending_then_approved_by_a_person(server, browser, app):
    server.control.settings(auto_consent=False)
    flow = app.initiate_device_flow(SCOPES)
    assert flow["verification_uri"] == f"{server.url}/microsoft/devicelogin"
    form = {"grant_type": "device_code", "client_id": "desk", "device_code": flow["device_code"]}
    pending = browser.post("/microsoft/common/oauth2/v2.0/token", data=form)
    assert pending.json()["error"] == "authorization_pending"
    assert "code" in browser.get(flow["verification_uri"]).text
    form = {"user_code": flow["user_code"], "chosen_account": NINA, "decision": "allow"}
    assert "signed in" in browser.post("/microsoft/devicelogin", data=form).text
    result = app.acquire_token_by_device_flow(flow)
    assert result["id_token_claims"]["preferred_username"] == NINA


def test_device_code_is_approved_by_itself_with_auto_consent(server, app):
    result = app.acquire_token_by_device_flow(app.initiate_device_flow(SCOPES))
    assert "access_token" in result


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        ("decline", "authorization_declined"),
        ("expire", "expired_token"),
    ],
)
def test_device_code_can_end_without_sign_in(server, app, decision, error):
    server.control.settings(auto_consent=False)
    flow = app.initiate_device_flow(SCOPES)
    server.control.device(flow["user_code"], decision)
    assert app.acquire_token_by_device_flow(flow)["error"] == error


def test_polling_too_fast_is_told_to_slow_down(server, browser):
    server.control.settings(auto_consent=False, device_interval_s=60)
    base = f"{server.url}/microsoft/common/oauth2/v2.0"
    flow = browser.post(f"{base}/devicecode", data={"client_id": "d", "scope": "openid"}).json()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "d",
        "device_code": flow["device_code"],
    }
    errors = [browser.post(f"{base}/token", data=form).json()["error"] for _ in range(2)]
    assert errors == ["authorization_pending", "slow_down"]


def test_refresh_tokens_rotate_and_may_be_strict(server, browser):
    token = server.control.token("microsoft", NINA)
    form = {
        "grant_type": "refresh_token",
        "client_id": token["client_id"],
        "refresh_token": token["refresh_token"],
        "scope": "Mail.Send offline_access",
    }
    url = "/microsoft/common/oauth2/v2.0/token"
    rotated = browser.post(url, data=form).json()["refresh_token"]
    assert rotated != token["refresh_token"]
    assert browser.post(url, data=form).status_code == 200
    server.control.settings(strict_rotation=True)
    assert browser.post(url, data=form).json()["error"] == "invalid_grant"


def test_revoked_account_must_sign_in_again(server, browser):
    token = server.control.token("microsoft", NINA)
    assert server.control.revoke(NINA) == 1
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    refused = browser.get("/graph/v1.0/me", headers=headers)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "InvalidAuthenticationToken"
    form = {
        "grant_type": "refresh_token",
        "client_id": token["client_id"],
        "refresh_token": token["refresh_token"],
    }
    answer = browser.post("/microsoft/common/oauth2/v2.0/token", data=form).json()
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [50173])


def test_denial_comes_back_as_an_error(server, browser, app):
    server.control.consent("microsoft", error="access_denied", error_description="AADSTS65004")
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=CALLBACK)
    response = browser.get(sandbox_url(server, flow["auth_uri"]))
    answer = {k: v[-1] for k, v in parse_qs(urlsplit(response.headers["location"]).query).items()}
    assert app.acquire_token_by_auth_code_flow(flow, answer)["error"] == "access_denied"
