"""How long searching, suggesting and synchronising take at the sizes a busy rep has."""

from __future__ import annotations

import random
import statistics
import time

import pytest

from app.conversations.people_index import PeopleIndex
from app.domain.conversation import Person
from app.ports import SyncPage, SyncState
from app.store.conversations import SqliteConversations
from app.store.database import Database
from app.store.migrate import migrate
from app.store.sync import SqliteSync
from tests.support.made_up_mail import NOON, OWN, Crowd
from tests.support.priority import going_first

THREADS = 100_000
ACCOUNT = "acc-bench"
QUERIES = [
    *("p pr pri pric pricing ren renewal contract jane doe tana muller novak north northwind").split(),
    *("a e re th question update final version please thanks friday xia öz åb 契約 見 合同 가격").split(),
    *("pricing jane", "renewal north", "contract draft tan", "a b", "new re", "final ver pl"),
    *("jane.doe12", "nothingholdsthis", "zzz", "please thanks tomorrow", "weekly status n"),
]  # fmt: skip


def milliseconds(work, *values):
    started = time.perf_counter()
    work(*values)
    return (time.perf_counter() - started) * 1000


def p95(times):
    return statistics.quantiles(times, n=20)[-1]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("bench") / "postrider.db")
    migrate(database)
    store = SqliteSync(database)
    headers = list(Crowd().headers(ACCOUNT, THREADS))
    started = time.perf_counter()
    state = SyncState(round=1)
    for start in range(0, len(headers), 500):
        page = SyncPage(headers=tuple(headers[start : start + 500]))
        store.apply(ACCOUNT, page, state, (OWN.addr_spec,))
    took = time.perf_counter() - started
    print(f"\nindexed {THREADS} threads, {len(headers)} messages in {took:.1f} s")
    print(f"database: {database.path.stat().st_size / 1e6:.0f} MB")
    yield database
    database.close()


def test_search_of_100_000_threads_beside_like(filled):
    index = SqliteConversations(filled)

    def like(text):
        words = text.casefold().split()
        filled.query(
            "SELECT account_uid, thread_id, subject, participants, snippet, last_at FROM"
            " conversation WHERE account_uid = ?" + " AND words LIKE ?" * len(words)
            + " ORDER BY place DESC LIMIT 100",
            (ACCOUNT, *(f"%{word}%" for word in words)),
        )  # fmt: skip

    for text in QUERIES:
        index.search(ACCOUNT, text)
    with going_first():
        ours = {text: milliseconds(index.search, ACCOUNT, text) for text in QUERIES}
        plain = {text: milliseconds(like, text) for text in QUERIES}
    for text in sorted(ours, key=ours.get, reverse=True)[:6]:
        print(f"{text!r:28} index {ours[text]:6.2f} ms   LIKE {plain[text]:6.2f} ms")
    slowest = p95(list(ours.values()))
    print(f"search p95: index {slowest:.2f} ms   LIKE {p95(list(plain.values())):.2f} ms")
    assert slowest <= 10


def test_suggestions_from_100_000_people():
    rng = random.Random(3)
    crowd = Crowd(people=100_000)
    people = [
        Person(
            account_uid=ACCOUNT,
            address=address,
            written=rng.randint(0, 40),
            received=rng.randint(0, 40),
            last_at=NOON,
        )
        for address in crowd.people
    ]
    started = time.perf_counter()
    index = PeopleIndex(people, NOON)
    print(f"\n100,000 people read into memory in {(time.perf_counter() - started) * 1000:.0f} ms")
    typed = (
        "j ja jan jane jane. doe x xi q zoe bjorn müll tana wind north northwind 9 99999 @blue"
        " nobody zzz example .example"
    ).split()
    typed += ["jane doe", "doe jane north", "x sato", "jane zzz", "a b c", "example 9999"]
    with going_first():
        times = {text: milliseconds(index.find, text, 8) for text in typed}
    for text in sorted(times, key=times.get, reverse=True)[:5]:
        print(f"{text!r:20} {times[text]:.2f} ms")
    print(f"suggest p95: {p95(list(times.values())):.2f} ms")
    assert p95(list(times.values())) <= 5
