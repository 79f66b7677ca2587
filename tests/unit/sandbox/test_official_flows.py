"""The official libraries' own browser flows, from their listener to their tokens, at the sandbox."""

from __future__ import annotations

import html
import re
import threading
import urllib.request
import webbrowser
from contextlib import closing
from urllib.parse import urlencode

import msal
import pytest
import requests
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import InstalledAppFlow
from googleapiclient.discovery import build

from tests.unit.sandbox.test_microsoft_oauth import LOGIN, NINA, SCOPES, Rewriting, sandbox_url

COMPOSE = "https://www.googleapis.com/auth/gmail.compose"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"


class Visitor:
    """The browser of somebody who goes where the library sends him."""

    def __init__(self, where=lambda url: url):
        self.urls = []
        self._where = where

    def open(self, url, *_args, **_more):
        self.urls.append(url)
        threading.Thread(target=self._visit, args=(self._where(url),), daemon=True).start()
        return True

    def _visit(self, url):
        with urllib.request.urlopen(url, timeout=20) as page:
            text = page.read().decode()
        # A page that posts its answer by script (response_mode=form_post).
        action = re.search(r"action='(http://[^']+)'", text)
        if action:
            fields = {
                html.unescape(name): html.unescape(value)
                for name, value in re.findall(r"name='([^']*)' value='([^']*)'", text)
            }
            with urllib.request.urlopen(action[1], urlencode(fields).encode(), timeout=20) as end:
                end.read()


@pytest.fixture
def visit(monkeypatch):
    """Stand in for the person's browser in both libraries."""

    def visit(where=lambda url: url):
        visitor = Visitor(where)
        monkeypatch.setattr(webbrowser, "get", lambda *_: visitor)
        monkeypatch.setattr(webbrowser, "open", visitor.open)
        return visitor

    return visit


def test_googles_installed_app_flow_listens_signs_in_and_reads(server, visit, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    config = {
        "installed": {
            "client_id": "desk",
            "client_secret": "not-secret",
            "auth_uri": f"{server.url}/google/o/oauth2/v2/auth",
            "token_uri": f"{server.url}/google/token",
            "redirect_uris": ["http://localhost"],
        }
    }
    visitor = visit()
    flow = InstalledAppFlow.from_client_config(config, ["openid", COMPOSE, READONLY])
    credentials = flow.run_local_server(
        host="127.0.0.1",
        port=0,
        timeout_seconds=30,
        authorization_prompt_message=None,
        login_hint="sam@gmail-team.example",
    )
    assert re.search(r"code_challenge_method=S256", visitor.urls[0])
    assert credentials.refresh_token
    first = credentials.token
    with requests.Session() as session:
        credentials.refresh(Request(session))
    flow.oauth2session.close()
    assert credentials.token != first
    service = build(
        "gmail",
        "v1",
        credentials=credentials,
        static_discovery=True,
        client_options={"api_endpoint": server.url},
    )
    with closing(service):
        profile = service.users().getProfile(userId="me").execute()
        threads = service.users().threads().list(userId="me", maxResults=3).execute()
    assert profile["emailAddress"] == "sam@gmail-team.example"
    assert threads["threads"]


def test_msals_interactive_flow_listens_signs_in_and_reads(server, browser, visit):
    visitor = visit(lambda url: sandbox_url(server, url))
    app = msal.PublicClientApplication(
        "desk", authority=LOGIN + "common", http_client=Rewriting(server.url, browser)
    )
    result = app.acquire_token_interactive(
        SCOPES, login_hint=NINA, prompt="select_account", timeout=30
    )
    assert "error" not in result, result
    assert result["id_token_claims"]["preferred_username"] == NINA
    assert "prompt=select_account" in visitor.urls[0]
    assert "code_challenge_method=S256" in visitor.urls[0]
    headers = {"Authorization": f"Bearer {result['access_token']}"}
    assert browser.get("/graph/v1.0/me", headers=headers).json()["mail"] == NINA
    [account] = app.get_accounts()
    fresh = app.acquire_token_silent(SCOPES, account=account, force_refresh=True)
    assert fresh["access_token"] != result["access_token"]
