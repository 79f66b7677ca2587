"""Access tokens: shared refreshes, rotation, revocation, and what is no reason to sign in again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from app.domain.account import ProviderKind
from app.domain.errors import SignInRequired, Unavailable
from tests.support.sandbox import sandbox
from tests.support.signed_in import Desk

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
BOTH = pytest.mark.parametrize("provider", [GMAIL, MICROSOFT])


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def server(running):
    running.control.reset()
    running.control.settings(auto_consent=True, strict_rotation=False, token_lifetime_s=3599.0)
    return running


@pytest.fixture
def desk(server):
    return Desk.at(server)


@pytest.fixture
def account(desk, server, provider):
    return desk.connect(provider, server.sandbox.accounts_of(provider.value)[0].address)


def refreshes(server):
    return [r for r in server.control.requests() if "token" in r["operation"]]


@BOTH
def test_a_refused_token_is_replaced_once(desk, server, account):
    source = desk.sign_in.tokens(account)
    stale = source.token()
    before = len(refreshes(server))
    fresh = source.refreshed(stale)
    assert fresh != stale
    assert source.refreshed(stale) == fresh
    assert source.token() == fresh
    assert len(refreshes(server)) == before + 1


@BOTH
def test_refreshes_are_single_flight(desk, server, account):
    source = desk.sign_in.tokens(account)
    stale = source.token()
    before = len(refreshes(server))
    found = []
    start = threading.Barrier(6)

    def ask():
        start.wait()
        found.append(source.refreshed(stale))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 6
    assert len(refreshes(server)) == before + 1


@BOTH
def test_another_process_sees_the_new_token(desk, server, account):
    other = Desk.at(server, vault=desk.vault).sign_in.tokens(account)
    stale = other.token()
    fresh = desk.sign_in.tokens(account).refreshed(stale)
    before = len(refreshes(server))
    assert other.refreshed(stale) == fresh
    assert len(refreshes(server)) == before


@pytest.mark.parametrize("provider", [MICROSOFT])
def test_rotated_refresh_tokens_are_kept(desk, server, account):
    server.control.settings(strict_rotation=True)
    source = desk.sign_in.tokens(account)
    stale = source.token()
    for _ in range(3):
        stale = source.refreshed(stale)
    later = Desk.at(server, vault=desk.vault).sign_in.tokens(account)
    assert server.sandbox.valid_token("microsoft", later.refreshed(stale))


@BOTH
def test_a_token_about_to_end_is_renewed(desk, server, provider):
    server.control.settings(token_lifetime_s=100.0)
    account = desk.connect(provider, server.sandbox.accounts_of(provider.value)[0].address)
    server.control.settings(token_lifetime_s=3599.0)
    before = set(server.sandbox.world.tokens)
    token = desk.sign_in.tokens(account).token()
    assert token not in before
    assert desk.sign_in.tokens(account).token() == token


@BOTH
def test_a_revoked_grant_asks_to_sign_in_again(desk, server, account):
    source = desk.sign_in.tokens(account)
    stale = source.token()
    server.control.revoke(account.address)
    with pytest.raises(SignInRequired) as caught:
        source.refreshed(stale)
    assert caught.value.params["address"] == account.address
    renewed = desk.connect(account.provider, account.address, uid=account.uid)
    assert desk.sign_in.tokens(renewed).token() != stale


@BOTH
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_no_reason_to_sign_in_again(desk, server, account, status):
    source = desk.sign_in.tokens(account)
    stale = source.token()
    server.control.fault("refresh", "status_before", status=status, count=-1)
    with pytest.raises(Unavailable):
        source.refreshed(stale)
    server.control.clear_faults()


@BOTH
def test_no_connection_is_no_reason_to_sign_in_again(desk, server, account):
    source = desk.sign_in.tokens(account)
    stale = source.token()
    server.control.fault("refresh", "refuse_before", count=-1)
    with pytest.raises(Unavailable):
        source.refreshed(stale)
    server.control.clear_faults()
    assert source.refreshed(stale) != stale


@BOTH
def test_signing_out_forgets(desk, server, account):
    source = desk.sign_in.tokens(account)
    token = source.token()
    desk.sign_in.sign_out(account)
    assert not desk.vault._secrets
    with pytest.raises(SignInRequired):
        source.token()
    if account.provider is GMAIL:
        assert server.sandbox.valid_token("gmail", token) is None


@pytest.mark.parametrize("provider", [GMAIL])
def test_signing_out_forgets_even_if_google_cannot_be_reached(desk, server, account):
    server.control.fault("revoke", "refuse_before", count=-1)
    desk.sign_in.sign_out(account)
    assert not desk.vault._secrets


@BOTH
def test_a_damaged_record_asks_to_sign_in_again(desk, account):
    [name] = desk.vault._secrets
    desk.vault.save(name, b"{}")
    with pytest.raises(SignInRequired):
        desk.sign_in.tokens(account).token()


def test_records_do_not_show_themselves():
    from app.auth.records import GoogleTokens, MicrosoftTokens

    when = datetime(2026, 1, 1, tzinfo=UTC)
    tokens = GoogleTokens(refresh_token="rrr", access_token="aaa", expires_at=when, scopes=())
    assert "rrr" not in repr(tokens)
    assert "aaa" not in str(tokens)
    assert "ccc" not in repr(MicrosoftTokens(cache="ccc", home_account_id="h"))


class Stepping:
    """A vault that calls `between` once, after the next load."""

    def __init__(self, vault):
        self._vault = vault
        self.between = None
        self.save, self.forget = vault.save, vault.forget

    def load(self, name):
        found = self._vault.load(name)
        act, self.between = self.between, None
        if act is not None:
            act()
        return found


@BOTH
def test_a_refresh_does_not_undo_a_sign_in_that_came_between(desk, server, account):
    stepping = Stepping(desk.vault)
    slow = Desk.at(server, vault=stepping).sign_in.tokens(account)
    stale = slow.token()
    signed_in = []

    def meanwhile():
        desk.connect(account.provider, account.address, uid=account.uid)
        signed_in.extend(desk.vault._secrets.values())

    stepping.between = meanwhile
    slow.refreshed(stale)
    assert list(desk.vault._secrets.values()) == signed_in


@BOTH
def test_a_refresh_does_not_undo_a_sign_out_that_came_between(desk, server, account):
    stepping = Stepping(desk.vault)
    slow = Desk.at(server, vault=stepping).sign_in.tokens(account)
    stale = slow.token()
    stepping.between = lambda: desk.vault.forget(next(iter(desk.vault._secrets)))
    slow.refreshed(stale)
    assert not desk.vault._secrets


@BOTH
def test_tokens_refused_because_somebody_replaced_them_are_no_sign_out(desk, server, account):
    stepping = Stepping(desk.vault)
    slow = Desk.at(server, vault=stepping).sign_in.tokens(account)
    stale = slow.token()

    def meanwhile():
        server.control.revoke(account.address)
        desk.connect(account.provider, account.address, uid=account.uid)

    stepping.between = meanwhile
    token = slow.refreshed(stale)
    assert server.sandbox.valid_token(account.provider.value, token)
