"""Both providers' sign-ins against the sandbox, over real sockets."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from app.auth.vault import SealedVault
from app.auth.vault_keys import FileKey
from app.domain.account import Capability, ProviderKind
from app.domain.errors import (
    AppError,
    Cancelled,
    ScopesMissing,
    SignInDenied,
    SignInExpired,
    SignInFailed,
    Unavailable,
    VaultUnavailable,
)
from app.ports import SignInFlow
from app.runtime.cancel import CancelToken
from app.runtime.threads import mark_gui_thread, unmark_gui_thread
from tests.support.sandbox import sandbox
from tests.support.signed_in import Browser, Desk
from tests.support.waiting import DEADLINE_S, wait_until

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
BOTH = pytest.mark.parametrize("provider", [GMAIL, MICROSOFT])


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running):
    running.control.reset()
    running.control.settings(auto_consent=True, down=False, device_interval_s=0.05)
    return running


@pytest.fixture
def desk(server):
    return Desk.at(server)


def addresses(server, provider):
    return [a.address for a in server.sandbox.accounts_of(provider.value)]


def sign_in(desk, provider, flow=SignInFlow.LOOPBACK, **more):
    browser = Browser()
    more.setdefault("show", browser.show)
    more.setdefault("cancel", CancelToken())
    more.setdefault("account_uid", "a1")
    try:
        return desk.sign_in.sign_in(provider=provider, flow=flow, **more)
    finally:
        browser.join()


class Running:
    """A sign-in on a thread of its own, and how it ended."""

    def __init__(self, desk, provider, flow=SignInFlow.LOOPBACK, **more):
        self.cancel = CancelToken()
        self.prompts = []
        self.result = self.error = None
        self._do = lambda: desk.sign_in.sign_in(
            provider=provider,
            flow=flow,
            show=self.prompts.append,
            cancel=self.cancel,
            **{"account_uid": "a1", **more},
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            self.result = self._do()
        except (AppError, Cancelled) as error:
            self.error = error

    def prompt(self):
        return wait_until(lambda: self.prompts, what=lambda: f"a prompt ({self.error!r})")[0]

    def end(self):
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()
        return self.result if self.error is None else self.error


@BOTH
def test_signs_in_by_the_browser(desk, server, provider):
    wanted = addresses(server, provider)[1]
    server.control.consent(provider.value, account=wanted)
    browser = Browser()
    found = sign_in(desk, provider, show=browser.show)
    browser.join()
    assert found.address == wanted
    assert found.display_name
    assert {Capability.SEND, Capability.DRAFTS, Capability.READ} <= found.capabilities
    assert Capability.RECONCILE in found.capabilities
    assert "has answered" in browser.pages[0].text


@BOTH
def test_tokens_work_afterwards_and_are_in_the_vault(desk, server, provider):
    account = desk.connect(provider, addresses(server, provider)[0])
    token = desk.sign_in.tokens(account).token()
    assert server.sandbox.valid_token(provider.value, token)
    assert desk.sign_in.tokens(account).token() == token
    again = Desk.at(server, vault=desk.vault)
    assert server.sandbox.valid_token(provider.value, again.sign_in.tokens(account).token())


@BOTH
def test_denial_is_said(desk, server, provider):
    server.control.consent(provider.value, deny=True)
    browser = Browser()
    with pytest.raises(SignInDenied):
        sign_in(desk, provider, show=browser.show)
    browser.join()
    assert "Nothing was connected" in browser.pages[0].text


@BOTH
def test_another_error_of_the_page_is_said(desk, server, provider):
    server.control.consent(provider.value, error="server_error")
    with pytest.raises((SignInFailed, Unavailable)):
        sign_in(desk, provider)


@BOTH
def test_cancel_ends_it_while_the_browser_is_open(desk, server, provider):
    server.control.settings(auto_consent=False)
    running = Running(desk, provider)
    running.prompt()
    running.cancel.cancel()
    assert isinstance(running.end(), Cancelled)
    assert not desk.vault._secrets


@BOTH
def test_a_closed_browser_expires(server, provider):
    server.control.settings(auto_consent=False)
    desk = Desk.at(server, page_timeout_s=0.05)
    assert isinstance(Running(desk, provider).end(), SignInExpired)


@BOTH
def test_favicons_and_strangers_first(desk, server, provider):
    server.control.settings(auto_consent=False)
    running = Running(desk, provider)
    url = running.prompt().url
    redirect = httpx.URL(url).params["redirect_uri"].rstrip("/")
    assert httpx.get(f"{redirect}/favicon.ico").status_code == 404
    assert httpx.get(f"{redirect}/?state=guess&code=stolen").status_code == 404
    server.control.settings(auto_consent=True)
    httpx.get(url, follow_redirects=True)
    assert running.end().address


@BOTH
def test_two_browsers_on_one_page_are_one_sign_in(desk, server, provider):
    server.control.settings(auto_consent=False)
    running = Running(desk, provider)
    url = running.prompt().url
    server.control.settings(auto_consent=True)
    # Both hold a redirect of their own before either follows it.
    first, second = (httpx.get(url).headers["location"] for _ in range(2))
    assert first != second
    assert httpx.get(first).status_code == 200
    with suppress(httpx.HTTPError):
        # The second comes too late: it is answered, or finds nobody there, and is never waited for.
        httpx.get(second, timeout=5)
    assert running.end().address
    assert len([one for one in desk.vault._secrets if "/" in one]) == 1


@BOTH
def test_a_browser_that_sends_byte_by_byte_gets_through(desk, server, provider):
    server.control.settings(auto_consent=False)
    running = Running(desk, provider)
    url = running.prompt().url
    server.control.settings(auto_consent=True)
    location = httpx.URL(httpx.get(url).headers["location"])
    target = location.raw_path.decode()
    with socket.create_connection(("127.0.0.1", location.port)) as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET {target} HTTP/1.1\r\nHost: {location.netloc.decode()}\r\n\r\n".encode():
            slow.sendall(bytes([byte]))
        assert b"200" in slow.recv(100)
    assert running.end().address


@BOTH
def test_a_slow_network_takes_longer_and_nothing_else(desk, server, provider):
    server.control.settings(latency_ms=300)
    try:
        assert sign_in(desk, provider).address
    finally:
        server.control.settings(latency_ms=0)


@BOTH
def test_giving_up_while_the_exchange_hangs_keeps_nothing(desk, server, provider):
    server.control.fault("token", "stall")
    running = Running(desk, provider)
    httpx.get(running.prompt().url, follow_redirects=True)
    wait_until(lambda: server.control.stalled)
    running.cancel.cancel()
    server.control.release()
    assert isinstance(running.end(), Cancelled)
    assert not desk.vault._secrets


@BOTH
def test_two_sign_ins_at_once_do_not_mix(desk, server, provider):
    server.control.settings(auto_consent=False)
    first, second = Running(desk, provider), Running(desk, provider, account_uid="a2")
    urls = [first.prompt().url, second.prompt().url]
    people = addresses(server, provider)
    for url, person in zip(reversed(urls), reversed(people), strict=False):
        server.control.consent(provider.value, account=person)
        httpx.get(url, follow_redirects=True)
    assert {first.end().address, second.end().address} == set(people[-2:])
    assert len(desk.vault._secrets) == 2


@BOTH
def test_no_connection_is_said(server, provider):
    endpoints = replace(
        Desk.at(server).endpoints,
        google_token_url="http://127.0.0.1:9/token",
        microsoft_authority_url="http://127.0.0.1:9/microsoft",
    )
    with pytest.raises(Unavailable):
        sign_in(Desk.at(server, endpoints=endpoints), provider)


@BOTH
@pytest.mark.parametrize("kind", ["drop_after", "status_before", "wrong_json"])
def test_a_broken_exchange_keeps_nothing(desk, server, provider, kind):
    server.control.fault("token", kind, count=-1, status=None if kind == "drop_after" else 503)
    with pytest.raises((Unavailable, SignInFailed)):
        sign_in(desk, provider)
    assert not desk.vault._secrets


@pytest.mark.parametrize(
    ("operation", "fault", "error"),
    [
        ("token", {"status": 400, "body": {"error": "invalid_grant"}}, SignInExpired),
        ("token", {"status": 401, "body": {"error": "invalid_client"}}, SignInFailed),
        ("token", {"status": 429, "body": {"error": "slow_down"}}, Unavailable),
        ("token", {"status": 200, "body": {"access_token": "t", "scope": ""}}, ScopesMissing),
        ("google.userinfo", {"status": 500}, Unavailable),
        ("google.userinfo", {"status": 200, "body": {"sub": "1"}}, SignInFailed),
        ("google.userinfo", {"status": 200, "body": "<html>"}, SignInFailed),
    ],
)
def test_google_answers_mean_what_they_say(desk, server, operation, fault, error):
    server.control.fault(operation, "status_before", **fault)
    with pytest.raises(error):
        sign_in(desk, GMAIL)
    assert not desk.vault._secrets
    assert sign_in(desk, GMAIL).address


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 400, "body": {"error": "invalid_grant", "error_codes": [70008]}}, SignInFailed),
        ({"status": 400, "body": {"error": "consent_required"}}, SignInDenied),
        ({"status": 400, "body": {"error": "temporarily_unavailable"}}, Unavailable),
        ({"status": 503}, Unavailable),
    ],
)
def test_microsoft_answers_mean_what_they_say(desk, server, fault, error):
    server.control.fault("token", "status_before", **fault)
    with pytest.raises(error):
        sign_in(desk, MICROSOFT)
    assert not desk.vault._secrets
    assert sign_in(desk, MICROSOFT).address


def test_microsoft_profile_that_cannot_be_read_is_made_up_for(desk, server):
    server.control.fault("graph.me", "status_before", status=500)
    found = sign_in(desk, MICROSOFT)
    assert found.address == addresses(server, MICROSOFT)[0]
    assert found.display_name


@BOTH
def test_nothing_of_it_runs_on_the_gui_thread(desk, server, provider):
    account = desk.connect(provider, addresses(server, provider)[0])
    mark_gui_thread()
    try:
        for act in (
            desk.sign_in.tokens(account).token,
            lambda: desk.sign_in.sign_out(account),
            lambda: sign_in(desk, provider),
        ):
            with pytest.raises(RuntimeError):
                act()
    finally:
        unmark_gui_thread()


def test_a_missing_client_id_is_said(server):
    desk = Desk.at(server)
    bare = replace(desk.endpoints, google_client_id="", microsoft_client_id="")
    for provider in (GMAIL, MICROSOFT):
        with pytest.raises(SignInFailed) as caught:
            sign_in(Desk.at(server, endpoints=bare), provider)
        assert "client id" in caught.value.params["detail"]


def test_a_client_that_may_only_send_asks_for_no_more(server):
    endpoints = replace(Desk.at(server).endpoints, google_access="send")
    desk, browser = Desk.at(server, endpoints=endpoints), Browser()
    found = sign_in(desk, GMAIL, show=browser.show)
    browser.join()
    asked = httpx.URL(browser.prompts[0].url).params
    assert [one for one in asked["scope"].split() if "gmail" in one] == [
        "https://www.googleapis.com/auth/gmail.send"
    ]
    assert "include_granted_scopes" not in asked
    assert found.capabilities == {Capability.SEND}


def test_a_second_consent_keeps_what_was_granted_before(desk):
    browser = Browser()
    sign_in(desk, GMAIL, show=browser.show)
    browser.join()
    assert httpx.URL(browser.prompts[0].url).params["include_granted_scopes"] == "true"


@pytest.mark.parametrize("prompt", ["select_account", "consent", ""])
def test_what_microsofts_page_begins_with_is_a_setting(server, prompt):
    endpoints = replace(Desk.at(server).endpoints, microsoft_prompt=prompt)
    desk, browser = Desk.at(server, endpoints=endpoints), Browser()
    sign_in(desk, MICROSOFT, show=browser.show)
    browser.join()
    assert httpx.URL(browser.prompts[0].url).params.get("prompt", "") == prompt


def test_unticked_reading_is_noticed(desk, server):
    server.control.consent("gmail", unticked=["https://www.googleapis.com/auth/gmail.readonly"])
    found = sign_in(desk, GMAIL)
    assert found.capabilities == {Capability.SEND, Capability.DRAFTS}


def test_unticked_sending_refuses_and_revokes_no_other_grant(desk, server):
    server.control.consent("gmail", unticked=["https://www.googleapis.com/auth/gmail.compose"])
    with pytest.raises(ScopesMissing) as caught:
        sign_in(desk, GMAIL)
    assert caught.value.params["scopes"]
    assert not desk.vault._secrets
    assert not any(grant.revoked for grant in server.sandbox.world.grants.values())


def test_pasted_url_signs_in(desk, server):
    shown = []

    def ask():
        answer = httpx.get(shown[0].url)
        return "  " + answer.headers["location"] + "\n"

    found = sign_in(desk, GMAIL, SignInFlow.PASTE, show=shown.append, ask_redirect=ask)
    assert found.address == addresses(server, GMAIL)[0]
    assert shown[0].flow is SignInFlow.PASTE


@pytest.mark.parametrize(
    "pasted", ["", "nonsense", "http://127.0.0.1/?code=x&state=other", "http://127.0.0.1/?state=x"]
)
def test_another_url_is_refused(desk, pasted):
    with pytest.raises(SignInFailed):
        sign_in(desk, GMAIL, SignInFlow.PASTE, ask_redirect=lambda: pasted, show=[].append)


def test_google_has_no_device_flow(desk):
    with pytest.raises(SignInFailed):
        sign_in(desk, GMAIL, SignInFlow.DEVICE)


def test_device_code_signs_in(desk, server):
    server.control.settings(auto_consent=False)
    running = Running(desk, MICROSOFT, SignInFlow.DEVICE)
    prompt = running.prompt()
    assert prompt.user_code
    assert prompt.expires_at is not None
    assert prompt.url.startswith(server.url)
    server.control.device(prompt.user_code, "approve", account=addresses(server, MICROSOFT)[1])
    assert running.end().address == addresses(server, MICROSOFT)[1]


@pytest.mark.parametrize(
    ("decision", "error"), [("decline", SignInDenied), ("expire", SignInExpired)]
)
def test_device_code_can_end_otherwise(desk, server, decision, error):
    server.control.settings(auto_consent=False)
    running = Running(desk, MICROSOFT, SignInFlow.DEVICE)
    server.control.device(running.prompt().user_code, decision)
    assert isinstance(running.end(), error)


def test_device_code_expires_by_its_own_clock(desk, server):
    server.control.settings(auto_consent=False, device_lifetime_s=1.0)
    try:
        assert isinstance(Running(desk, MICROSOFT, SignInFlow.DEVICE).end(), SignInExpired)
    finally:
        server.control.settings(device_lifetime_s=900.0)


def test_device_code_can_be_cancelled_at_once(desk, server):
    server.control.settings(auto_consent=False, device_interval_s=30)
    running = Running(desk, MICROSOFT, SignInFlow.DEVICE)
    running.prompt()
    running.cancel.cancel()
    assert isinstance(running.end(), Cancelled)


def test_a_vault_that_cannot_keep_is_known_before_the_person_signs_in(server):
    class Broken:
        def load(self, name):
            raise VaultUnavailable(reason="no_keyring")

    desk = Desk.at(server, vault=Broken())
    shown = []
    with pytest.raises(VaultUnavailable):
        sign_in(desk, GMAIL, show=shown.append)
    assert not shown


@pytest.mark.expects_log("auth: the vault could not be opened")
def test_signing_in_again_is_the_way_out_of_a_damaged_vault(server, tmp_path):
    def open_desk():
        vault = SealedVault(path=tmp_path / "vault", key=FileKey(tmp_path / "key"))
        return Desk.at(server, vault=vault)

    account = open_desk().connect(GMAIL, addresses(server, GMAIL)[0])
    (tmp_path / "vault").write_bytes(b"garbage")
    with pytest.raises(VaultUnavailable):
        open_desk().sign_in.tokens(account).token()
    open_desk().sign_in.sign_out(account)
    again = open_desk().connect(GMAIL, addresses(server, GMAIL)[0])
    assert open_desk().sign_in.tokens(again).token()
    assert [p.read_bytes() for p in tmp_path.glob("vault.unreadable-*")] == [b"garbage"]


@BOTH
def test_no_secret_in_any_log(desk, server, provider, caplog):
    caplog.set_level(logging.DEBUG)
    account = desk.connect(provider, addresses(server, provider)[0])
    source = desk.sign_in.tokens(account)
    stale = source.token()
    fresh = source.refreshed(stale)
    desk.sign_in.sign_out(account)
    world = server.sandbox.world
    secrets = {stale, fresh, *world.tokens}
    secrets |= {token for grant in world.grants.values() for token in grant.refresh_tokens}
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "signed in" in text
    assert not [secret for secret in secrets if secret in text]
    assert "code=" not in text
    assert "code_verifier" not in text
