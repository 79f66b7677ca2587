"""The account book over a real store, a real vault and the sandbox."""

from __future__ import annotations

import pytest

from app.accounts.book import AccountBook
from app.domain.account import AccountState, ProviderKind
from app.domain.errors import NotFound, SignInFailed, SignInRequired
from app.ports import SignInFlow
from app.providers.factory import Providers
from app.runtime.bus import Bus
from app.runtime.cancel import CancelToken
from app.runtime.clock import RandomIds, SystemClock
from app.store.accounts import SqliteAccounts
from app.store.conversations import SqliteConversations
from app.store.database import Database
from app.store.migrate import migrate
from tests.support.sandbox import sandbox
from tests.support.signed_in import Browser, Desk

PEOPLE = {
    ProviderKind.GMAIL: ("ada@acme.example", "sam@gmail-team.example"),
    ProviderKind.MICROSOFT: ("nina@fabrikam.example", "ada@acme.onmicrosoft.example"),
}
BOTH = pytest.mark.parametrize("kind", list(PEOPLE))


@pytest.fixture(scope="module")
def running():
    with sandbox() as server:
        yield server


@pytest.fixture
def desk(running):
    running.control.reset()
    return Desk.at(running)


@pytest.fixture
def resumed():
    return []


@pytest.fixture
def book(desk, tmp_path, resumed):
    database = Database(tmp_path / "postrider.db")
    migrate(database)
    clock = SystemClock()
    providers = Providers(endpoints=desk.endpoints, sign_in=desk.sign_in, clock=clock)

    def resume(account_uid):
        resumed.append(account_uid)
        return 0

    yield AccountBook(
        accounts=SqliteAccounts(database),
        conversations=SqliteConversations(database),
        sign_in=desk.sign_in,
        providers=providers,
        resume=resume,
        clock=clock,
        ids=RandomIds(),
        bus=Bus(),
    )
    providers.close()
    database.close()


def through_browser(desk, kind, person, act):
    desk.server.control.consent(kind.value, account=person)
    browser = Browser()
    try:
        return act(flow=SignInFlow.LOOPBACK, show=browser.show, cancel=CancelToken())
    finally:
        browser.join()


def add(desk, book, kind, person):
    return through_browser(desk, kind, person, lambda **how: book.add(provider=kind, **how))


@BOTH
def test_adds_an_account_with_its_mailboxes(desk, book, kind):
    account = add(desk, book, kind, PEOPLE[kind][0])
    assert account.address == PEOPLE[kind][0]
    assert [one.uid for one in book.list_accounts()] == [account.uid]
    mailboxes = book.list_mailboxes()
    assert mailboxes[0].address == PEOPLE[kind][0]
    assert mailboxes[0].is_default
    assert desk.sign_in.tokens(account).token()


@BOTH
def test_adding_the_same_again_renews_it(desk, book, kind, resumed):
    first = add(desk, book, kind, PEOPLE[kind][0])
    again = add(desk, book, kind, PEOPLE[kind][0])
    assert again.uid == first.uid
    assert len(book.list_accounts()) == 1
    assert len(desk.vault._secrets) == 1
    assert resumed == [first.uid]


@BOTH
def test_signing_in_again_brings_a_revoked_account_back(desk, book, kind, resumed):
    account = add(desk, book, kind, PEOPLE[kind][0])
    desk.server.control.revoke(account.address)
    stale = desk.sign_in.tokens(account).token()
    with pytest.raises(SignInRequired):
        desk.sign_in.tokens(account).refreshed(stale)
    through_browser(desk, kind, account.address, lambda **how: book.reconnect(account.uid, **how))
    token = desk.sign_in.tokens(account).token()
    assert desk.server.sandbox.valid_token(kind.value, token)
    assert resumed == [account.uid]
    assert len(desk.vault._secrets) == 1


@BOTH
def test_somebody_elses_sign_in_never_takes_an_accounts_place(desk, book, kind, resumed):
    account = add(desk, book, kind, PEOPLE[kind][0])
    kept = dict(desk.vault._secrets)
    with pytest.raises(SignInFailed) as caught:
        through_browser(
            desk, kind, PEOPLE[kind][1], lambda **how: book.reconnect(account.uid, **how)
        )
    assert caught.value.params["detail"] == "other_account"
    assert desk.vault._secrets == kept
    assert not any(grant.revoked for grant in desk.server.sandbox.world.grants.values())
    assert book.get(account.uid).state is AccountState.CONNECTED
    assert not resumed


@BOTH
def test_removing_forgets_the_tokens(desk, book, kind):
    account = add(desk, book, kind, PEOPLE[kind][0])
    book.remove(account.uid)
    assert not desk.vault._secrets
    assert not book.list_accounts()
    with pytest.raises(NotFound):
        book.get(account.uid)


def test_removing_revokes_at_google(desk, book):
    account = add(desk, book, ProviderKind.GMAIL, PEOPLE[ProviderKind.GMAIL][0])
    book.remove(account.uid)
    grants = [one for one in desk.server.sandbox.world.grants.values() if one.provider == "gmail"]
    assert grants
    assert all(grant.revoked for grant in grants)


def test_removing_works_offline_too(desk, book):
    account = add(desk, book, ProviderKind.GMAIL, PEOPLE[ProviderKind.GMAIL][0])
    desk.server.control.fault("revoke", "refuse_before", count=-1)
    book.remove(account.uid)
    assert not desk.vault._secrets
    assert not book.list_accounts()
