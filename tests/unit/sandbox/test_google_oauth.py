from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow

from app.sandbox.server import SandboxServer

CALLBACK = "http://127.0.0.1:49152/callback"
COMPOSE = "https://www.googleapis.com/auth/gmail.compose"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
SCOPES = ["openid", "https://www.googleapis.com/auth/userinfo.email", COMPOSE, READONLY]


@pytest.fixture(autouse=True)
def _loopback_oauth(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")


def make_flow(server: SandboxServer) -> Flow:
    config = {
        "installed": {
            "client_id": "desk",
            "client_secret": "not-secret",
            "auth_uri": f"{server.url}/google/o/oauth2/v2/auth",
            "token_uri": f"{server.url}/google/token",
        }
    }
    return Flow.from_client_config(
        config, SCOPES, redirect_uri=CALLBACK, autogenerate_code_verifier=True
    )


def answer_of(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    return {k: v[-1] for k, v in parse_qs(urlsplit(response.headers["location"]).query).items()}


def fill_consent(page: str, *, untick: str = "") -> dict[str, list[str] | str]:
    form: dict[str, list[str] | str] = dict(
        re.findall(r"<input type=hidden name='([^']*)' value='([^']*)'>", page)
    )
    form = {name: str(value).replace("&amp;", "&") for name, value in form.items()}
    boxes = re.findall(r"name=ticked value='([^']*)'", page)
    form["ticked"] = [box for box in boxes if box != untick]
    return form


def test_the_official_library_signs_in_refreshes_and_is_revoked(server, browser):
    flow = make_flow(server)
    url, state = flow.authorization_url(access_type="offline", login_hint="sam@gmail-team.example")
    answer = answer_of(browser.get(url))
    assert answer["state"] == state
    flow.fetch_token(code=answer["code"], include_client_id=True)
    credentials = flow.credentials
    assert set(credentials.granted_scopes) == set(SCOPES)
    first = credentials.token
    credentials.refresh(Request())
    assert credentials.token != first
    headers = {"Authorization": f"Bearer {credentials.token}"}
    who = browser.get("/google/userinfo", headers=headers).json()
    assert who["email"] == "sam@gmail-team.example"
    assert browser.post("/google/revoke", data={"token": credentials.refresh_token}).is_success
    with pytest.raises(RefreshError, match="invalid_grant"):
        credentials.refresh(Request())
    assert browser.get("/google/userinfo", headers=headers).status_code == 401


def test_a_scope_can_be_unticked_on_the_consent_page(server, browser):
    server.control.settings(auto_consent=False)
    flow = make_flow(server)
    url, _ = flow.authorization_url()
    page = browser.get(url)
    assert "Ada Reyes" in page.text
    form = fill_consent(page.text, untick=READONLY)
    form |= {"chosen_account": "ada@acme.example", "decision": "allow"}
    answer = answer_of(browser.post("/google/consent", data=form))
    flow.fetch_token(code=answer["code"], include_client_id=True)
    assert READONLY not in flow.credentials.granted_scopes
    assert COMPOSE in flow.credentials.granted_scopes


def granted(server, browser, scopes, *, account="sam@gmail-team.example", client="desk", **asked):
    """Sign in as the official library does and give the granted scopes."""
    flow = make_flow(server)
    flow.client_config["client_id"] = client
    flow.oauth2session._client.client_id = client
    flow.oauth2session.scope = scopes
    server.control.consent("gmail", account=account)
    url, _ = flow.authorization_url(access_type="offline", **asked)
    token = flow.fetch_token(code=answer_of(browser.get(url))["code"], include_client_id=True)
    return set(token["scope"])


def test_a_new_grant_contains_the_earlier_ones_if_that_is_asked_for(server, browser):
    """Google: include_granted_scopes, for the same client and the same person only."""
    email = SCOPES[1]
    assert granted(server, browser, ["openid", email, COMPOSE]) == {"openid", email, COMPOSE}
    alone = granted(server, browser, ["openid", READONLY])
    assert alone == {"openid", READONLY}
    merged = granted(server, browser, ["openid", READONLY], include_granted_scopes="true")
    assert merged == {"openid", email, READONLY, COMPOSE}
    for other in ({"account": "ada@acme.example"}, {"client": "another"}):
        found = granted(
            server, browser, ["openid", READONLY], include_granted_scopes="true", **other
        )
        assert found == {"openid", READONLY}
    server.control.revoke("sam@gmail-team.example")
    again = granted(server, browser, ["openid", READONLY], include_granted_scopes="true")
    assert again == {"openid", READONLY}, "what was revoked is gone"


def test_denial_is_sent_back_with_the_state(server, browser):
    server.control.consent("gmail", deny=True)
    url, state = make_flow(server).authorization_url()
    assert answer_of(browser.get(url)) == {"error": "access_denied", "state": state}


def test_next_consent_can_be_decided_beforehand(server, browser):
    server.control.consent("google", account="sam@gmail-team.example", unticked=["gmail.readonly"])
    flow = make_flow(server)
    answer = answer_of(browser.get(flow.authorization_url()[0]))
    assert READONLY not in answer["scope"].split()


def test_a_code_works_once(server, browser):
    flow = make_flow(server)
    answer = answer_of(browser.get(flow.authorization_url()[0]))
    form = {
        "grant_type": "authorization_code",
        "client_id": "desk",
        "code": answer["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": flow.code_verifier,
    }
    assert browser.post("/google/token", data=form).status_code == 200
    again = browser.post("/google/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "another" * 8},
        {"redirect_uri": "http://127.0.0.1:1/x"},
        {"client_id": "it"},
    ],
)
def test_a_code_is_bound_to_verifier_redirect_and_client(server, browser, wrong):
    flow = make_flow(server)
    answer = answer_of(browser.get(flow.authorization_url()[0]))
    form = {
        "grant_type": "authorization_code",
        "client_id": "desk",
        "code": answer["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": flow.code_verifier,
        **wrong,
    }
    assert browser.post("/google/token", data=form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("uri", ["https://evil.example/cb", "http://10.0.0.1:80/", "myapp://cb"])
def test_only_loopback_may_receive_the_code(server, browser, uri):
    query = {"client_id": "d", "redirect_uri": uri, "response_type": "code", "scope": "openid"}
    response = browser.get("/google/o/oauth2/v2/auth", params=query)
    assert response.status_code == 400
    assert "location" not in response.headers


def test_refresh_tokens_of_a_project_in_testing_expire(server, browser):
    server.control.settings(refresh_lifetime_s=0.0)
    token = server.control.token("gmail", "ada@acme.example")
    form = {
        "grant_type": "refresh_token",
        "client_id": token["client_id"],
        "refresh_token": token["refresh_token"],
    }
    assert browser.post("/google/token", data=form).json()["error"] == "invalid_grant"


def test_device_flow_refuses_gmail_scopes(server, browser):
    form = {"client_id": "d", "scope": COMPOSE}
    assert browser.post("/google/device/code", data=form).json()["error"] == "invalid_scope"


def test_access_tokens_expire(server, browser):
    server.control.settings(token_lifetime_s=0.0)
    token = server.control.token("gmail", "ada@acme.example")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    response = browser.get("/gmail/v1/users/me/profile", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["errors"][0]["reason"] == "authError"
