"""The small parts of sign-in: hosts, scopes, MSAL's transport, quiet libraries."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest

from app.auth.endpoints import all_loopback, is_loopback
from app.auth.microsoft import _scopes_for
from app.auth.msal_http import MsalHttp
from app.auth.quiet import quiet_libraries
from app.auth.scopes import capabilities_of, check_can_send
from app.domain.account import Capability, ProviderKind
from app.domain.errors import ScopesMissing
from app.settings import Settings, sandbox_endpoints
from tests.support.sandbox import sandbox

_G = "https://www.googleapis.com/auth/gmail."
ALL = {Capability.SEND, Capability.DRAFTS, Capability.READ, Capability.RECONCILE}


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost/", True),
        ("http://[::1]:1/", True),
        ("https://127.0.0.1.example/", False),
        ("https://login.microsoftonline.com", False),
        ("https://10.0.0.1/", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_loopback(url, is_it):
    assert is_loopback(url) is is_it


def test_only_all_loopback_is_a_sandbox():
    endpoints = sandbox_endpoints("http://127.0.0.1:1")
    assert all_loopback(endpoints)
    assert not all_loopback(Settings().endpoints)
    assert not all_loopback(replace(endpoints, graph_url="https://graph.microsoft.com/v1.0"))


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([_G + "compose", _G + "readonly"], ALL),
        ([_G + "modify"], ALL),
        (["https://mail.google.com/"], ALL),
        ([_G + "compose"], {Capability.SEND, Capability.DRAFTS}),
        ([_G + "send"], {Capability.SEND}),
        ([_G + "compose", _G + "metadata"], ALL - {Capability.READ}),
        (["openid", "email"], set()),
    ],
)
def test_google_scopes(scopes, expected):
    assert capabilities_of(ProviderKind.GMAIL, scopes) == expected


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["Mail.Send", "Mail.ReadWrite", "User.Read"], ALL | {Capability.DEFER}),
        (["https://graph.microsoft.com/Mail.Send"], {Capability.SEND}),
        (["mail.send", "mail.readwrite"], ALL | {Capability.DEFER}),
        (["Mail.Read", "Mail.Send"], {Capability.SEND, Capability.READ}),
        (["Mail.ReadWrite"], {Capability.DRAFTS, Capability.READ}),
    ],
)
def test_microsoft_scopes(scopes, expected):
    assert capabilities_of(ProviderKind.MICROSOFT, scopes) == expected


@pytest.mark.parametrize("provider", list(ProviderKind))
def test_nothing_to_send_with_is_refused(provider):
    with pytest.raises(ScopesMissing) as caught:
        check_can_send(provider, ("openid",))
    assert caught.value.params["provider"] == provider.value


def test_national_clouds_name_their_resource():
    assert _scopes_for("https://graph.microsoft.us/v1.0") == (
        "https://graph.microsoft.us/User.Read",
        "https://graph.microsoft.us/Mail.Send",
        "https://graph.microsoft.us/Mail.ReadWrite",
    )
    assert _scopes_for("https://graph.microsoft.com/v1.0")[0] == "User.Read"
    assert _scopes_for("http://127.0.0.1:5/graph/v1.0")[0] == "User.Read"


def test_another_authority_is_left_as_it_is():
    http = MsalHttp(authority_url="https://login.microsoftonline.us/")
    assert http.authority_base == "https://login.microsoftonline.us"
    assert (
        http.to_real("https://login.microsoftonline.us/x") == "https://login.microsoftonline.us/x"
    )
    http.close()


def test_a_local_authority_is_rewritten_and_empty_values_left_out():
    with sandbox() as server:
        http = MsalHttp(authority_url=f"{server.url}/microsoft")
        assert http.authority_base == "https://login.microsoftonline.com"
        base = http.authority_base
        found = http.get(f"{base}/common/v2.0/.well-known/openid-configuration")
        assert found.status_code == 200
        refused = http.post(
            f"{base}/common/oauth2/v2.0/token", data={"grant_type": "x", "claims": None}
        )
        assert refused.status_code == 400
        with pytest.raises(ConnectionError):
            refused.raise_for_status()
        http.close()


def test_libraries_stay_quiet_at_debug(caplog):
    caplog.set_level(logging.DEBUG)
    quiet_libraries()
    with sandbox() as server:
        httpx.get(f"{server.url}/control?code=verysecret")
    logging.getLogger("requests_oauthlib.oauth2_session").debug("Obtained token verysecret")
    assert "verysecret" not in caplog.text
