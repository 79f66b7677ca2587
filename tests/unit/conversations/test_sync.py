"""Reading an account page by page: pauses, turns, yielding to sending, failures, the background."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.conversations.background import BackgroundSync
from app.conversations.people import People
from app.conversations.sync import Pace, Synchronizer
from app.domain.account import Account, AccountState, Capability, ProviderKind
from app.domain.errors import Cancelled, NotFound, SignInRequired, Throttled, Unavailable
from app.domain.events import AccountsChanged, ConversationsChanged, SyncProgressed
from app.ports import SyncPage
from app.runtime.bus import Bus
from app.runtime.cancel import CancelToken
from app.runtime.clock import SystemClock
from app.store.accounts import SqliteAccounts
from app.store.conversations import SqliteConversations
from app.store.database import Database
from app.store.migrate import migrate
from app.store.people import SqlitePeople
from app.store.sync import SqliteSync
from tests.support.made_up_mail import NOON, OWN, Crowd, MadeUpSource
from tests.support.waiting import wait_until


def account(uid="a", *, state=AccountState.CONNECTED, capabilities=frozenset(Capability)):
    return Account(
        uid=uid,
        provider=ProviderKind.GMAIL,
        address=OWN.addr_spec,
        display_name="Ada",
        state=state,
        capabilities=capabilities,
        added_at=NOON,
    )


class Clock(SystemClock):
    def now(self):
        return NOON


class Factory:
    def __init__(self, **sources):
        self.sources = sources

    def provider(self, account):
        return self.sources[account.uid]


class Failing:
    """Raises what it was given, one error a call; then has nothing new."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def fetch_changes(self, cursor, *, since, cancel):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return SyncPage(cursor="end")


class Room:
    """A store with a synchronizer over made-up sources."""

    def __init__(self, folder, pace):
        self.database = Database(folder / "postrider.db")
        migrate(self.database)
        self.accounts = SqliteAccounts(self.database)
        self.store = SqliteSync(self.database)
        self.index = SqliteConversations(self.database)
        self.bus = Bus()
        self.told = []
        self.bus.subscribe(SyncProgressed, self.told.append)
        self.factory = Factory()
        self.sending = []
        self.pace = pace
        self.people = People(
            store=SqlitePeople(self.database), accounts=self.accounts, clock=Clock()
        )

    def synchronizer(self, **sources):
        known = {one.uid for one in self.accounts.list_accounts()}
        for uid in set(sources) - known:
            self.accounts.save(account(uid), [])
        self.factory.sources.update(sources)
        return Synchronizer(
            store=self.store,
            accounts=self.accounts,
            providers=self.factory,
            people=self.people,
            is_sending=lambda _uid: bool(self.sending) and self.sending.pop(0),
            clock=Clock(),
            bus=self.bus,
            pace=self.pace,
        )

    def headers(self, threads, account_uid="a"):
        return list(Crowd(people=50).headers(account_uid, threads))


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path, Pace(pause_s=0.0, every_s=0.05, pages_a_turn=5))
    yield made
    made.database.close()


def test_reads_everything_in_turns_and_tells_how_far(room):
    source = MadeUpSource(room.headers(200), page_size=60)
    sync, turns = room.synchronizer(a=source), 1
    while not sync.run(account(), CancelToken()):
        turns += 1
    assert turns > 1
    assert len(room.index.search("a", "", limit=500)) == 200
    assert room.told[-1].is_complete
    assert not room.told[0].is_complete
    state = room.store.load_state("a")
    assert (state.is_full, state.synced_at, state.round) == (False, NOON, 1)


def test_many_pages_at_once_are_told_once(room):
    changes = []
    room.bus.subscribe(ConversationsChanged, changes.append)
    sync = room.synchronizer(a=MadeUpSource(room.headers(200), page_size=20))
    pages = 0
    while not sync.run(account(), CancelToken()):
        pages += room.pace.pages_a_turn
    assert pages > 10
    # The first page at once, the rest in a second's time or with the end.
    assert len(changes) == 2


def test_what_only_left_is_told_too(room):
    headers = room.headers(3)
    room.synchronizer(a=MadeUpSource(headers)).run(account(), CancelToken())
    changes = []
    room.bus.subscribe(ConversationsChanged, changes.append)

    class Leaving:
        def fetch_changes(self, cursor, *, since, cancel):
            return SyncPage(gone=(headers[0].provider_message_id,), cursor=cursor)

    sync = room.synchronizer(a=Leaving())
    assert sync.run(account(), CancelToken())
    assert changes == [ConversationsChanged("a")]
    changes.clear()
    room.factory.sources["a"] = Failing()
    assert sync.run(account(), CancelToken())
    assert changes == []


def test_what_is_synced_starts_from_its_cursor(room):
    source = MadeUpSource(room.headers(10))
    sync = room.synchronizer(a=source)
    assert sync.run(account(), CancelToken())
    assert sync.is_synced("a")
    source.asked.clear()
    assert sync.run(account(), CancelToken())
    assert "" not in source.asked
    assert json.loads(source.asked[0]) > 0


def test_a_longer_reach_reads_everything_again(room):
    source = MadeUpSource(room.headers(10))
    room.synchronizer(a=source).run(account(), CancelToken())
    room.pace = Pace(days=400, pause_s=0.0)
    source.asked.clear()
    room.synchronizer(a=source).run(account(), CancelToken())
    assert source.asked[0] == ""
    assert room.store.load_state("a").round == 2


def test_an_expired_cursor_starts_over_and_what_is_gone_leaves(room):
    room.synchronizer(a=MadeUpSource(room.headers(10))).run(account(), CancelToken())

    class Expired(MadeUpSource):
        def fetch_changes(self, cursor, *, since, cancel):
            if cursor and not self.asked:
                self.asked.append(cursor)
                return SyncPage(is_expired=True)
            return super().fetch_changes(cursor, since=since, cancel=cancel)

    fewer = [one for one in room.headers(10) if one.ref.thread_id != "thread-000003"]
    assert room.synchronizer(a=Expired(fewer)).run(account(), CancelToken())
    assert len(room.index.search("a", "")) == 9


@pytest.mark.expects_log("cannot be listed")
def test_a_beginning_that_is_refused_is_not_asked_for_without_end(room):
    class Refusing:
        calls = 0

        def fetch_changes(self, cursor, *, since, cancel):
            self.calls += 1
            return SyncPage(is_expired=True)

    source = Refusing()
    assert room.synchronizer(a=source).run(account(), CancelToken())
    assert source.calls == 1


def test_mail_on_its_way_out_goes_first(room):
    room.sending = [True, True, True]
    source = MadeUpSource(room.headers(40), page_size=60)
    assert room.synchronizer(a=source).run(account(), CancelToken())
    assert room.sending == []


def test_cancelling_keeps_what_was_read(room):
    source = MadeUpSource(room.headers(200), page_size=60)
    cancel = CancelToken()
    room.bus.subscribe(SyncProgressed, lambda _: cancel.cancel())
    with pytest.raises(Cancelled):
        room.synchronizer(a=source).run(account(), cancel)
    assert json.loads(room.store.load_state("a").cursor) == 60
    assert len(room.index.search("a", "")) > 10


def test_nothing_is_written_of_an_account_that_was_removed_meanwhile(room):
    class Removing(MadeUpSource):
        def fetch_changes(self, cursor, *, since, cancel):
            room.accounts.remove("a")
            room.index.forget_account("a")
            return super().fetch_changes(cursor, since=since, cancel=cancel)

    with pytest.raises(NotFound):
        room.synchronizer(a=Removing(room.headers(5))).run(account(), CancelToken())
    assert room.index.search("a", "") == []
    assert room.store.load_state("a").cursor == ""


def test_two_never_read_the_same_account_at_once(room):
    inside, leave = threading.Event(), threading.Event()

    class Slow(MadeUpSource):
        def fetch_changes(self, cursor, *, since, cancel):
            inside.set()
            assert leave.wait(30)
            return super().fetch_changes(cursor, since=since, cancel=cancel)

    source = Slow(room.headers(5))
    sync = room.synchronizer(a=source)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(sync.run, account(), CancelToken())
        assert inside.wait(30)
        assert sync.run(account(), CancelToken())
        leave.set()
        assert first.result(30)
    assert len(source.asked) == 1


@pytest.fixture
def background(room):
    net = ThreadPoolExecutor(2)
    made = []

    def make(**sources):
        made.append(
            BackgroundSync(
                synchronizer=room.synchronizer(**sources),
                accounts=room.accounts,
                people=room.people,
                run=net.submit,
                clock=Clock(),
                bus=room.bus,
                pace=room.pace,
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.stop()
    net.shutdown()


def test_background_gives_every_account_its_turn(room, background):
    for uid in "ab":
        room.accounts.save(account(uid), [])
    background(a=MadeUpSource(room.headers(300)), b=MadeUpSource(room.headers(20, "b"))).start()
    wait_until(lambda: len(room.index.search("b", "")) == 20)
    wait_until(lambda: len(room.index.search("a", "", limit=500)) == 300)


@pytest.mark.parametrize(
    "error", [Unavailable(provider="gmail"), Throttled(provider="gmail", retry_after_s=0.1)]
)
def test_background_tries_again_after_a_failure(room, background, error):
    room.accounts.save(account(), [])
    source = Failing(error)
    background(a=source).start()
    wait_until(lambda: source.calls > 1)
    wait_until(lambda: room.store.load_state("a").synced_at)


def test_background_asks_no_more_until_signed_in_again(room, background):
    room.pace = Pace(pause_s=0.0, every_s=30.0)
    room.accounts.save(account(), [])
    source = Failing(SignInRequired(provider="gmail"))
    background(a=source).start()
    wait_until(lambda: source.calls == 1)
    room.bus.publish(AccountsChanged("a"))
    wait_until(lambda: room.store.load_state("a").synced_at)
    assert source.calls == 2


def test_background_leaves_signed_out_and_unreadable_accounts_alone(room, background):
    room.accounts.save(account("a", state=AccountState.SIGNED_OUT), [])
    room.accounts.save(account("b", capabilities=frozenset()), [])
    room.accounts.save(account("c"), [])
    a, b, c = Failing(), Failing(), Failing()
    background(a=a, b=b, c=c).start()
    wait_until(lambda: c.calls > 2)
    assert (a.calls, b.calls) == (0, 0)


def test_background_stops_without_waiting_for_a_request_that_hangs(room, background):
    room.accounts.save(account(), [])
    inside, leave = threading.Event(), threading.Event()

    class Hanging:
        def fetch_changes(self, cursor, *, since, cancel):
            inside.set()
            leave.wait(30)
            return SyncPage(cursor="late")

    running = background(a=Hanging())
    running.start()
    assert inside.wait(30)
    running.stop()
    leave.set()
    assert room.store.load_state("a").cursor == ""
