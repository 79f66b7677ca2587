"""Where sign-in and mail go is a setting: tenants, prompts and national clouds."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.auth.microsoft import MicrosoftSignIn
from app.domain.account import ProviderKind
from app.paths import Paths
from app.ports import SignInFlow
from app.runtime.cancel import CancelToken
from app.runtime.clock import SystemClock
from app.settings import Settings
from tests.support.sandbox import sandbox
from tests.support.signed_in import Browser, Desk

# Authority and Graph of each cloud (learn.microsoft.com/graph/deployments).
CLOUDS = {
    "us": ("https://login.microsoftonline.us", "https://graph.microsoft.us/v1.0"),
    "us-dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us/v1.0"),
    "china": (
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn/v1.0",
    ),
}


@pytest.fixture(scope="module")
def server():
    with sandbox() as running:
        yield running


def signed_in(desk):
    browser = Browser()
    found = desk.sign_in.sign_in(
        provider=ProviderKind.MICROSOFT,
        flow=SignInFlow.LOOPBACK,
        account_uid="a",
        show=browser.show,
        cancel=CancelToken(),
    )
    browser.join()
    return found, httpx.URL(browser.prompts[0].url)


@pytest.mark.parametrize("tenant", ["organizations", "9188040d-6c67-4c5b-b112-36a304b66dad"])
def test_the_tenant_is_where_the_person_is_sent(server, tenant):
    endpoints = replace(Desk.at(server).endpoints, microsoft_tenant=tenant)
    found, url = signed_in(Desk.at(server, endpoints=endpoints))
    assert f"/{tenant}/oauth2/v2.0/authorize" in url.path
    assert found.address
    asked = [row["path"] for row in server.control.requests() if row["path"].endswith("/token")]
    assert f"/{tenant}/" in asked[-1]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_national_cloud_is_two_settings(tmp_path, cloud):
    authority, graph = CLOUDS[cloud]
    flags = {"microsoft.authority_url": authority, "microsoft.graph_url": graph}
    endpoints = Settings.load(Paths(tmp_path).settings, flags).endpoints
    assert (endpoints.microsoft_authority_url, endpoints.graph_url) == (authority, graph)
    wanted = MicrosoftSignIn(endpoints=endpoints, clock=SystemClock())._scopes
    host = urlsplit(graph).netloc
    assert set(wanted) == {
        f"https://{host}/{name}" for name in ("User.Read", "Mail.Send", "Mail.ReadWrite")
    }


def test_the_default_cloud_names_scopes_as_everybody_does(server):
    _, url = signed_in(Desk.at(server))
    scopes = set(parse_qs(url.query.decode())["scope"][0].split())
    assert {"User.Read", "Mail.Send", "Mail.ReadWrite", "offline_access", "openid"} <= scopes
